import type { TableId } from '#model/catalog.ts';
import type { Key } from '#model/values.ts';

/**
 * Tells rows that the log will never have an event of from those whose event is still to come. Transactions reach the log
 * in the order of their commits: once it has a change from above the position at which a row was read, it has every change
 * that the reading saw. A row that is the same since, and of which there is no event even then, is older than the log, or
 * was not captured.
 */
export interface Silent {
  /** Whether that is so for the row, read now at `cutLsn`; `logLsn` is the highest LSN that the log had some time ago. */
  proven(table: TableId, key: Key, row: string, at: { readonly cutLsn: bigint; readonly logLsn: bigint }): boolean;
}

/** Rows that are remembered; of more the oldest are forgotten, and proven later. */
const REMEMBERED_MAX = 10_000;

export function createSilent(): Silent {
  const rows = new Map<string, { readonly row: string; readonly cutLsn: bigint }>();
  return {
    proven(table, key, row, { cutLsn, logLsn }) {
      const name = `${table} ${key}`;
      const known = rows.get(name);
      if (known?.row === row) return logLsn > known.cutLsn;
      rows.delete(name);
      rows.set(name, { row, cutLsn });
      for (const oldest of rows.keys()) {
        if (rows.size <= REMEMBERED_MAX) break;
        rows.delete(oldest);
      }
      return false;
    },
  };
}
