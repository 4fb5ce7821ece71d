import { describe, expect, test } from 'vitest';
import { lackOf, type ServerState, stateOf } from './requirements.ts';

const RIGHT: ServerState = {
  ...{ version: 160_000, walLevel: 'logical', slotsMax: 10, slots: 8, sendersMax: 10, senders: 9 },
  ...{ role: 'my app', superuser: false, replication: true, createsDatabases: true },
};

test('a server that logs what a connector reads, and a role that may read it, lack nothing', () => {
  expect(lackOf(RIGHT)).toBeUndefined();
  expect(lackOf({ ...RIGHT, superuser: true, replication: false, createsDatabases: false })).toBeUndefined();
});

test('a version without pg_input_is_valid is too old, whatever else it lacks', () => {
  expect(lackOf({ ...RIGHT, version: 150_017, walLevel: 'replica' })).toMatchObject({
    ...{ code: 'old-server', expected: 'PostgreSQL 16 or newer', found: 'PostgreSQL 15', exit: 1 },
  });
});

describe('a setting', () => {
  test.each([
    [{ walLevel: 'replica' }, 'wal_level=logical', 'wal_level=replica', 'ALTER SYSTEM SET wal_level = logical'],
    [
      { slots: 9 },
      'max_replication_slots=11',
      'max_replication_slots=10, of which 9 in use',
      'ALTER SYSTEM SET max_replication_slots = 11',
    ],
    [{ slotsMax: 1, slots: 0 }, 'max_replication_slots=2', 'max_replication_slots=1', / = 2; and start/],
    [
      { senders: 10 },
      'max_wal_senders=11',
      'max_wal_senders=10, of which 10 in use',
      'ALTER SYSTEM SET max_wal_senders = 11',
    ],
    [{ sendersMax: 0, senders: 0 }, 'max_wal_senders=1', 'max_wal_senders=0', / = 1; and start/],
  ] as const)('%j is named with the statement that changes it', (wrong, expected, found, hint) => {
    const error = lackOf({ ...RIGHT, ...wrong });
    expect([error?.code, error?.exit]).toEqual(['wrong-server-settings', 1]);
    expect([error?.expected, error?.found]).toEqual([expected, found]);
    expect(error?.hint).toMatch(hint);
  });

  test('all that are wrong are one error, and come before rights', () => {
    const error = lackOf({ ...RIGHT, walLevel: 'minimal', slotsMax: 0, slots: 0, replication: false });
    expect(error?.expected).toBe('wal_level=logical, max_replication_slots=2');
    expect(error?.hint).toBe(
      'ALTER SYSTEM SET wal_level = logical; ALTER SYSTEM SET max_replication_slots = 2; and start the server anew',
    );
  });
});

test.each([
  [{ replication: false }, 'REPLICATION', 'NOREPLICATION'],
  [{ createsDatabases: false }, 'CREATEDB', 'NOCREATEDB'],
  [{ replication: false, createsDatabases: false }, 'REPLICATION, CREATEDB', 'NOREPLICATION, NOCREATEDB'],
])('rights that are missing, %j, are given by one statement', (wrong, expected, found) => {
  const error = lackOf({ ...RIGHT, ...wrong });
  expect([error?.code, error?.exit, error?.expected, error?.found]).toEqual(['missing-rights', 1, expected, found]);
  expect(error?.message).toBe('the role my app lacks rights that a source needs');
  expect(error?.hint).toBe(`ALTER ROLE "my app" ${expected.replace(',', '')}`);
});

test('a server that says nothing of the role is no server', () => {
  expect(stateOf([{ state: JSON.stringify(RIGHT) }])).toEqual(RIGHT);
  expect(() => stateOf([])).toThrow(/says nothing/);
});

test('a server that is a sink alone needs no log that can be captured, and no right to read it', () => {
  const sink = { ...RIGHT, walLevel: 'replica', slotsMax: 0, slots: 0, replication: false };
  expect(lackOf(sink, 'sink')).toBeUndefined();
  expect(lackOf({ ...sink, createsDatabases: false }, 'sink')).toMatchObject({
    ...{ expected: 'CREATEDB', message: 'the role my app lacks rights that a sink needs' },
  });
});
