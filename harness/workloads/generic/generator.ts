import { changedTable, type Surveyor } from '#model/shape.ts';
import type { Generator, Transaction } from '#model/workload.ts';
import { OperatorError } from '#std/errors.ts';
import { random } from '#std/random.ts';
import { openHope } from './hope.ts';
import { deleteFrom, insertInto, type Made, type Making, updateOf } from './statements.ts';
import type { Surveyed } from './survey.ts';
import { refOf, type TableState, tableState } from './table-state.ts';
import { referredTo, whyNotChosen, whyNotTruncated } from './truncatable.ts';
import { randomValue } from './values.ts';

/** Tables grow to so many times their first size, and at least to so many rows; then as much goes as comes. */
const GROWTH = 3;
const ROWS_STEADY_MIN = 2000;
/** Why nothing can be inserted into a table; undefined where something can, as far as its catalog says. */
export function unwritable(
  { shape, pooled, pool, rows }: Surveyed,
  own: Pick<Surveyor, 'ownValue'>,
): string | undefined {
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
      randomValue(own, column, random(0)) === undefined,
  );
  return unknown === undefined
    ? undefined
    : `nothing is known of the type ${unknown.type} of its column ${unknown.name}`;
}

/** What is written, and with whose values. */
export interface Written {
  readonly tables: readonly Surveyed[];
  /** The tables that are written; others are only referred to. */
  readonly writable: ReadonlySet<string>;
  readonly own: Making['own'];
  readonly onGivenUp?: (table: string, why: string) => void;
}

/**
 * Writes the tables that are `writable` of those surveyed: rows that their types, keys, foreign keys, unique sets and
 * checks allow. One of which most transactions fail is left alone from then on, and `onGivenUp` is told why. See
 * {@link Generator}.
 */
export function genericGenerator(seed: number, { tables, writable, own, onGivenUp }: Written): Generator {
  const rng = random(seed).fork('generic-live');
  const making = { own, rng };
  const states = new Map(tables.map((surveyed) => [surveyed.shape.id, tableState(surveyed)]));
  const written = [...states.values()].filter(({ surveyed }) => writable.has(surveyed.shape.id));
  const referred = referredTo(tables);
  const hope = openHope();
  const undos = new WeakMap<Transaction, () => void>();
  const owners = new WeakMap<Transaction, TableState>();
  const reasons = new Map<TableState, string>();

  const one = (): { made: Made; state: TableState } => {
    const open = written.filter((state) => !hope.isGone(state));
    for (let tries = 0; tries < 200; tries++) {
      const state = rng.pick(open.length > 0 ? open : written);
      const made = make(state, states, making, referred);
      if (made !== undefined) return { made, state };
    }
    throw nothingToWrite(written);
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
    hope.attempted(owner);
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
      const state = truncated(written, referred, wanted);
      if (state === undefined) return undefined;
      const writes = state.clear().map(({ key }) => ({ ...refOf(state, key), kind: 'delete' as const }));
      return { statements: [{ change: 'truncate', table: changedTable(state.surveyed.shape), writes }], reads: [] };
    },
    failed(transaction, why = 'no reason') {
      undos.get(transaction)?.();
      const owner = owners.get(transaction);
      if (owner === undefined || transaction.rollback === true) return;
      // Of a row whose insert failed a later change finds nothing, which explains nothing.
      if (isOfInserts(transaction) || !reasons.has(owner)) reasons.set(owner, why);
      if (hope.failed(owner))
        onGivenUp?.(
          owner.surveyed.shape.id,
          `it was given up as most of its transactions failed, the last with: ${reasons.get(owner)}`,
        );
    },
    tell(word) {
      throw new Error(`the generic writer knows no word ${JSON.stringify(word)}`);
    },
  };
}

function isOfInserts({ statements }: Transaction): boolean {
  return statements.every(({ writes }) => writes.every(({ kind }) => kind === 'insert'));
}

function make(
  state: TableState,
  states: ReadonlyMap<string, TableState>,
  making: Making,
  referred: ReturnType<typeof referredTo>,
): Made | undefined {
  const { shape } = state.surveyed;
  const full = state.size > Math.max(ROWS_STEADY_MIN, state.initial * GROWTH);
  const chance = making.rng.next();
  if (chance < (full ? 0.15 : 0.45)) return insertInto(state, states, making);
  if (chance < 0.8) return updateOf(state, making);
  // What others refer to may not go.
  return shape.key.length > 0 && !referred.has(shape.id) ? deleteFrom(state, making) : undefined;
}

/** The table that is to be truncated: the one that is `wanted`, or the largest that may be. */
function truncated(
  written: readonly TableState[],
  referred: ReturnType<typeof referredTo>,
  wanted: string | undefined,
): TableState | undefined {
  const rule = wanted === undefined ? whyNotChosen : whyNotTruncated;
  const [largest] = written
    .filter(
      ({ surveyed, size }) =>
        size > 0 && surveyed.shape.id === (wanted ?? surveyed.shape.id) && rule(surveyed, referred) === undefined,
    )
    .sort((a, b) => b.size - a.size);
  return largest;
}

function nothingToWrite(written: readonly TableState[]): OperatorError {
  return new OperatorError({
    code: 'nothing-to-write',
    message: 'the built-in writer finds nothing more to write',
    expected: 'a row that could be inserted, changed or deleted',
    found: `nothing of the kind in ${written.map(({ surveyed }) => surveyed.shape.id).join(', ')}`,
    hint: 'put a few rows into the schema file, or let a program of your own write: writer.command',
    exit: 3,
  });
}
