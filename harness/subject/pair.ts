import { between } from '#engines/between.ts';
import { type Column, type Table, type TableId, tableId } from '#model/catalog.ts';
import type { PairTables } from '#model/pipeline.ts';
import { type Ends, sinkTable } from './ends.ts';
import type { PipelineFile, TableEntry } from './schema.ts';

export type Mapping = PipelineFile['mapping'];

/** The mapping's entry for a table, in its long form; false where it is not to be compared. */
export function entryOf(mapping: Mapping, table: TableId): TableEntry | false {
  const entry = mapping?.[table];
  if (entry === undefined) return {};
  return typeof entry === 'string' ? { table: entry } : entry;
}

/** The sink's table that a source table's rows are in, by its name: each rule counts where exactly one table fits it. */
export function findSinkTable(ends: Ends, source: Table, sink: ReadonlyMap<TableId, Table>): Table | undefined {
  const same =
    sink.get(between(ends.source, ends.sink).sinkId(tableId(source))) ?? sink.get(sinkTable(ends, source.name));
  if (same !== undefined) return same;
  const all = [...sink.values()];
  const known = ends.source.source.own.named(source, ends.database ?? source.schema);
  const folded = `${known.schema}_${known.name}`.toLowerCase();
  const rules: ((table: Table) => boolean)[] = [
    ({ name }) => name === source.name,
    ({ name }) => name.toLowerCase() === source.name.toLowerCase(),
    // What sink connectors make of a topic's name.
    ({ name }) => name.toLowerCase() === folded || name.toLowerCase().endsWith(`_${folded}`),
  ];
  for (const rule of rules) {
    const found = all.filter(rule);
    if (found.length === 1) return found[0];
  }
  return undefined;
}

/**
 * Pairs tables as a mapping says, and by their names where it says nothing. Columns that the database computes are left
 * out: the log of PostgreSQL does not carry them, and a sink's own may differ.
 */
export function pairTables(ends: Ends, mapping: Mapping): PairTables {
  return (source, sinks) => {
    const entry = entryOf(mapping, tableId(source));
    if (entry === false) return undefined;
    const found =
      entry.table === undefined ? findSinkTable(ends, source, sinks) : sinks.get(sinkTable(ends, entry.table));
    const columns = sourceColumns(source, entry);
    const exact = entry.exact === true ? { exact: true } : {};
    const ours: Table = { ...(keepsAll(entry) ? ends.source.source.versionsOf(source) : source), columns };
    if (found === undefined) return { source: ours };
    return { source: ours, sink: sinkSide(ends, source, found, entry), ...exact };
  };
}

const OF_ANY_SINK: ReadonlySet<string> = new Set(['exclude', 'extra', 'exact']);

/** What of a mapping holds for sinks that the lab fills itself: what is not compared, and how numbers are. All else is said of somebody's own sinks. */
export function leavingOut(mapping: Mapping): Mapping {
  return Object.fromEntries(
    Object.entries(mapping ?? {}).flatMap(([table, entry]): [string, false | TableEntry][] => {
      if (entry === false) return [[table, false]];
      if (typeof entry !== 'object') return [];
      const kept = Object.entries(entry).filter(([property]) => OF_ANY_SINK.has(property));
      return kept.length === 0 ? [] : [[table, Object.fromEntries(kept)]];
    }),
  );
}

/** Leaves out tables whose rows nothing names: of what comes twice nobody can tell there whether it is a new row. */
export function naming(pair: PairTables): PairTables {
  return (source, sinks) => (namesRows(source) ? pair(source, sinks) : undefined);
}

/** Whether a key tells a table's rows apart: its primary key, or a unique index that Debezium takes for one. */
export function namesRows({ key, unique }: Table): boolean {
  return key.length > 0 || unique?.namesRows === true;
}

/** Whether the sink has a row for each version of a source row. */
export function keepsAll({ history }: TableEntry): boolean {
  return history?.versions === 'all';
}

/** Whether that is so of any table. */
export function notesVersions(mapping: Mapping): boolean {
  return Object.values(mapping ?? {}).some((entry) => typeof entry === 'object' && keepsAll(entry));
}

function sourceColumns(source: Table, entry: TableEntry): Column[] {
  return source.columns
    .filter(({ name, generated }) => !generated && entry.exclude?.includes(name) !== true)
    .map((column) => {
      const expression = entry.transform?.[column.name];
      return expression === undefined ? column : { ...column, expression };
    });
}

/** The sink's table with its columns under the source's names, and only the rows that count. */
function sinkSide(ends: Ends, source: Table, sink: Table, entry: TableEntry): Table {
  const renamed = entry.rename ?? {};
  const back = new Map(Object.entries(renamed).map(([ours, theirs]) => [theirs, ours]));
  // By the source's names: what the sink calls them is the mapping's to say.
  const left = new Set([
    ...(entry.exclude ?? []),
    ...source.columns.filter(({ generated }) => generated).map(({ name }) => name),
  ]);
  const columns = sink.columns
    .filter(({ name }) => entry.extra?.includes(name) !== true)
    .flatMap((column): Column[] => {
      const ours = back.get(column.name);
      // A column of the name that the mapping has given away is the sink's own, whatever the source has of that name.
      if (ours === undefined && Object.hasOwn(renamed, column.name))
        return [{ ...column, name: `${tableId(sink)}.${column.name}` }];
      if (left.has(ours ?? column.name)) return [];
      return [
        ours === undefined
          ? column
          : { ...column, name: ours, expression: `t.${ends.sink.dialect.quote(column.name)}` },
      ];
    });
  const from = rowsThatCount(ends, source, sink, entry);
  return { ...sink, columns, ...(from === undefined ? {} : { from }) };
}

/** What is read in a sink table's place, as SQL of a row source; undefined where every row of it counts. */
export function rowsThatCount(
  { sink: { dialect } }: Ends,
  { key }: Table,
  sink: Table,
  { deleted, history, rename }: TableEntry,
): string | undefined {
  if (deleted === undefined && history?.latest === undefined) return undefined;
  const latest =
    history?.latest === undefined || key.length === 0
      ? dialect.quoteTable(tableId(sink))
      : `${dialect.latestRows(
          tableId(sink),
          key.map((name) => rename?.[name] ?? name),
          history.latest,
        )} AS latest`;
  if (deleted === undefined) return `(SELECT * FROM ${latest})`;
  // Every engine has this way of saying it: where it is not known, the row counts.
  return `(SELECT * FROM ${latest} WHERE CASE WHEN (${deleted}) THEN 0 ELSE 1 END = 1)`;
}
