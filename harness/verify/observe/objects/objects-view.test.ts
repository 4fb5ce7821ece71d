import { describe, expect, test } from 'vitest';
import { betweenObjects } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import { CUSTOMERS, lineOf, objectsInMemory, texts } from '#testing/objects-sink.ts';
import { plansFor } from '../plan.ts';
import { openObjectsView } from './objects-view.ts';

const postgres = engineOf({ engine: 'postgres' });
const across = betweenObjects(postgres);

async function viewOf(...objects: readonly (readonly string[])[]) {
  const named = objects.map((lines, index) => [`p+${index}.jsonl`, lines] as const);
  return openObjectsView(objectsInMemory(new Map(named)).sink, postgres);
}

async function planOf(view: Awaited<ReturnType<typeof viewOf>>) {
  const [sink = CUSTOMERS] = await view.readCatalog();
  const plans = plansFor(CUSTOMERS, sink, { across });
  if (plans === undefined) throw new Error('the table has plans');
  return plans.sink;
}

/** Key and row of everything, in the order of the stream. */
async function rowsOf(...objects: readonly (readonly string[])[]) {
  const view = await viewOf(...objects);
  const rows: (readonly [string, string])[] = [];
  for await (const batch of view.stream(await planOf(view))) for (const { key, row } of batch) rows.push([key, row]);
  return rows;
}

describe('objects, read as a table', () => {
  test('have the last change of each key, whatever the order of objects and lines, and no deleted row', async () => {
    const objects = [
      [lineOf(4, 'd', { id: 2 }), lineOf(3, 'u', { id: 1, name: 'b', active: false, balance: '1.50' })],
      [lineOf(1, 'r', { id: 1, name: 'a', active: true, balance: '1.00' }), lineOf(2, 'c', { id: 2, name: 'gone' })],
    ];
    expect(await rowsOf(...objects)).toEqual([[texts('1'), texts('1', 'b', 'false', '1.50')]]);
  });

  test('keep the value of a column that a change leaves out, but none of before a delete', async () => {
    const whole = { id: 1, name: 'a', active: true, balance: '1.00' };
    expect(await rowsOf([lineOf(1, 'c', whole), lineOf(2, 'u', { id: 1, name: 'b' })])).toEqual([
      [texts('1'), texts('1', 'b', 'true', '1.00')],
    ]);
    expect(await rowsOf([lineOf(1, 'c', whole), lineOf(2, 'd', { id: 1 }), lineOf(3, 'c', { id: 1 })])).toEqual([
      [texts('1'), texts('1', null, null, null)],
    ]);
  });

  test('have values in the one spelling of their kind, however they were written', async () => {
    const [row] = await rowsOf([lineOf(1, 'c', { id: 1, name: 'a', active: 't', balance: '1.5' })]);
    expect(row?.[1]).toBe(texts('1', 'a', 'true', '1.50'));
  });

  test('are without the rows of all partitions from before a TRUNCATE', async () => {
    const rows = await rowsOf([
      ...[lineOf(1, 'c', { id: 1 }), lineOf(2, 'c', { id: 2 }, 1), lineOf(5, 't', {}), lineOf(6, 'c', { id: 3 }, 1)],
    ]);
    expect(rows.map(([key]) => key)).toEqual([texts('3')]);
  });

  test('come in the order of their keys’ bytes, with numbers in all of their digits', async () => {
    const rows = await rowsOf([lineOf(1, 'c', { id: 9 }), lineOf(2, 'c', { id: 10 })]);
    expect(rows.map(([key]) => key)).toEqual([texts('10'), texts('9')]);
    const big = lineOf(1, 'c', { id: 1 }).replace('"id":1', '"id":9007199254740993');
    expect((await rowsOf([big]))[0]?.[0]).toBe(texts('9007199254740993'));
  });

  test('say where a row is from, and how far they reach', async () => {
    const view = await viewOf([lineOf(7, 'c', { id: 1 }), lineOf(9, 'c', { id: 2 }, 1)]);
    const plan = await planOf(view);
    const [row] = await view.byKeys(plan, [texts('2')]);
    expect(JSON.parse(row?.bookkeeping ?? '[]')[plan.bookkeeping.indexOf('_cdc_lsn')]).toBe('0/9');
    expect([...view.reach]).toEqual([
      ['p.public.customers/0', 8n],
      ['p.public.customers/1', 10n],
    ]);
    expect(await view.count(CUSTOMERS)).toBe(2);
  });

  test('have the columns that came with a change, and those of the start before there is any', async () => {
    const names = async (...objects: readonly (readonly string[])[]) =>
      (await (await viewOf(...objects)).readCatalog())[0]?.columns
        .map(({ name }) => name)
        .filter((name) => !name.startsWith('_'));
    expect(await names()).toEqual(['id', 'name', 'active', 'balance']);
    expect(await names([lineOf(1, 'c', { id: 1, tier: 'x' })])).toEqual(['id', 'name', 'active', 'balance', 'tier']);
  });
});

test('an object is read again only when it was written anew, and one that is gone is forgotten', async () => {
  const objects = new Map([['a', [lineOf(1, 'c', { id: 1 })]]]);
  const { sink, read } = objectsInMemory(objects);
  await openObjectsView(sink, postgres);
  await openObjectsView(sink, postgres);
  expect(read).toEqual(['a']);
  objects.set('a', [lineOf(1, 'c', { id: 1 }), lineOf(2, 'c', { id: 2 })]);
  expect(await (await openObjectsView(sink, postgres)).count(CUSTOMERS)).toBe(2);
  const kept = [...objects];
  objects.clear();
  expect(await (await openObjectsView(sink, postgres)).count(CUSTOMERS)).toBe(0);
  expect(read).toEqual(['a', 'a']);
  for (const [key, lines] of kept) objects.set(key, lines);
  await openObjectsView(sink, postgres);
  expect(read).toEqual(['a', 'a', 'a']);
});

test('a line that is no change ends the reading, with its place', async () => {
  await expect(viewOf([lineOf(1, 'c', { id: 1 }), '{"id":2}'])).rejects.toThrow(
    'line 2 of p+0.jsonl is no change: it has no _cdc_op',
  );
  await expect(viewOf(['{'])).rejects.toThrow('line 1 of p+0.jsonl is no change');
});

test('a table without a key is not read: nothing says which row a change is of', async () => {
  const view = await viewOf([lineOf(1, 'c', { id: 1 })]);
  const plan = { ...(await planOf(view)), table: { ...CUSTOMERS, key: [] } };
  await expect(view.byKeys(plan, [])).rejects.toThrow('public.customers has no primary key');
});
