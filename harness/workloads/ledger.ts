import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import type { TableId } from '#model/catalog.ts';
import type { Operation } from '#model/operation.ts';
import { createRowMap } from '#model/rows.ts';
import type { Key } from '#model/values.ts';
import type { RowRef } from '#model/workload.ts';
import { asDiskFull } from '#std/disk-full.ts';
import { endRun } from '#std/run-end.ts';

/** Room for what a run's writers do, in MB. */
const LEDGER_MB = 32;

/** The ledger's name in a run's folder. */
export const LEDGER_FILE = 'ledger.jsonl';

/** Names a row over all tables, for maps. */
export function rowName(row: RowRef): string {
  return `${row.table} ${row.key}`;
}

/** A moment of the ledger, to ask later what has changed since. */
type Mark = number;

/** What the writers did, and are doing. The writers alone write it; the verifier reads it. */
export interface Ledger {
  /** In the order of their `seq`; all of them, unless the oldest were dropped. */
  readonly operations: readonly Operation[];
  /** The last operation on a row whose outcome is not `failed`. */
  last(table: TableId, key: Key): Operation | undefined;
  mark(): Mark;
  /** Of a ledger that another tells: has it know everything that was committed before the call. */
  refresh?(): Promise<void>;
  /** Whether an operation on the row began or ended after the mark, or was under way at it. */
  touchedSince(mark: Mark, table: TableId, key: Key): boolean;
  /** Rows with an operation that is under way, or that ended after the mark. */
  rowsTouchedSince(mark: Mark): Iterable<RowRef>;
}

export interface LedgerWriter extends Ledger, AsyncDisposable {
  /** Number of the last operation. */
  readonly seq: number;
  /** Takes the oldest operations out of memory until `keep` are left, and returns them. The file has them all. */
  drop(keep: number): readonly Operation[];
  /** Takes a row that is gone for good out of memory: its last word, and when it was touched. */
  forget(row: RowRef): void;
  /** To be said before the first statement of a transaction that writes `rows` is sent. */
  begin(rows: readonly RowRef[]): void;
  /** To be said once the outcome is known. */
  end(rows: readonly RowRef[], operations: readonly Omit<Operation, 'seq'>[]): void;
}

interface Touch {
  readonly row: RowRef;
  /** Transactions under way on the row. */
  busy: number;
  /** The clock's value when an operation on the row last began or ended. */
  at: number;
}

/** Touches that are kept in their order in any case. */
const ORDER_MIN = 10_000;

/**
 * A ledger that also goes to `file` as JSON lines, each with the mode it belongs to, as it happens. Operations are
 * numbered from `after` on: one that goes on with an earlier one goes on with its numbers.
 */
export function openLedger(file: string, mode: string, after = 0): LedgerWriter {
  const stream = createWriteStream(file, { flags: 'a' });
  // A ledger with a gap proves nothing, so the run ends with it.
  stream.on('error', (error) => endRun(asDiskFull(error, { path: file, neededMb: LEDGER_MB }) ?? error));
  const operations: Operation[] = [];
  const last = createRowMap<Operation>();
  const touches = createRowMap<Touch>();
  // Counts begins and ends, not time: two events are never at the same tick.
  let clock = 0;
  let seq = after;

  /** Touches in their order, so that who asks for the last ones need not look at all rows. */
  let order: { readonly entry: Touch; readonly at: number }[] = [];
  const busyRows = new Set<Touch>();

  const touch = (row: RowRef, busy: 1 | -1): void => {
    const entry = touches.get(row.table, row.key) ?? { row, busy: 0, at: clock };
    touches.set(row.table, row.key, entry);
    entry.busy = Math.max(0, entry.busy + busy);
    entry.at = clock;
    if (entry.busy > 0) busyRows.add(entry);
    else busyRows.delete(entry);
    order.push({ entry, at: clock });
    // A row that was touched again stands in it again; those that are outdated go when they are most.
    if (order.length > ORDER_MIN && order.length > 2 * touches.size)
      order = order.filter(({ entry: one, at }) => one.at === at && touches.get(one.row.table, one.row.key) === one);
  };

  const lastTouches = function* (mark: Mark): Generator<Touch> {
    for (let index = order.length - 1; index >= 0; index--) {
      const touched = order[index];
      if (touched === undefined || touched.at <= mark) break;
      const { entry, at } = touched;
      if (entry.at === at && entry.busy === 0) yield entry;
    }
    yield* busyRows;
  };

  const touchedSince = (mark: Mark, entry: Touch | undefined): boolean =>
    entry !== undefined && (entry.busy > 0 || entry.at > mark);

  return {
    operations,
    get seq() {
      return seq;
    },
    last: (table, key) => last.get(table, key),
    mark: () => clock,
    touchedSince: (mark, table, key) => touchedSince(mark, touches.get(table, key)),
    *rowsTouchedSince(mark) {
      for (const { row } of lastTouches(mark)) yield row;
    },
    begin(rows) {
      clock++;
      for (const row of rows) touch(row, 1);
    },
    end(rows, ended) {
      clock++;
      for (const row of rows) touch(row, -1);
      for (const operation of ended) {
        const recorded: Operation = { seq: ++seq, ...operation };
        operations.push(recorded);
        if (recorded.outcome !== 'failed') last.set(recorded.table, recorded.key, recorded);
        if (!stream.destroyed) stream.write(`${JSON.stringify({ mode, ...recorded })}\n`);
      }
    },
    drop: (keep) => operations.splice(0, Math.max(0, operations.length - keep)),
    forget({ table, key }) {
      if ((touches.get(table, key)?.busy ?? 0) > 0) return;
      last.delete(table, key);
      touches.delete(table, key);
    },
    async [Symbol.asyncDispose]() {
      // What it could not write has ended the run already.
      if (stream.destroyed) return;
      stream.end();
      await finished(stream).catch(() => {});
    },
  };
}
