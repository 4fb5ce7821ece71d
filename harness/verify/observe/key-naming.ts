import { engineOf } from '#engines/index.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { Database } from '#model/pipeline.ts';
import type { TopicRoute } from '#model/position.ts';
import { type Key, keyOf } from '#model/values.ts';

/** Names the rows that events concern as the tables do: key columns in the catalog's order, in canonical text. */
export type KeyNaming = (events: readonly ChangeEvent[]) => Promise<Key[]>;

/**
 * A naming for the tables of the routes. Integers, texts and uuids are spelled in one way; other key types have several
 * spellings (`2024-01-01T00:00:00Z`, `2024-01-01 00:00:00+00`), and the source is asked for the canonical one.
 */
export async function keyNaming(source: Database, routes: readonly TopicRoute[]): Promise<KeyNaming> {
  const engine = engineOf(source);
  const tables = new Map<TableId, Table>();
  for (const table of await engine.readCatalog(source, { tables: routes.map(({ table }) => table) }))
    tables.set(tableId(table), table);
  const plain = (table: Table): boolean =>
    table.columns.every((column) => !table.key.includes(column.name) || engine.hasOneSpelling(column));

  return async (events) => {
    const keys = events.map((event) => keyOf(tables.get(event.table)?.key ?? Object.keys(event.key), event.key));
    for (const [id, table] of tables) {
      if (plain(table)) continue;
      const places = events.flatMap((event, place) => (event.table === id ? [place] : []));
      const raw = places.map((place) => events[place]?.key ?? {});
      const canonical = await engine.canonicalRows(source, table, raw);
      for (const [index, place] of places.entries()) keys[place] = keyOf(table.key, canonical[index] ?? {});
    }
    return keys;
  };
}
