import { expect, test } from 'vitest';
import { isJdbcUrl, jdbcUrlHere } from './jdbc-url.ts';

const SERVER = { engine: 'sqlserver', host: '127.0.0.1', port: 14330, user: 'sa', password: 'x' };

test.each([
  ['jdbc:sqlserver://h:1433;databaseName=shop', true],
  ['jdbc:sqlserver://h\\SQL2022;encrypt=false', true],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of Connect's
  ['jdbc:sqlserver://${vault:db:host};databaseName=shop', true],
  ['jdbc:otel:sqlserver://h', true],
  ['jdbc:postgresql://h/shop', false],
  ['jdbc:jtds:sqlserver://h', true],
  ['jdbc:mysql://h/sqlserver://', false],
])('%s', (url, is) => {
  expect(isJdbcUrl(url)).toBe(is);
});

test("the lab's host, port and database take the place of somebody's; identity and certificates go", () => {
  const theirs =
    'jdbc:sqlserver://db.example\\PROD:1433;databaseName=shop;user=app;password={a;b}};};encrypt=strict;integratedSecurity=true;trustStore=/x;sendStringParametersAsUnicode=false;loginTimeout=5';
  expect(jdbcUrlHere(theirs, SERVER, 'sink')).toBe(
    'jdbc:sqlserver://127.0.0.1:14330;databaseName=sink;sendStringParametersAsUnicode=false;loginTimeout=5',
  );
});

test("the lab's own is encrypted as its server says", () => {
  const parameters = { trustServerCertificate: 'true' };
  expect(jdbcUrlHere(undefined, { ...SERVER, parameters }, 'a;b')).toBe(
    'jdbc:sqlserver://127.0.0.1:14330;databaseName={a;b};trustServerCertificate=true',
  );
  expect(jdbcUrlHere('jdbc:postgresql://h/x?ssl=true', SERVER, 's')).toBe(
    'jdbc:sqlserver://127.0.0.1:14330;databaseName=s',
  );
});
