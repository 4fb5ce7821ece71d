import { keyOf } from '#model/values.ts';
import type { RowRef, Statement } from '#model/workload.ts';
import type { Random } from '#std/random.ts';
import type { ShapeColumn } from './shape.ts';
import type { Surveyed, Values } from './survey.ts';
import { type LiveRow, refOf, type TableState } from './table-state.ts';
import { distinctValue, randomValue, type Value } from './values.ts';

/** One statement with the rows that must stand while it runs, and how to take it back where it failed. */
export interface Made {
  readonly statement: Statement;
  readonly reads: readonly RowRef[];
  undo(): void;
}

const TRIES = 20;

function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A new row, as its types, keys, foreign keys, unique sets and checks allow; undefined where there is none. */
export function insertInto(state: TableState, states: ReadonlyMap<string, TableState>, rng: Random): Made | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const row = makeRow(state, states, rng);
    if (row === undefined) return undefined;
    const { shape } = state.surveyed;
    const key = keyOf(shape.key, row.values);
    if (shape.key.length > 0 && state.has(key)) continue;
    const names = Object.keys(row.values);
    const types = new Map(shape.columns.map((column) => [column.name, column.type]));
    const places = names.map((name, index) => `$${index + 1}::${types.get(name)}`);
    const live: LiveRow = { key, values: row.values };
    state.add(live);
    return {
      statement: {
        sql: `INSERT INTO ${shape.sql} (${names.map(ident).join(', ')}) OVERRIDING SYSTEM VALUE VALUES (${places.join(', ')})`,
        params: names.map((name) => row.values[name] ?? null),
        writes: [{ ...refOf(state, key), kind: 'insert' }],
      },
      reads: row.parents,
      undo: () => state.remove(key),
    };
  }
  return undefined;
}

export function updateOf(state: TableState, rng: Random): Made | undefined {
  const { surveyed } = state;
  const row = surveyed.shape.key.length === 0 ? undefined : state.pick(rng);
  if (row === undefined) return undefined;
  const values = changes(surveyed, rng);
  const names = Object.keys(values);
  if (names.length === 0) return undefined;
  const sets = names.map((name, index) => `${ident(name)} = $${index + 1}::${typeOf(surveyed, name)}`);
  const { where, params } = whereKey(surveyed, row, names.length);
  return {
    statement: {
      sql: `UPDATE ${surveyed.shape.sql} SET ${sets.join(', ')} WHERE ${where}`,
      params: [...names.map((name) => values[name] ?? null), ...params],
      writes: [{ ...refOf(state, row.key), kind: 'update' }],
    },
    reads: [],
    undo: () => {},
  };
}

export function deleteFrom(state: TableState, rng: Random): Made | undefined {
  if (state.size < 5) return undefined;
  const row = state.pick(rng);
  if (row === undefined) return undefined;
  state.remove(row.key);
  const { where, params } = whereKey(state.surveyed, row, 0);
  return {
    statement: {
      sql: `DELETE FROM ${state.surveyed.shape.sql} WHERE ${where}`,
      params,
      writes: [{ ...refOf(state, row.key), kind: 'delete' }],
    },
    reads: [],
    // Where the row does not exist after all, it stays out.
    undo: () => {},
  };
}

function typeOf({ shape }: Surveyed, name: string): string {
  return shape.columns.find((column) => column.name === name)?.type ?? 'text';
}

function whereKey(surveyed: Surveyed, row: LiveRow, after: number): { where: string; params: Value[] } {
  const { key } = surveyed.shape;
  return {
    where: key.map((name, index) => `${ident(name)} = $${after + index + 1}::${typeOf(surveyed, name)}`).join(' AND '),
    params: key.map((name) => row.values[name] ?? null),
  };
}

/** The values of a new row, and the rows that it refers to; undefined where there are none to refer to, or no new key. */
function makeRow(
  state: TableState,
  states: ReadonlyMap<string, TableState>,
  rng: Random,
): { values: Values; parents: RowRef[] } | undefined {
  const { shape, pooled, pool, distinct, from, rows } = state.surveyed;
  const values: Record<string, Value> = {};
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
      const value = distinctValue(column, rng, from[name] ?? 0n, n);
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
    const value = randomValue(column, rng) ?? (rows.length > 0 ? rng.pick(rows)[name] : undefined);
    if (value !== undefined && value !== null) values[name] = value;
    else if (column.nullable) values[name] = null;
  }
  return { values, parents };
}

function isNullable(columns: readonly ShapeColumn[], name: string): boolean {
  return columns.find((column) => column.name === name)?.nullable === true;
}

/** New values for a few columns that may change: none that names a row, here or elsewhere. */
function changes({ shape, pooled, pool, rows }: Surveyed, rng: Random): Values {
  const fixed = new Set([
    ...shape.key,
    ...shape.partitionedBy,
    ...shape.uniques.flat(),
    ...shape.foreign.flatMap(({ columns }) => columns),
  ]);
  const free = shape.columns.filter(({ name, generated, identity }) => !generated && !identity && !fixed.has(name));
  const inPool = free.filter(({ name }) => pooled.includes(name)).map(({ name }) => name);
  const others = free.filter(({ name }) => !pooled.includes(name));
  const values: Record<string, Value> = {};
  // Checks are about several columns at once: these change together, unless one of them may not.
  if (inPool.length > 0 && inPool.length === pooled.length && rng.chance(0.5)) Object.assign(values, rng.pick(pool));
  for (let count = rng.between(1, 3); count > 0 && others.length > 0; count--) {
    const column = rng.pick(others);
    const value = randomValue(column, rng) ?? (rows.length > 0 ? rng.pick(rows)[column.name] : undefined);
    if (value !== undefined && value !== null) values[column.name] = value;
    else if (column.nullable) values[column.name] = null;
  }
  return values;
}
