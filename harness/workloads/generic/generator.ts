import { keyOf } from '#model/values.ts';
import type { Generator, RowRef, Statement, Transaction } from '#model/workload.ts';
import { OperatorError } from '#std/errors.ts';
import { type Random, random } from '#std/random.ts';
import type { ShapeColumn } from './shape.ts';
import type { Surveyed, Values } from './survey.ts';
import { type LiveRow, refOf, type TableState, tableState } from './table-state.ts';
import { referredTo, whyNotChosen, whyNotTruncated } from './truncatable.ts';
import { distinctValue, randomValue, type Value } from './values.ts';

/** One statement with the rows that must stand while it runs, and how to take it back where it failed. */
interface Made {
  readonly statement: Statement;
  readonly reads: readonly RowRef[];
  undo(): void;
}

const TRIES = 20;
/** Tables grow to so many times their first size, and at least to so many rows; then as much goes as comes. */
const GROWTH = 3;
const ROWS_STEADY_MIN = 2000;
/** Failures of a table's transactions, more than half of all, after which it is left alone. */
const FAILURES_MAX = 20;

function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Why nothing can be inserted into a table; undefined where something can, as far as its catalog says. */
export function unwritable({ shape, pooled, pool, rows }: Surveyed): string | undefined {
  if (shape.excludes) return 'it has an exclusion constraint';
  if (pooled.length > 0 && pool.length === 0)
    return `no values were found that its checks allow in ${pooled.join(', ')}; put a few rows into the schema file to take after`;
  const unknown = shape.columns.find(
    (column) =>
      !column.nullable &&
      !column.hasDefault &&
      !column.identity &&
      !column.generated &&
      !shape.foreign.some((key) => key.columns.includes(column.name)) &&
      !pooled.includes(column.name) &&
      rows.length === 0 &&
      randomValue(column, random(0)) === undefined,
  );
  return unknown === undefined
    ? undefined
    : `nothing is known of the type ${unknown.type} of its column ${unknown.name}`;
}

/**
 * Writes the tables that are `writable` of those surveyed: rows that their types, keys, foreign keys, unique sets and
 * checks allow. One of which most transactions fail is left alone from then on, and `onGivenUp` is told why. See
 * {@link Generator}.
 */
export function genericGenerator(
  seed: number,
  tables: readonly Surveyed[],
  writable: ReadonlySet<string>,
  onGivenUp: (table: string, why: string) => void = () => {},
): Generator {
  const rng = random(seed).fork('generic-live');
  const states = new Map(tables.map((surveyed) => [surveyed.shape.id, tableState(surveyed)]));
  const written = [...states.values()].filter(({ surveyed }) => writable.has(surveyed.shape.id));
  const referred = referredTo(tables);
  const failures = new Map<TableState, number>();
  const attempts = new Map<TableState, number>();
  const undos = new WeakMap<Transaction, () => void>();
  const owners = new WeakMap<Transaction, TableState>();

  const isLeaf = ({ surveyed: { shape } }: TableState): boolean => shape.key.length > 0 && !referred.has(shape.id);
  const isHopeless = (state: TableState): boolean => {
    const failed = failures.get(state) ?? 0;
    return failed >= FAILURES_MAX && failed * 2 > (attempts.get(state) ?? 0);
  };
  const alive = (): TableState[] => written.filter((state) => !isHopeless(state));

  const insert = (state: TableState): Made | undefined => {
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
  };

  const update = (state: TableState): Made | undefined => {
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
  };

  const remove = (state: TableState): Made | undefined => {
    if (!isLeaf(state) || state.size < 5) return undefined;
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
  };

  const one = (): { made: Made; state: TableState } => {
    const open = alive();
    for (let tries = 0; tries < 200; tries++) {
      const state = rng.pick(open.length > 0 ? open : written);
      const full = state.size > Math.max(ROWS_STEADY_MIN, state.initial * GROWTH);
      const chance = rng.next();
      const made = chance < (full ? 0.15 : 0.45) ? insert(state) : chance < 0.8 ? update(state) : remove(state);
      if (made !== undefined) return { made, state };
    }
    throw new OperatorError({
      code: 'nothing-to-write',
      message: 'the built-in writer finds nothing more to write',
      expected: 'a row that could be inserted, changed or deleted',
      found: `nothing of the kind in ${written.map(({ surveyed }) => surveyed.shape.id).join(', ')}`,
      hint: 'put a few rows into the schema file, or let a program of your own write: writer.command',
      exit: 3,
    });
  };

  const assemble = (parts: readonly Made[], owner: TableState, rollback: boolean): Transaction => {
    const written = new Set(
      parts.flatMap(({ statement }) => statement.writes.map(({ table, key }) => `${table} ${key}`)),
    );
    const transaction: Transaction = {
      statements: parts.map(({ statement }) => statement),
      reads: parts.flatMap(({ reads }) => reads).filter(({ table, key }) => !written.has(`${table} ${key}`)),
      ...(rollback ? { rollback } : {}),
    };
    owners.set(transaction, owner);
    attempts.set(owner, (attempts.get(owner) ?? 0) + 1);
    undos.set(transaction, () => {
      for (const part of [...parts].reverse()) part.undo();
    });
    return transaction;
  };

  return {
    next() {
      const { made, state } = one();
      const parts = [made];
      const touched = new Set(made.statement.writes.map(({ table, key }) => `${table} ${key}`));
      for (let more = rng.chance(0.3) ? rng.between(1, 2) : 0; more > 0; more--) {
        const { made: another } = one();
        const names = another.statement.writes.map(({ table, key }) => `${table} ${key}`);
        // A row changes once in a transaction: what would come second is made again another time.
        if (names.some((name) => touched.has(name))) {
          if (another.statement.writes[0]?.kind === 'delete') parts.push(another);
          continue;
        }
        for (const name of names) touched.add(name);
        parts.push(another);
      }
      const only = parts.every(({ statement }) => statement.writes.every(({ kind }) => kind === 'update'));
      return assemble(parts, state, only && rng.chance(0.04));
    },
    backfill: () => [],
    truncate(wanted) {
      const rule = wanted === undefined ? whyNotChosen : whyNotTruncated;
      const [state] = written
        .filter(
          ({ surveyed, size }) =>
            size > 0 && surveyed.shape.id === (wanted ?? surveyed.shape.id) && rule(surveyed, referred) === undefined,
        )
        .sort((a, b) => b.size - a.size);
      if (state === undefined) return undefined;
      const writes = state.clear().map(({ key }) => ({ ...refOf(state, key), kind: 'delete' as const }));
      return { statements: [{ sql: `TRUNCATE ${state.surveyed.shape.sql}`, params: [], writes }], reads: [] };
    },
    failed(transaction, why = 'no reason') {
      undos.get(transaction)?.();
      const owner = owners.get(transaction);
      if (owner === undefined || transaction.rollback === true) return;
      const hadHope = !isHopeless(owner);
      failures.set(owner, (failures.get(owner) ?? 0) + 1);
      if (hadHope && isHopeless(owner))
        onGivenUp(owner.surveyed.shape.id, `it was given up as most of its transactions failed, the last with: ${why}`);
    },
    tell(word) {
      throw new Error(`the generic writer knows no word ${JSON.stringify(word)}`);
    },
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
