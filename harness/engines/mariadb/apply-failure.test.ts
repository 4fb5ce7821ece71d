import { expect, test } from 'vitest';
import { failureOf, LostRace } from './apply-failure.ts';
import { Unstorable } from './input-text.ts';

const server = (errno: number): Error => Object.assign(new Error('no'), { errno, code: 'ER_X' });
const driver = (code: string, errno?: number): Error => Object.assign(new Error('no'), { code, errno });

test.each([
  ['a value that the column cannot hold', new Unstorable('no'), 'data'],
  ['a duplicate key', server(1062), 'data'],
  ['a text too long', server(1406), 'data'],
  ['a missing parent', server(1452), 'data'],
  ['a check that failed', server(4025), 'data'],
  ['a deadlock', server(1213), 'unavailable'],
  ['a lock waited for too long', server(1205), 'unavailable'],
  ['a server that shuts down', server(1053), 'unavailable'],
  ['a key inserted by somebody else', new LostRace('no'), 'unavailable'],
  ['a connection that was lost', driver('PROTOCOL_CONNECTION_LOST'), 'unavailable'],
  ['a server that is not there', driver('ECONNREFUSED', -111), 'unavailable'],
  ['a column that is not there', server(1054), 'other'],
  ['a table that is not there', server(1146), 'other'],
  ['a bug', new TypeError('no'), 'other'],
])('%s', (_, error, failure) => {
  expect(failureOf(error)).toBe(failure);
});
