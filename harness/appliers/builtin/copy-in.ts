import type { GuardQuestion, RowWrite, Sink, SinkTable, SinkTransaction } from '#engines/port/sink.ts';
import { type Table, tableId } from '#model/catalog.ts';
import { type Key, keyOf, type Row } from '#model/values.ts';
import { OperatorError } from '#std/errors.ts';
import type { ApplierSettings } from './settings.ts';

/** Rows written by one transaction where nothing else waits for their locks. */
const ROWS_AT_ONCE = 5000;

/**
 * Writes rows that a job read at `lsn` straight into the sink, past the log, as each mode would. Rows written.
 *
 * `insert`: blindly. `upsert`: over whatever is there; `_cdc_lsn` is NULL, since no event stands behind the row, and the
 * next event overwrites it as any other. `dedup`: through the guard; the row is skipped where a change or a delete that
 * the read did not see has been applied, and then carries `lsn`, so that changes which the read saw do not take it back.
 * `lsn` must lie below every change that the read did not see (see the source engine's jobRead).
 */
export async function copyIn(
  sink: Sink,
  settings: ApplierSettings,
  nowMs: number,
  { table, rows, lsn }: { readonly table: Table; readonly rows: readonly Row[]; readonly lsn: bigint },
): Promise<number> {
  const guarded = settings.mode === 'dedup';
  const id = tableId(table);
  const target = await sink.table(id, guarded);
  if (target === undefined) {
    throw new OperatorError({ code: 'sink-table-missing', message: `the sink has no table ${id}`, exit: 1 });
  }
  const blind = settings.mode === 'insert' || table.key.length === 0;
  // A transaction that overwrites several rows while the consumer does the same in another order ends in a deadlock,
  // which may cost the consumer its life. Blind inserts meet nobody's lock, and a guarded job excludes its consumer.
  const atOnce = blind || guarded ? ROWS_AT_ONCE : 1;
  let written = 0;
  for (let from = 0; from < rows.length; from += atOnce) {
    const some = rows.slice(from, from + atOnce).map((row) => bare(row, target));
    written += await sink.transaction(async (transaction) => {
      const passed = guarded ? await throughGuard(transaction, target, table, some, lsn) : some;
      const writes = passed.map(
        (values): RowWrite => ({
          key: table.key,
          values,
          op: 'r',
          lsn: guarded ? lsn : undefined,
          capturedAtMs: undefined,
          receivedAtMs: nowMs,
          guard: guarded ? lsn : undefined,
        }),
      );
      await transaction.write(target, {
        deletes: [],
        updates: [],
        upserts: blind ? [] : writes,
        inserts: blind ? writes : [],
        tombstones: new Map(),
      });
      return writes.length;
    });
  }
  return written;
}

/** The columns that the sink has and that can be written. */
function bare(row: Row, target: SinkTable): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => target.columns.get(name)?.generated === false));
}

async function throughGuard(
  transaction: SinkTransaction,
  target: SinkTable,
  table: Table,
  rows: readonly Row[],
  lsn: bigint,
): Promise<readonly Row[]> {
  await transaction.lock();
  if (table.key.length === 0) return rows;
  const questions = new Map<Key, GuardQuestion>();
  for (const row of rows) {
    const id = keyOf(table.key, row);
    questions.set(id, { id, lsn, columns: table.key, values: table.key.map((name) => row[name] ?? null) });
  }
  const guards = await transaction.guards(target, () => [...questions.values()]);
  // A truncate is a guard of every key.
  if (guards.table !== undefined && guards.table >= lsn) return [];
  return rows.filter((row) => !guards.keys.has(keyOf(table.key, row)));
}
