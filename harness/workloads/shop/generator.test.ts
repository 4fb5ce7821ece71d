import { expect, test } from 'vitest';
import type { Statement, Transaction } from '#model/workload.ts';
import { shopGenerator } from './generator.ts';
import { seedState } from './state.ts';

function take(seed: number, count: number): Transaction[] {
  const generator = shopGenerator(seed, 'public');
  return Array.from({ length: count }, () => generator.next());
}

test('one seed makes one sequence of transactions, another seed another', () => {
  expect(take(7, 500)).toEqual(take(7, 500));
  expect(take(7, 500)).not.toEqual(take(8, 500));
});

test('every operation is valid after those before it: inserts are new, updates and deletes meet a row', () => {
  const alive = new Set<string>();
  const state = seedState(3);
  for (const id of state.customers.items) alive.add(`public.customers ["${id}"]`);
  for (const order of state.orders.items) {
    alive.add(`public.orders ["${order.id}"]`);
    for (const line of order.lines) alive.add(`public.line_items ["${order.id}","${line}"]`);
  }
  for (const transaction of take(3, 5000)) {
    if (transaction.rollback === true) continue;
    for (const row of transaction.reads) expect(alive.has(`${row.table} ${row.key}`)).toBe(true);
    for (const { table, key, kind } of transaction.statements.flatMap((statement) => statement.writes)) {
      const name = `${table} ${key}`;
      expect([name, kind, alive.has(name)]).toEqual([name, kind, kind !== 'insert']);
      if (kind === 'delete') alive.delete(name);
      else alive.add(name);
    }
  }
});

test('the mix has every kind of operation, on every table, and transactions over several tables', () => {
  const writes = take(1, 3000).map((transaction) => transaction.statements.flatMap((statement) => statement.writes));
  const kinds = new Set(writes.flat().map(({ table, kind }) => `${kind} ${table}`));
  expect(kinds.size).toBe(9);
  expect(writes.some((rows) => new Set(rows.map((row) => row.table)).size === 3)).toBe(true);
});

test('a backfill inserts as many rows as were asked for, and nothing but inserts', () => {
  const writes = shopGenerator(1, 'public')
    .backfill(300)
    .flatMap((transaction) => transaction.statements.flatMap((statement) => statement.writes));
  expect(writes.length).toBe(300);
  expect(new Set(writes.map((write) => write.kind))).toEqual(new Set(['insert']));
});

test('a column is written once its word was told, and an unknown word is an error', () => {
  const generator = shopGenerator(1, 'public');
  const changes = (): string =>
    JSON.stringify(Array.from({ length: 300 }, () => generator.next().statements.map(namedColumns)));
  expect(changes()).not.toContain('tier');
  generator.tell('tier');
  expect(changes()).toContain('tier');
  expect(() => generator.tell('colour')).toThrow('colour');
});

test('line items count what was added to them, in new rows and in changed ones, and lack what was dropped', () => {
  const generator = shopGenerator(1, 'public');
  const changes = (kind: string): string =>
    JSON.stringify(
      Array.from({ length: 300 }, () => generator.next())
        .flatMap(({ statements }) => statements)
        .flatMap((statement) => ('change' in statement && statement.change === kind ? [namedColumns(statement)] : [])),
    );
  expect(changes('insert')).toContain('product');
  generator.tell('points');
  generator.tell('rank_2');
  generator.tell('-product');
  for (const kind of ['insert', 'update'])
    expect([changes(kind).includes('points'), changes(kind).includes('rank_2')]).toEqual([true, true]);
  expect(changes('insert')).not.toContain('product');
  expect(JSON.stringify(generator.backfill(10))).not.toContain('"product"');
  expect(() => generator.tell('-points')).toThrow('-points');
});

function namedColumns(statement: Statement): readonly string[] {
  if ('sql' in statement) throw new Error(`SQL of one engine: ${statement.sql}`);
  switch (statement.change) {
    case 'insert':
      return statement.columns;
    case 'update':
      return [...Object.keys(statement.set), ...Object.keys(statement.where)];
    case 'delete':
      return Object.keys(statement.where);
    case 'truncate':
      return [];
  }
}

test('every column that is written or asked for is one that its table has', () => {
  const generator = shopGenerator(4, 'public');
  for (const word of ['tier_2', 'points', 'rank', '-product']) generator.tell(word);
  for (const { statements } of Array.from({ length: 3000 }, () => generator.next()))
    for (const statement of statements) {
      if ('sql' in statement) throw new Error(`SQL of one engine: ${statement.sql}`);
      const known = new Set(statement.table.columns.map(({ name }) => name));
      const named = namedColumns(statement);
      expect(named.filter((name) => !known.has(name))).toEqual([]);
    }
});

test('rows are named by the schema that their tables are in', () => {
  const generator = shopGenerator(1, 'dbo');
  const tables = new Set(
    Array.from({ length: 500 }, () => generator.next()).flatMap(({ statements, reads }) => [
      ...reads.map(({ table }) => table),
      ...statements.flatMap(({ writes }) => writes.map(({ table }) => table)),
    ]),
  );
  expect([...tables].toSorted()).toEqual(['dbo.customers', 'dbo.line_items', 'dbo.orders']);
});

test('a transaction stays as it was made, whatever is made after it: it may still wait for its turn', () => {
  const generator = shopGenerator(2, 'public');
  const made = Array.from({ length: 3000 }, () => {
    const transaction = generator.next();
    return { transaction, text: JSON.stringify(transaction) };
  });
  for (const { transaction, text } of made) expect(JSON.stringify(transaction)).toBe(text);
});
