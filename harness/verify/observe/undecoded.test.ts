import { expect, test } from 'vitest';
import { createUndecodedLog } from './undecoded.ts';

const TABLE = 'public.a';
const record = (offset: bigint, partition = 't/0') => ({ partition, offset, why: `at ${offset}` }) as const;

test('a record with a key may hold that row, and one without any row of its table', () => {
  const log = createUndecodedLog();
  log.add(TABLE, record(3n), 'one');
  expect(log.of(TABLE, 'two')).toBeUndefined();
  log.add(TABLE, record(5n, 't/1'));
  expect(log.of(TABLE, 'two')).toMatchObject({ first: { offset: 5n }, count: 1 });
  expect(log.of('public.b', 'one')).toBeUndefined();
});

test('both kinds are counted for a row, and the last of each partition is known', () => {
  const log = createUndecodedLog();
  log.add(TABLE, record(3n), 'one');
  log.add(TABLE, record(2n));
  log.add(TABLE, record(9n, 't/1'));
  const lasts = new Map([
    ['t/0', 3n],
    ['t/1', 9n],
  ]);
  expect(log.of(TABLE, 'one')).toEqual({ first: record(3n), count: 3, lasts });
});
