import { byBytes } from '#engines/canonical-rows.ts';
import { canonicalText } from '#engines/canonical-text.ts';
import type { CatalogFilter, ColumnPair, KeyedRow, ReadPlan, ReadView } from '#engines/port/compare.ts';
import type { Engine } from '#engines/port/engine.ts';
import { type Column, type Table, type TableId, tableId } from '#model/catalog.ts';
import type { ObjectsSink } from '#model/pipeline.ts';
import { type Offsets, type TopicPartition, topicPartition } from '#model/position.ts';
import type { Key, Row, Text } from '#model/values.ts';
import { type LatestRow, latestRows } from './latest-rows.ts';
import { readStoredChanges, type StoredChange, type StoredChanges } from './stored-changes.ts';

/** A sink's objects as a database of the rows that they leave, read at one moment. */
export interface ObjectsView extends ReadView {
  /** All changes that were found, by table. */
  readonly changes: StoredChanges;
  /** How far the listed objects reach in each partition: the offset behind the highest of a change. */
  readonly reach: Offsets;
}

/** Rows of one batch of {@link ReadView.stream}. */
const BATCH_ROWS = 1000;

/**
 * Reads a sink's objects back. There are no ranges and no queries of them: whoever compares reads whole tables or single keys.
 * Throws for an object that cannot be read; `stream` and `byKeys` for a table without a key, whose changes name no row.
 */
export async function openObjectsView(sink: ObjectsSink, source: Engine, signal?: AbortSignal): Promise<ObjectsView> {
  const changes = await readStoredChanges(sink, signal);
  const tables = new Map(sink.tables.map((table) => [tableId(table), table]));
  const latest = new Map<TableId, ReadonlyMap<Key, LatestRow>>();
  const lsnOf = ({ lsn }: StoredChange): bigint | undefined => source.source.parsePosition(lsn);
  const rowsOf = (table: Table): ReadonlyMap<Key, LatestRow> => {
    const id = tableId(table);
    if (table.key.length === 0)
      throw new Error(`${id} has no primary key, and changes do not name the rows that they change`);
    const known = latest.get(id) ?? latestRows(changes.get(id) ?? [], table.key, lsnOf);
    latest.set(id, known);
    return known;
  };
  const keyedRows = (plan: ReadPlan): KeyedRow[] => [...rowsOf(plan.table).values()].map((row) => keyedRow(plan, row));
  return {
    changes,
    reach: reachOf(changes),
    position: 0n,
    readCatalog: async (filter) =>
      [...tables.values()]
        .filter((table) => isWanted(table, filter))
        .map((table) => ({ ...table, columns: columnsOf(table, changes.get(tableId(table)) ?? []) })),
    count: async (table) => (table.key.length === 0 ? 0 : rowsOf(table).size),
    async *stream(plan) {
      const rows = keyedRows(plan).sort(byBytes);
      for (let from = 0; from < rows.length; from += BATCH_ROWS) yield rows.slice(from, from + BATCH_ROWS);
    },
    async byKeys(plan, keys) {
      const wanted = new Set(keys);
      return keyedRows(plan).filter(({ key }) => wanted.has(key));
    },
    select: () => none('queries'),
    everyNthKey: () => none('ranges'),
    digests: () => none('ranges'),
    range: () => none('ranges'),
    fingerprint: () => none('ranges'),
    [Symbol.asyncDispose]: async () => {},
  };
}

async function none(what: string): Promise<never> {
  throw new Error(`there are no ${what} of objects`);
}

function isWanted(table: Table, { schemas, tables }: CatalogFilter = {}): boolean {
  return schemas?.includes(table.schema) !== false && tables?.includes(tableId(table)) !== false;
}

/** Those that the table had at the start, and those that came with a change. */
function columnsOf({ columns }: Table, changes: readonly StoredChange[]): readonly Column[] {
  const names = new Set(columns.map(({ name }) => name));
  const later = new Set(changes.flatMap(({ row }) => Object.keys(row).filter((name) => !names.has(name))));
  const own = [...BOOKKEEPING, ...later].map((name) => ({ name, type: 'text', nullable: true, generated: false }));
  return [...columns, ...own];
}

/** What of a change's own columns says where its row is from. */
const BOOKKEEPING = ['_cdc_op', '_cdc_lsn', '_cdc_captured_at', '_cdc_received'];

function reachOf(changes: StoredChanges): Offsets {
  const reach = new Map<TopicPartition, bigint>();
  for (const all of changes.values())
    for (const { topic, partition, offset } of all) {
      const place = topicPartition(topic, partition);
      if (offset >= (reach.get(place) ?? 0n)) reach.set(place, offset + 1n);
    }
  return reach;
}

/** Objects hold canonical texts; a column that came later may hold them as its event's kind has them. */
function keyedRow({ key, columns, bookkeeping }: ReadPlan, latest: LatestRow): KeyedRow {
  const texts = (pairs: readonly ColumnPair[]): string => JSON.stringify(pairs.map((pair) => textOf(pair, latest.row)));
  return {
    key: texts(key),
    row: texts(columns),
    bookkeeping: JSON.stringify(bookkeeping.map((name) => latest.bookkeeping[name] ?? null)),
  };
}

function textOf({ sink, as }: ColumnPair, row: Row): Text {
  const text = row[sink.name] ?? null;
  return as === undefined ? text : canonicalText(text, as, as);
}
