import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { CheckSink, Database } from '#model/pipeline.ts';
import { type Ends, type PlannedFile, sinkTable } from './ends.ts';
import type { PlacedEntry } from './mapping.ts';
import { tryMappedSql, unknownName } from './mapping-errors.ts';
import { findSinkTable, rowsThatCount } from './pair.ts';
import type { TableEntry } from './schema.ts';

/**
 * Holds what a mapping says of the sink against the sink's tables as they were made: tables, columns, SQL. Throws an
 * OperatorError with the line of the mapping and the nearest name, or the database's words.
 */
export function checkSinkOf(
  { ends, at }: Pick<PlannedFile, 'ends' | 'at'>,
  entries: readonly PlacedEntry[],
): CheckSink {
  return async (database, sources, sinks) => {
    const tables = new Map(sinks.map((table) => [tableId(table), table]));
    for (const { table: id, entry: given, place: where } of entries) {
      if (given === false) continue;
      const entry = typeof given === 'string' ? { table: given } : given;
      const place = (...part: readonly (string | number)[]): string => at([...where, ...part]);
      const source = sources.find((table) => tableId(table) === id);
      const sink = tableAt(ends, { entry, source, tables, at: place() });
      if (sink === undefined) continue;
      checkColumns(entry, sink, place);
      if (source !== undefined) await checkRows(ends, database, { entry, source, sink, place });
    }
  };
}

/** The table that an entry names, or that is found by its name; undefined where none is, which is what is compared then. */
function tableAt(
  ends: Ends,
  {
    entry,
    source,
    tables,
    at,
  }: {
    readonly entry: TableEntry;
    readonly source: Table | undefined;
    readonly tables: ReadonlyMap<TableId, Table>;
    readonly at: string;
  },
): Table | undefined {
  if (entry.table === undefined) return source === undefined ? undefined : findSinkTable(ends, source, tables);
  const id = sinkTable(ends, entry.table);
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

async function checkRows(
  ends: Ends,
  database: Pick<Database, 'engine' | 'query'>,
  { entry, source, sink, place }: Rows,
): Promise<void> {
  const { history, deleted, ...rest } = entry;
  const ask = (from: TableEntry, sql: string, at: string): Promise<void> =>
    tryMappedSql(database, `SELECT * FROM ${rowsThatCount(ends, source, sink, from)} AS t`, {
      sql,
      rows: tableId(sink),
      at,
    });
  if (history?.latest !== undefined)
    await ask({ ...rest, history: { latest: history.latest } }, history.latest, place('history', 'latest'));
  if (deleted !== undefined) await ask(entry, deleted, place('deleted'));
}
