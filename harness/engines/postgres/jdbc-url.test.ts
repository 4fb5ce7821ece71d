import { expect, test } from 'vitest';
import { jdbcUrlHere } from './jdbc-url.ts';

const server = { engine: 'postgres', host: '127.0.0.1', port: 5433, user: 'me', password: 'pw' };
const here = (theirs: string | undefined): string => jdbcUrlHere(theirs, server, 'lab_jdbc');
/** Connect's own placeholder. */
const filledIn = (name: string): string => `\${${name}}`;
const LAB = 'jdbc:postgresql://127.0.0.1:5433/lab_jdbc';

test.each([
  ['jdbc:postgresql://dw.example:5432/dw?stringtype=unspecified', `${LAB}?stringtype=unspecified`],
  [
    'jdbc:postgresql://dw/dw?currentSchema=mart&reWriteBatchedInserts=true',
    `${LAB}?currentSchema=mart&reWriteBatchedInserts=true`,
  ],
  ['jdbc:postgresql://a:5432,b:5432/dw?targetServerType=primary', `${LAB}?targetServerType=primary`],
  ['jdbc:postgresql://[::1]:5432/dw?options=-c%20search_path=x', `${LAB}?options=-c%20search_path=x`],
  ['jdbc:postgresql://dw', LAB],
  ['jdbc:postgresql:dw?stringtype=unspecified', `${LAB}?stringtype=unspecified`],
  [
    `jdbc:postgresql://${filledIn('file:/run/dw.properties:host')}:5432/${filledIn('env:DB')}?stringtype=unspecified`,
    `${LAB}?stringtype=unspecified`,
  ],
  [
    'jdbc:aws-wrapper:postgresql://dw/dw?prepareThreshold=0',
    'jdbc:aws-wrapper:postgresql://127.0.0.1:5433/lab_jdbc?prepareThreshold=0',
  ],
])('%s keeps what need not differ', (theirs, expected) => {
  expect(here(theirs)).toBe(expected);
});

test.each([
  'user=a&password=b',
  'ssl=true&sslmode=verify-full&sslrootcert=/etc/ca.pem',
  'channelBinding=require&gssEncMode=require',
  'targetServerType=secondary',
  'socketFactory=com.google.cloud.sql.postgres.SocketFactory&cloudSqlInstance=p:r:i',
  'PGHOST=elsewhere&service=prod',
])('%s would reach another server, or ask for what this one has not', (parameters) => {
  expect(here(`jdbc:postgresql://dw/dw?${parameters}&stringtype=unspecified`)).toBe(`${LAB}?stringtype=unspecified`);
});

test.each(['sslmode=prefer', 'ssl=false', 'targetServerType=any', 'channelBinding=prefer'])('%s stays', (parameter) => {
  expect(here(`jdbc:postgresql://dw/dw?${parameter}`)).toBe(`${LAB}?${parameter}`);
});

test.each([
  undefined,
  '',
  filledIn('env:DW_URL'),
  'jdbc:mysql://dw/dw?useSSL=true',
  'jdbc:sqlserver://dw;encrypt=true',
])('%s is replaced as a whole', (theirs) => {
  expect(here(theirs)).toBe(LAB);
});
