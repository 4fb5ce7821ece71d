import { expect, test } from 'vitest';
import { mariadbFlavour } from './flavour/mariadb.ts';
import { mysqlFlavour } from './flavour/mysql.ts';
import { jdbcUrlsOf } from './jdbc-url.ts';

const server = { engine: 'mariadb', host: '127.0.0.1', port: 3307, user: 'me', password: 'pw' };
const [mariadb, mysql] = [jdbcUrlsOf(mariadbFlavour), jdbcUrlsOf(mysqlFlavour)];
const here = (theirs: string | undefined): string =>
  (mysql.isJdbcUrl(theirs ?? '') ? mysql : mariadb).jdbcUrl(theirs, server, 'lab_jdbc');
const LAB = '//127.0.0.1:3307/lab_jdbc';
const OWN = 'nullDatabaseMeansCurrent=true';

test.each([
  ['jdbc:mariadb://dw.example:3306/dw', `jdbc:mariadb:${LAB}?${OWN}`],
  ['jdbc:mariadb://dw/dw?rewriteBatchedStatements=true', `jdbc:mariadb:${LAB}?rewriteBatchedStatements=true&${OWN}`],
  ['jdbc:mariadb:replication://a:3306,b:3306/dw', `jdbc:mariadb:${LAB}?${OWN}`],
  [
    'jdbc:mysql://dw/dw?connectionTimeZone=UTC',
    `jdbc:mysql:${LAB}?connectionTimeZone=UTC&${OWN}&allowPublicKeyRetrieval=true`,
  ],
  ['jdbc:mariadb://dw/dw?nullDatabaseMeansCurrent=false', `jdbc:mariadb:${LAB}?nullDatabaseMeansCurrent=false`],
  ['jdbc:mariadb://dw', `jdbc:mariadb:${LAB}?${OWN}`],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Connect's own placeholder
  ['jdbc:mariadb://${env:HOST}:3306/${file:/run/dw:db}?a=1', `jdbc:mariadb:${LAB}?a=1&${OWN}`],
])('%s keeps what need not differ', (theirs, expected) => {
  expect(here(theirs)).toBe(expected);
});

test.each([
  'user=a&password=b',
  'sslMode=verify-full&serverSslCert=/etc/ca.pem',
  'useSSL=true&requireSSL=true&trustCertificateKeyStoreUrl=file:/etc/ca.jks',
  'localSocket=/run/mysqld.sock',
  'credentialType=AWS-IAM',
])('%s would reach another server, or ask for what this one has not', (parameters) => {
  expect(here(`jdbc:mariadb://dw/dw?${parameters}&a=1`)).toBe(`jdbc:mariadb:${LAB}?a=1&${OWN}`);
});

test.each([undefined, '', 'jdbc:postgresql://dw/dw?stringtype=unspecified'])('%s is replaced as a whole', (theirs) => {
  expect(here(theirs)).toBe(`jdbc:mariadb:${LAB}?${OWN}`);
});

test('a URL is known by its driver', () => {
  const of = (url: string): boolean[] => [mariadb.isJdbcUrl(url), mysql.isJdbcUrl(url)];
  expect(of('jdbc:aws-wrapper:mariadb://dw/dw')).toEqual([true, false]);
  expect(of('jdbc:aws-wrapper:mysql://dw/dw')).toEqual([false, true]);
  expect(of('jdbc:postgresql://mariadb/dw')).toEqual([false, false]);
  expect(of('')).toEqual([false, false]);
});
