import type { TableId } from './catalog.ts';
import type { Key } from './values.ts';

/** Something for each row over all tables. By table and key, so that no name has to be made, and kept, for each row. */
export interface RowMap<V> {
  readonly size: number;
  get(table: TableId, key: Key): V | undefined;
  set(table: TableId, key: Key, value: V): void;
  delete(table: TableId, key: Key): void;
}

export function createRowMap<V>(): RowMap<V> {
  const tables = new Map<TableId, Map<Key, V>>();
  let size = 0;
  return {
    get size() {
      return size;
    },
    get: (table, key) => tables.get(table)?.get(key),
    set(table, key, value) {
      const rows = tables.get(table) ?? new Map<Key, V>();
      tables.set(table, rows);
      if (!rows.has(key)) size++;
      rows.set(key, value);
    },
    delete(table, key) {
      if (tables.get(table)?.delete(key) === true) size--;
    },
  };
}
