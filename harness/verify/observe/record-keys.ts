import type { TableId } from '#model/catalog.ts';
import { createRowMap } from '#model/rows.ts';
import { type Key, keyOf, type Row } from '#model/values.ts';

/** The key of a row's records, where it is not the row's own, and how many rows of the table have had records with it. */
export interface RecordKey {
  readonly values: Row;
  readonly rows: number;
}

/** The keys of records that do not name their rows. */
export interface RecordKeys {
  add(table: TableId, key: Key, values: Row): void;
  of(table: TableId, key: Key): RecordKey | undefined;
}

export function createRecordKeys(): RecordKeys {
  const byRow = createRowMap<{ readonly values: Row; readonly rows: Set<Key> }>();
  const byRecord = createRowMap<Set<Key>>();
  return {
    add(table, key, values) {
      const name = keyOf(Object.keys(values), values);
      const rows = byRecord.get(table, name) ?? new Set<Key>();
      byRecord.set(table, name, rows);
      rows.add(key);
      byRow.set(table, key, { values, rows });
    },
    of(table, key) {
      const known = byRow.get(table, key);
      return known === undefined ? undefined : { values: known.values, rows: known.rows.size };
    },
  };
}
