import { ledgerWrites } from '#engines/ledger-writes.ts';
import type { Table } from '#model/catalog.ts';
import { type TableId, tableId } from '#model/catalog.ts';
import type { ChangeFeed, CommittedTransaction } from '#model/change-feed.ts';
import type { Database } from '#model/pipeline.ts';
import { type Key, keyOf, type Text } from '#model/values.ts';
import { parseTestDecoding, type RowChange } from './test-decoding.ts';

/** The name of the verifier's own slot, in SQL: a server has each name but once, and there may be a ledger in each database. */
export const LEDGER_SLOT =
  "('driftlab_ledger_' || (SELECT oid FROM pg_database WHERE datname = current_database()))::name";

interface SlotRow {
  readonly xid: string;
  readonly data: string;
}

/**
 * The source's own log as a feed of what was committed, by a slot of the verifier's own beside the connector's. It needs
 * no publication, which would forbid updates of tables without a key. Keys are canonical, as the session's settings are.
 * What is written to `ignored` tables it leaves out.
 */
export async function openChangeFeed(
  database: Database,
  tables: () => Promise<readonly Table[]>,
  ignored: ReadonlySet<TableId> = new Set(),
): Promise<ChangeFeed> {
  await database.query(`SELECT pg_create_logical_replication_slot(${LEDGER_SLOT}, 'test_decoding')`);
  return {
    async read() {
      const rows = await database.query<SlotRow>(
        `SELECT xid::text, data FROM pg_logical_slot_get_changes(${LEDGER_SLOT}, pg_current_wal_insert_lsn(), NULL,
           'include-xids', 'false', 'skip-empty-xacts', 'true')`,
      );
      if (rows.length === 0) return [];
      const known = new Map((await tables()).map((table) => [tableId(table), table]));
      return transactions(rows, known, ignored);
    },
    // The slot goes with its database.
    [Symbol.asyncDispose]: async () => {},
  };
}

export function transactions(
  rows: readonly SlotRow[],
  tables: ReadonlyMap<string, Table>,
  ignored: ReadonlySet<TableId>,
): CommittedTransaction[] {
  const done: CommittedTransaction[] = [];
  let open: CommittedTransaction['writes'][number][] = [];
  let others = 0;
  for (const { xid, data } of rows) {
    if (data === 'BEGIN') {
      open = [];
      others = 0;
    } else if (data === 'COMMIT') {
      done.push({ txn: xid, writes: open, others });
      open = [];
    } else
      for (const change of parseTestDecoding(data)) {
        if (ignored.has(change.table)) continue;
        if (!tables.has(change.table)) others++;
        open.push(...writesOf(change, tables));
      }
  }
  return done;
}

function writesOf(
  { table, kind, old, row }: RowChange,
  tables: ReadonlyMap<string, Table>,
): CommittedTransaction['writes'] {
  const of = tables.get(table);
  if (of === undefined) return [];
  const keyIn = (values: Readonly<Record<string, Text>>): Key => keyOf(of.key, values);
  return ledgerWrites({
    table,
    kind,
    before: old === undefined ? undefined : keyIn(old),
    after: row === undefined ? undefined : keyIn(row),
  });
}
