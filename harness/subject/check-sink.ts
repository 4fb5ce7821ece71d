import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { CheckSink, Database } from '#model/pipeline.ts';
import type { PlacedEntry } from './mapping.ts';
import { tryMappedSql, unknownName } from './mapping-errors.ts';
import { findSinkTable, rowsThatCount, withSchema } from './pair.ts';
import type { ReadFile } from './read-file.ts';
import type { TableEntry } from './schema.ts';

/**
 * Holds what a mapping says of the sink against the sink's tables as they were made: tables, columns, SQL. Throws an
 * OperatorError with the line of the mapping and the nearest name, or PostgreSQL's words.
 */
export function checkSinkOf(entries: readonly PlacedEntry[], at: ReadFile['at']): CheckSink {
  return async (database, sources, sinks) => {
    const tables = new Map(sinks.map((table) => [tableId(table), table]));
    for (const { table: id, entry: given, place: where } of entries) {
      if (given === false) continue;
      const entry = typeof given === 'string' ? { table: given } : given;
      const place = (...part: readonly (string | number)[]): string => at([...where, ...part]);
      const source = sources.find((table) => tableId(table) === id);
      const sink = sinkTable(entry, source, tables, place());
      if (sink === undefined) continue;
      checkColumns(entry, sink, place);
      if (source !== undefined) await checkRows(database, { entry, source, sink, place });
    }
  };
}

/** The table that an entry names, or that is found by its name; undefined where none is, which is what is compared then. */
function sinkTable(
  entry: TableEntry,
  source: Table | undefined,
  tables: ReadonlyMap<TableId, Table>,
  at: string,
): Table | undefined {
  if (entry.table === undefined) return source === undefined ? undefined : findSinkTable(source, tables);
  const id = withSchema(entry.table);
  const found = tables.get(id);
  if (found === undefined) throw unknownName(`the sink has no table ${id}`, id, [...tables.keys()], at);
  return found;
}

type PlaceOf = (...part: readonly (string | number)[]) => string;

function checkColumns({ rename = {}, extra = [] }: TableEntry, sink: Table, place: PlaceOf): void {
  const names = sink.columns.map(({ name }) => name);
  const known = (column: string, at: string): void => {
    if (!names.includes(column))
      throw unknownName(`the sink's ${tableId(sink)} has no column ${column}`, column, names, at);
  };
  for (const [ours, theirs] of Object.entries(rename)) known(theirs, place('rename', ours));
  for (const [index, column] of extra.entries()) known(column, place('extra', index));
}

interface Rows {
  readonly entry: TableEntry;
  readonly source: Table;
  readonly sink: Table;
  readonly place: PlaceOf;
}

async function checkRows(database: Pick<Database, 'query'>, { entry, source, sink, place }: Rows): Promise<void> {
  const { history, deleted, ...rest } = entry;
  const ask = (from: TableEntry, sql: string, at: string): Promise<void> =>
    tryMappedSql(database, `SELECT * FROM ${rowsThatCount(source, sink, from)} AS t`, { sql, rows: tableId(sink), at });
  if (history?.latest !== undefined)
    await ask({ ...rest, history: { latest: history.latest } }, history.latest, place('history', 'latest'));
  if (deleted !== undefined) await ask(entry, deleted, place('deleted'));
}
