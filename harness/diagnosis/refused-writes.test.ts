import { expect, test } from 'vitest';
import type { ServerWords } from '#model/cause.ts';
import { factsWith } from '#testing/diagnosis-facts.ts';
import { sourceState } from '#testing/planting.ts';
import { refusedBy, refusedIn, sayRefused } from './refused-writes.ts';

const said = (verb: 'update' | 'delete from', table: string): string =>
  `ERROR: cannot ${verb} table "${table}" because it does not have a replica identity and publishes ${verb === 'update' ? 'updates' : 'deletes'}`;
const words = (from: ServerWords['from'], ...texts: readonly string[]): ServerWords[] =>
  texts.map((text) => ({ from, name: 'app', text }));
const items = { table: 'items', operation: 'UPDATE' } as const;

test('statements that the source refused are counted by table and operation', () => {
  const log = [
    said('update', 'items'),
    said('delete from', 'items'),
    said('update', 'orders'),
    said('update', 'items'),
  ];
  expect(refusedIn(log.join('\n'))).toEqual([
    { ...items, count: 2 },
    { ...items, operation: 'DELETE', count: 1 },
    { ...items, table: 'orders', count: 1 },
  ]);
});

test('the publications are those that have the table', () => {
  const [own] = sourceState({ name: 'own', tables: ['public.orders', 'public.items'] }).publications;
  const [other] = sourceState({ name: 'other', tables: ['public.orders', 'items.others'] }).publications;
  if (own === undefined || other === undefined) throw new Error('no publication');
  const source = sourceState({}, { publications: [other, own] });
  const facts = { words: words('writer', said('update', 'items'), said('update', 'items')), source };
  expect(refusedBy(factsWith(facts))).toEqual([{ ...items, count: 2, publications: ['own'] }]);
  expect(refusedBy(factsWith({ words: facts.words }))).toEqual([{ ...items, count: 2, publications: [] }]);
});

test('only writers are refused, and what the source itself reports comes before their words', () => {
  expect(refusedBy(factsWith({ words: words('sink-task', said('update', 'items')) }))).toEqual([]);
  const refused = [{ ...items, count: 7, publications: ['own'] }];
  expect(refusedBy(factsWith({ words: words('writer', said('update', 'orders')), refused }))).toBe(refused);
});

test('what was refused, how often, and because of which publication', () => {
  expect(sayRefused({ ...items, count: 1, publications: ['a', 'b'] })).toBe(
    'PostgreSQL refused UPDATE on items (1 time): the publication a, b publishes its updates, and the table has no replica identity',
  );
  expect(sayRefused({ ...items, operation: 'DELETE', count: 2, publications: [] })).toBe(
    'PostgreSQL refused DELETE on items (2 times): a publication publishes its deletes, and the table has no replica identity',
  );
});
