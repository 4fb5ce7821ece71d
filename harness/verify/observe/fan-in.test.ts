import { expect, test } from 'vitest';
import type { KeyedRow } from '#engines/port/compare.ts';
import { shareOut } from './fan-in.ts';

const row = (text: string): KeyedRow => ({ key: '["1"]', row: text });
const shared = (ours: readonly string[][], theirs: readonly string[], lastFirst: readonly number[] = []): string[][] =>
  shareOut(
    ours.map((rows) => rows.map(row)),
    theirs.map(row),
    lastFirst,
  ).map((rows) => rows.map(({ row: text }) => text));

test.each([
  ['each has its own', [['a'], ['b']], ['b', 'a'], [], [['a'], ['b']]],
  ['one row for two: who has it as it is', [['a'], ['b']], ['b'], [0], [[], ['b']]],
  ['an old row is of who wrote last', [['a'], ['b']], ['old'], [1, 0], [[], ['old']]],
  ['an old row is of who lacks one', [['a'], ['b']], ['a', 'old'], [0], [['a'], ['old']]],
  ['what nobody lacks is of who wrote last', [['a'], []], ['a', 'orphan'], [1], [['a'], ['orphan']]],
  ['what nobody knows is of the first', [[], []], ['orphan'], [], [['orphan'], []]],
  ['equal rows are shared one by one', [['a'], ['a']], ['a'], [], [['a'], []]],
])('%s', (_, ours, theirs, lastFirst, shares) => {
  expect(shared(ours, theirs, lastFirst)).toEqual(shares);
});
