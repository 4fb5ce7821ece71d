import { expect, test } from 'vitest';
import { unreachable } from './refusal.ts';

const URL = 'postgres://my%20app:secret@db.example/shop';

test.each([
  ['ECONNREFUSED', /^nothing listens there: .*listen_addresses = '\*'$/],
  ['ENOTFOUND', /^no name server knows db\.example/],
  ['EAI_AGAIN', /^no name server knows db\.example/],
  ['28P01', /ALTER ROLE "my app" PASSWORD '…'/],
  ['28000', /^ALTER ROLE "my app" LOGIN, or a line in pg_hba\.conf/],
  ['42501', /^GRANT CONNECT ON DATABASE "shop" TO "my app"$/],
  ['3D000', /SELECT datname FROM pg_database/],
  ['53300', /max_connections/],
  ['XX000', /^check host, port/],
])('%s is answered with what changes it', (code, hint) => {
  const error = unreachable(URL, Object.assign(new Error('said'), { code }));
  expect([error.code, error.exit, error.found]).toEqual(['unreachable', 1, 'said']);
  expect(error.message).toBe('cannot connect to PostgreSQL at my app@db.example:5432/shop');
  expect(error.hint).toMatch(hint);
});

test('what several addresses of one name said is all told, and no password that was not given', () => {
  const several = new AggregateError([new Error('one'), new Error('two')], '');
  expect(unreachable('postgres://h:1/d', several)).toMatchObject({
    found: 'one; two',
    message: 'cannot connect to PostgreSQL at h:1/d',
  });
  const none = new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string');
  expect(unreachable(URL, none).found).toBe('the server asks for a password, and none was given');
  expect(unreachable(URL, new Error('')).found).toBe('no reason given');
});
