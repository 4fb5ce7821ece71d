import { engineOf } from '#engines/index.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import { type ChangeEvent, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { Database } from '#model/pipeline.ts';
import type { TopicRoute } from '#model/position.ts';
import { KEYLESS, type Key, keyOf, type Row, type Text } from '#model/values.ts';
import type { Naming } from './log-index.ts';

/** The row that an event concerns, as the tables name it. */
export interface Named extends Naming {
  readonly key: Key;
}

/**
 * Names the rows that events concern as the tables do: key columns in the catalog's order, in canonical text. Undefined
 * for an event that does not say which row it concerns.
 */
export type KeyNaming = (
  events: readonly Pick<ChangeEvent, 'table' | 'op' | 'key' | 'before' | 'after' | 'identity'>[],
) => Promise<(Named | undefined)[]>;

type Events = Parameters<KeyNaming>[0];

/**
 * A naming for the tables of the routes, by their own primary keys: a record's key may be made of other columns
 * (message.key.columns, a transform), or be none at all. Integers, texts and uuids are spelled in one way; other key types
 * have several spellings (`2024-01-01T00:00:00Z`, `2024-01-01 00:00:00+00`), and the source is asked for the canonical one.
 */
export async function keyNaming(source: Database, routes: readonly TopicRoute[]): Promise<KeyNaming> {
  return namingOf(
    source,
    await engineOf(source).compare.readCatalog(source, { tables: routes.map(({ table }) => table) }),
  );
}

/** A naming for tables as the catalog has them. */
export function namingOf(source: Database, catalog: readonly Table[]): KeyNaming {
  const engine = engineOf(source);
  const tables = new Map<TableId, Table>(catalog.map((table) => [tableId(table), table]));
  const plain = (table: Table): boolean =>
    table.columns.every((column) => !table.key.includes(column.name) || engine.compare.hasOneSpelling(column));

  const canonicalKeys = async (table: Table, rows: readonly Row[]): Promise<Key[]> => {
    const canonical = plain(table) ? rows : await engine.compare.canonicalRows(source, table, rows);
    return canonical.map((row) => keyOf(table.key, row));
  };

  return async (events) => {
    const named = events.map((event) => asWritten(event));
    for (const [id, table] of tables) {
      const places = events.flatMap((event, place) => (event.table === id ? [place] : []));
      if (table.key.length === 0) for (const place of places) named[place] = { key: KEYLESS };
      else await nameAll(table, events, places, named, (rows) => canonicalKeys(table, rows));
    }
    return named;
  };
}

/** Names an event by the key that its record has, where nothing is known of its table. */
export function asWritten({ key }: Pick<ChangeEvent, 'key'>): Named {
  return { key: keyOf(Object.keys(key), key) };
}

async function nameAll(
  table: Table,
  events: Events,
  places: readonly number[],
  named: (Named | undefined)[],
  canonicalKeys: (rows: readonly Row[]) => Promise<Key[]>,
): Promise<void> {
  const rows: Row[] = [];
  const found: { readonly place: number; readonly at: number; readonly wasAt?: number }[] = [];
  for (const place of places) {
    const event = events[place];
    if (event === undefined || event.op === 'truncate') continue;
    named[place] = undefined;
    const row = identityOf(table, event);
    if (row === undefined) continue;
    const was = movedFrom(table, event, row);
    const at = rows.push(row) - 1;
    found.push({ place, at, ...(was === undefined ? {} : { wasAt: rows.push(was) - 1 }) });
  }
  const keys = await canonicalKeys(rows);
  for (const { place, at, wasAt } of found) {
    const key = keys[at] as Key;
    const was = wasAt === undefined ? undefined : keys[wasAt];
    const record = events[place]?.key ?? {};
    const names = Object.keys(record);
    const own = names.length === 0 || table.key.every((name) => names.includes(name));
    named[place] = {
      key,
      ...(was === undefined || was === key ? {} : { was }),
      ...(own ? {} : { recordKey: record }),
    };
  }
}

/** The values of the row's primary key: from the row where the event has it, else from the record's key. */
function identityOf(table: Table, { op, before, after, identity, key }: Events[number]): Row | undefined {
  const row = op === 'delete' ? before : after;
  const values: Record<string, Text> = {};
  for (const name of table.key) {
    const value = valueIn(row, name) ?? valueIn(identity, name) ?? key[name];
    if (value === undefined || value === null) return undefined;
    values[name] = value;
  }
  return values;
}

/** The values of the primary key before an update that changed them. */
function movedFrom(table: Table, { op, before }: Events[number], now: Row): Row | undefined {
  if (op !== 'update') return undefined;
  const values: Record<string, Text> = {};
  for (const name of table.key) {
    const value = valueIn(before, name);
    if (value === undefined || value === null) return undefined;
    values[name] = value;
  }
  return table.key.some((name) => values[name] !== now[name]) ? values : undefined;
}

function valueIn(row: EventRow | undefined, name: string): Text | undefined {
  const value = row?.[name];
  return value === UNCHANGED ? undefined : value;
}
