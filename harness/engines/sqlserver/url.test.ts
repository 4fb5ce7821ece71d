import { expect, test } from 'vitest';
import { connectionConfig, databaseUrl, placeOf } from './url.ts';

test('an address names host, port, user and database, with a port and a database of their own', () => {
  expect(placeOf('sqlserver://sa:pw@[::1]:14330/my%20shop')).toEqual({
    ...{ host: '::1', port: 14330, user: 'sa', database: 'my shop' },
  });
  expect(placeOf('sqlserver://h')).toEqual({ host: 'h', port: 1433, user: '', database: 'master' });
});

test('the URL of a database has what its server has been given', () => {
  const server = { engine: 'sqlserver', host: '::1', port: 1433, user: 'a@b', password: 'p/w' };
  expect(databaseUrl(server, 'x y')).toBe('sqlserver://a%40b:p%2Fw@[::1]:1433/x%20y');
  expect(databaseUrl({ ...server, parameters: { trustServerCertificate: 'true' } }, 'x')).toBe(
    'sqlserver://a%40b:p%2Fw@[::1]:1433/x?trustServerCertificate=true',
  );
});

test('a connection is encrypted and checked by default', () => {
  expect(connectionConfig('sqlserver://h/x').options).toEqual({ encrypt: true, trustServerCertificate: false });
  expect(connectionConfig('sqlserver://h/x?encrypt=strict&hostNameInCertificate=db.example').options).toEqual({
    ...{ encrypt: 'strict', trustServerCertificate: false, serverName: 'db.example' },
  });
});

test("the driver's own ways of authentication are passed on", () => {
  expect(connectionConfig('sqlserver://sa:pw@h/x').authentication).toEqual({
    ...{ type: 'default', options: { userName: 'sa', password: 'pw' } },
  });
  expect(connectionConfig('sqlserver://u:pw@h/x?domain=CORP').authentication).toEqual({
    ...{ type: 'ntlm', options: { userName: 'u', password: 'pw', domain: 'CORP' } },
  });
  const secret = 'azure-active-directory-service-principal-secret';
  const entra = `sqlserver://h/x?authentication=${secret}&clientId=c&clientSecret=s&tenantId=t`;
  expect(connectionConfig(entra).authentication).toEqual({
    ...{ type: secret, options: { clientId: 'c', clientSecret: 's', tenantId: 't' } },
  });
});

test.each([
  ['?ssl=true', /no parameter ssl/],
  ['?encrypt=maybe', /encrypt has another value/],
  ['?authentication=kerberos', /authentication has another value/],
  ['?ca=/no/such/file', /ca cannot be read/],
])('%s is refused', (query, message) => {
  expect(() => connectionConfig(`sqlserver://h/x${query}`)).toThrow(message);
});
