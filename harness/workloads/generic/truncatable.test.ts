import { expect, test } from 'vitest';
import type { Surveyed } from './survey.ts';
import { referredTo, whyNotChosen, whyNotTruncated } from './truncatable.ts';

const table = (id: string, parents: readonly string[] = [], complete = true, key = ['id']): Surveyed =>
  ({ shape: { id, key, foreign: parents.map((parent) => ({ parent })) }, complete }) as unknown as Surveyed;

test('a table is truncated that nothing refers to, whose rows are all known, and that has a key or is named', () => {
  const [parent, child, large, log] = [
    table('parent'),
    table('child', ['parent']),
    table('large', [], false),
    table('log', [], true, []),
  ];
  const referred = referredTo([parent, child, large, log]);
  expect(whyNotChosen(child, referred)).toBeUndefined();
  expect(whyNotTruncated(parent, referred)).toBe('a foreign key of child refers to it');
  expect(whyNotTruncated(large, referred)).toContain('more than 5000 rows');
  expect(whyNotChosen(large, referred)).toContain('more than 5000 rows');
  expect(whyNotTruncated(log, referred)).toBeUndefined();
  expect(whyNotChosen(log, referred)).toBe('it has no primary key');
});
