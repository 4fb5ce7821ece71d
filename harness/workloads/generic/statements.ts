import { changedTable, type Shape, type ShapeColumn, type Surveyor } from '#model/shape.ts';
import { keyOf, type Row, type Text } from '#model/values.ts';
import type { RowRef, Statement } from '#model/workload.ts';
import type { Random } from '#std/random.ts';
import type { Surveyed } from './survey.ts';
import { type LiveRow, refOf, type TableState } from './table-state.ts';
import { distinctValue, randomValue } from './values.ts';

/** One statement with the rows that must stand while it runs, and how to take it back where it failed. */
export interface Made {
  readonly statement: Statement;
  readonly reads: readonly RowRef[];
  undo(): void;
}

/** What values are made with. */
export interface Making {
  readonly own: Pick<Surveyor, 'ownValue' | 'ownDistinct'>;
  readonly rng: Random;
}

const TRIES = 20;

/** A new row, as its types, keys, foreign keys, unique sets and checks allow; undefined where there is none. */
export function insertInto(
  state: TableState,
  states: ReadonlyMap<string, TableState>,
  making: Making,
): Made | undefined {
  const { shape } = state.surveyed;
  for (let tries = 0; tries < TRIES; tries++) {
    const row = makeRow(state, states, making);
    if (row === undefined) return undefined;
    const key = keyOf(shape.key, row.values);
    if (shape.key.length > 0 && state.has(key)) continue;
    const columns = Object.keys(row.values);
    state.add({ key, values: row.values });
    return {
      statement: {
        ...{ change: 'insert', table: changedTable(shape), columns },
        rows: [columns.map((name) => row.values[name] ?? null)],
        writes: [{ ...refOf(state, key), kind: 'insert' }],
      },
      reads: row.parents,
      undo: () => state.remove(key),
    };
  }
  return undefined;
}

export function updateOf(state: TableState, making: Making): Made | undefined {
  const { surveyed } = state;
  const { shape } = surveyed;
  const row = shape.key.length === 0 ? undefined : state.pick(making.rng);
  if (row === undefined) return undefined;
  const set = changes(surveyed, making);
  if (Object.keys(set).length === 0) return undefined;
  return {
    statement: {
      ...{ change: 'update', table: changedTable(shape), set, where: whereKey(shape, row) },
      writes: [{ ...refOf(state, row.key), kind: 'update' }],
    },
    reads: [],
    undo: () => {},
  };
}

export function deleteFrom(state: TableState, { rng }: Making): Made | undefined {
  if (state.size < 5) return undefined;
  const row = state.pick(rng);
  if (row === undefined) return undefined;
  state.remove(row.key);
  const { shape } = state.surveyed;
  return {
    statement: {
      ...{ change: 'delete', table: changedTable(shape), where: whereKey(shape, row) },
      writes: [{ ...refOf(state, row.key), kind: 'delete' }],
    },
    reads: [],
    // Where the row does not exist after all, it stays out.
    undo: () => {},
  };
}

function whereKey({ key }: Shape, { values }: LiveRow): Record<string, string> {
  return Object.fromEntries(key.flatMap((name) => (values[name] == null ? [] : [[name, values[name]]])));
}

/** The values of a new row, and the rows that it refers to; undefined where there are none to refer to, or no new key. */
function makeRow(
  state: TableState,
  states: ReadonlyMap<string, TableState>,
  { own, rng }: Making,
): { values: Row; parents: RowRef[] } | undefined {
  const { shape, pooled, pool, distinct, from, rows } = state.surveyed;
  const values: Record<string, Text> = {};
  const parents: RowRef[] = [];
  for (const { columns, parent, parentColumns } of shape.foreign) {
    const of = states.get(parent);
    const set = columns.flatMap((name, index) =>
      name in values ? [[parentColumns[index] ?? '', values[name] ?? null]] : [],
    );
    const nullable = columns.find((name) => !(name in values) && isNullable(shape.columns, name));
    const row = nullable !== undefined && rng.chance(0.1) ? undefined : of?.pickWith(Object.fromEntries(set), rng);
    if (row === undefined || of === undefined) {
      if (nullable === undefined) return undefined;
      values[nullable] = null;
      continue;
    }
    for (const [index, name] of columns.entries()) values[name] = row.values[parentColumns[index] ?? ''] ?? null;
    parents.push(refOf(of, row.key));
  }
  if (pooled.length > 0) Object.assign(values, rng.pick(pool));
  const n = state.next();
  for (const column of shape.columns) {
    const { name } = column;
    if (column.generated || name in values) continue;
    if (distinct.includes(name)) {
      const value = distinctValue(own, column, rng, from[name] ?? 0n, n);
      // None is left that nobody has.
      if (value === undefined && !column.nullable) return undefined;
      values[name] = value ?? null;
      continue;
    }
    // What the database fills in by itself it is left to, now and then.
    if ((column.hasDefault || column.identity) && rng.chance(0.5)) continue;
    if (column.nullable && rng.chance(0.12)) {
      values[name] = null;
      continue;
    }
    const value = randomValue(own, column, rng) ?? (rows.length > 0 ? rng.pick(rows)[name] : undefined);
    if (value !== undefined && value !== null) values[name] = value;
    else if (column.nullable) values[name] = null;
  }
  return { values, parents };
}

function isNullable(columns: readonly ShapeColumn[], name: string): boolean {
  return columns.find((column) => column.name === name)?.nullable === true;
}

/** New values for a few columns that may change: none that names a row, here or elsewhere. */
function changes({ shape, pooled, pool, rows }: Surveyed, { own, rng }: Making): Row {
  const fixed = new Set([
    ...shape.key,
    ...shape.partitionedBy,
    ...shape.uniques.flat(),
    ...shape.foreign.flatMap(({ columns }) => columns),
  ]);
  const free = shape.columns.filter(({ name, generated, identity }) => !generated && !identity && !fixed.has(name));
  const inPool = free.filter(({ name }) => pooled.includes(name)).map(({ name }) => name);
  const others = free.filter(({ name }) => !pooled.includes(name));
  const values: Record<string, Text> = {};
  // Checks are about several columns at once: these change together, unless one of them may not.
  if (inPool.length > 0 && inPool.length === pooled.length && rng.chance(0.5)) Object.assign(values, rng.pick(pool));
  for (let count = rng.between(1, 3); count > 0 && others.length > 0; count--) {
    const column = rng.pick(others);
    const value = randomValue(own, column, rng) ?? (rows.length > 0 ? rng.pick(rows)[column.name] : undefined);
    if (value !== undefined && value !== null) values[column.name] = value;
    else if (column.nullable) values[column.name] = null;
  }
  return values;
}
