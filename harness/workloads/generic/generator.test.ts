import { expect, test } from 'vitest';
import type { Kind } from '#model/kind.ts';
import type { Shape, ShapeColumn } from '#model/shape.ts';
import type { Transaction } from '#model/workload.ts';
import { genericGenerator, unwritable } from './generator.ts';
import type { Surveyed } from './survey.ts';

const own = { ownValue: () => undefined, ownDistinct: () => undefined };

const KINDS: Readonly<Record<string, Kind>> = {
  integer: { kind: 'integer', bits: 32 },
  text: { kind: 'text' },
  uuid: { kind: 'uuid' },
};

const column = (name: string, type: string, more: Partial<ShapeColumn> = {}): ShapeColumn => ({
  ...{ name, type, kind: KINDS[type] ?? { kind: 'other', type } },
  ...{ nullable: false, generated: false, identity: false, hasDefault: false, ...more },
});

const shape = (id: string, columns: readonly ShapeColumn[], more: Partial<Shape> = {}): Shape => ({
  ...{ id, columns, key: ['id'], uniques: [], foreign: [], checks: [], partitionedBy: [], excludes: false },
  ...more,
});

const surveyed = (of: Shape, more: Partial<Surveyed> = {}): Surveyed => ({
  ...{ shape: of, rows: [], complete: true, pooled: [], pool: [], distinct: ['id'], from: { id: 100n } },
  ...more,
});

/** A parent, its child by a foreign key, and a table of pairs whose key is made of two foreign keys. */
const tables = (): Surveyed[] => {
  const parent = shape('public.p', [column('id', 'integer'), column('plan', 'text'), column('n', 'integer')]);
  const child = shape(
    'public.c',
    [column('id', 'uuid'), column('p', 'integer'), column('note', 'text', { nullable: true })],
    {
      foreign: [{ columns: ['p'], parent: 'public.p', parentColumns: ['id'] }],
    },
  );
  const pairs = shape('public.pc', [column('p', 'integer'), column('c', 'uuid')], {
    key: ['p', 'c'],
    foreign: [
      { columns: ['p'], parent: 'public.p', parentColumns: ['id'] },
      { columns: ['c'], parent: 'public.c', parentColumns: ['id'] },
    ],
  });
  return [
    surveyed(parent, { pooled: ['plan'], pool: [{ plan: 'free' }, { plan: 'team' }] }),
    surveyed(child),
    surveyed(pairs, { distinct: [], from: {} }),
  ];
};

const all = new Set(['public.p', 'public.c', 'public.pc']);

function make(seed: number, count: number): Transaction[] {
  const generator = genericGenerator(seed, { own, tables: tables(), writable: all });
  return Array.from({ length: count }, () => generator.next());
}

test('the same seed makes the same transactions, another makes others', () => {
  expect(make(1, 300)).toEqual(make(1, 300));
  expect(make(1, 300)).not.toEqual(make(2, 300));
});

test('carried out in order every transaction is valid: keys are new, parents and changed rows are there', () => {
  const there = new Set<string>();
  const kinds = new Map<string, number>();
  for (const { statements, reads, rollback } of make(3, 1500)) {
    for (const { table, key } of reads) expect(there, `the parent ${table} ${key}`).toContain(`${table} ${key}`);
    for (const { table, key, kind } of statements.flatMap(({ writes }) => writes)) {
      const name = `${table} ${key}`;
      kinds.set(`${table} ${kind}`, (kinds.get(`${table} ${kind}`) ?? 0) + 1);
      if (kind === 'insert') expect(there).not.toContain(name);
      else expect(there, `${kind} of ${name}`).toContain(name);
      if (rollback === true) continue;
      if (kind === 'delete') there.delete(name);
      else there.add(name);
    }
  }
  // Of a table that others refer to nothing is deleted; pairs have no column that could change.
  expect([...kinds.keys()].sort()).toEqual([
    ...[
      'public.c insert',
      'public.c update',
      'public.p insert',
      'public.p update',
      'public.pc delete',
      'public.pc insert',
    ],
  ]);
});

test('checked columns take only values from the pool', () => {
  const plans = make(5, 500)
    .flatMap(({ statements }) => statements.flatMap((one) => ('change' in one && one.change === 'insert' ? one : [])))
    .filter(({ table }) => table.name === 'public.p')
    .map(({ columns, rows }) => rows[0]?.[columns.indexOf('plan')]);
  expect(new Set(plans)).toEqual(new Set(['free', 'team']));
});

test('what failed is not there: nobody changes it or refers to it', () => {
  const generator = genericGenerator(7, { own, tables: tables(), writable: all });
  const gone = new Set<string>();
  for (let count = 0; count < 400; count++) {
    const transaction = generator.next();
    const names = [...transaction.reads, ...transaction.statements.flatMap(({ writes }) => writes)].map(
      ({ table, key }) => `${table} ${key}`,
    );
    for (const name of names) expect(gone).not.toContain(name);
    const [first] = transaction.statements;
    if (transaction.statements.length > 1 || first?.writes[0]?.kind !== 'insert' || count % 10 !== 0) continue;
    generator.failed?.(transaction);
    for (const { table, key } of first.writes) gone.add(`${table} ${key}`);
  }
  expect(gone.size).toBeGreaterThan(5);
});

test('a table whose transactions fail is given up once, with the last error, and the others are written on', () => {
  const given: string[] = [];
  const generator = genericGenerator(7, {
    ...{ own, tables: tables(), writable: all },
    onGivenUp: (table, why) => given.push(`${table}: ${why}`),
  });
  const written: (string | undefined)[] = [];
  for (let count = 0; count < 600; count++) {
    const transaction = generator.next();
    const table = transaction.statements[0]?.writes[0]?.table;
    written.push(table);
    if (table === 'public.pc') generator.failed?.(transaction, `refused ${count}`);
  }
  expect(given).toEqual([expect.stringMatching(/^public\.pc: it was given up .* the last with: refused \d+$/)]);
  expect(new Set(written.slice(300))).toEqual(new Set(['public.p', 'public.c']));
});

test('a table is given up with what its inserts were refused for, and not with what follows from that', () => {
  const given: string[] = [];
  const generator = genericGenerator(7, {
    ...{ own, tables: tables(), writable: all },
    onGivenUp: (_, why) => given.push(why),
  });
  for (let count = 0; count < 600; count++) {
    const transaction = generator.next();
    const [first] = transaction.statements[0]?.writes ?? [];
    if (first?.table !== 'public.pc') continue;
    const inserts = transaction.statements.every(({ writes }) => writes.every(({ kind }) => kind === 'insert'));
    generator.failed?.(transaction, inserts ? 'it is sealed' : 'no row');
  }
  expect(given).toEqual([expect.stringContaining('the last with: it is sealed')]);
});

test('only a table that nothing refers to is truncated, and all its rows are in the ledger', () => {
  const generator = genericGenerator(9, { own, tables: tables(), writable: all });
  for (let count = 0; count < 300; count++) generator.next();
  const writes = generator.truncate?.(undefined)?.statements[0]?.writes ?? [];
  expect(new Set(writes.map(({ table, kind }) => `${table} ${kind}`))).toEqual(new Set(['public.pc delete']));
  expect(generator.truncate?.('public.p')).toBeUndefined();
});

test('a table that nobody can write is left out with its reason', () => {
  const [parent] = tables();
  if (parent === undefined) throw new Error('no table');
  expect(unwritable(parent, own)).toBeUndefined();
  expect(unwritable({ ...parent, pool: [] }, own)).toContain('no values were found that its checks allow in plan');
  expect(unwritable({ ...parent, shape: { ...parent.shape, excludes: true } }, own)).toContain('exclusion constraint');
  const odd = surveyed(shape('x.y', [column('id', 'integer'), column('shape', 'my.composite')]));
  expect(unwritable(odd, own)).toContain('my.composite');
});
