import { expect, test } from 'vitest';
import { topicsHere } from './own-connectors.ts';
import { lowest, tablesRead, worstOf } from './own-sinks.ts';

test('several connectors are as far as all of them are, and fail where one does', () => {
  const [one, two] = [
    new Map([
      ['a-0', 5n],
      ['b-0', 9n],
    ]),
    new Map([
      ['b-0', 7n],
      ['c-0', 1n],
    ]),
  ];
  expect(lowest([one, two])).toEqual(
    new Map([
      ['a-0', 5n],
      ['b-0', 7n],
      ['c-0', 1n],
    ]),
  );
  const files = ['a.json', 'b.json'];
  expect(worstOf([{ state: 'running' }, { state: 'failed', error: 'no table' }], files)).toEqual({
    ...{ state: 'failed', error: 'b.json: no table' },
  });
  expect(worstOf([{ state: 'running' }, { state: 'paused' }], files).state).toBe('paused');
  expect(worstOf([{ state: 'running' }, { state: 'running' }], files).state).toBe('running');
});

const ROUTES = ['public.a', 'public.b', 'sales.a'].map((table) => ({ topic: `lab.${table}`, table }));

test('under the lab’s own topics each connector reads those of the tables that its own topics name', () => {
  expect(topicsHere({ topics: 'shop.public.a, shop.sales.a' }, ROUTES)).toEqual(['lab.public.a', 'lab.sales.a']);
  expect(topicsHere({ topics: 'b' }, ROUTES)).toEqual(['lab.public.b']);
  expect(topicsHere({ 'topics.regex': 'shop\\..*' }, ROUTES)).toHaveLength(3);
  expect(topicsHere({ topics: 'nothing' }, ROUTES)).toHaveLength(3);
});

test('a topic of several tables is read with all of them', () => {
  const routes = [...ROUTES, { topic: 'lab.public.a', table: 'archive.a' }];
  expect(tablesRead(routes, ['lab.public.a'])).toEqual(['public.a', 'archive.a']);
});
