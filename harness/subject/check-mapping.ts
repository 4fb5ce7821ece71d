import { engineOf } from '#engines/index.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { OperatorError } from '#std/errors.ts';
import { mappingOf, type PlacedEntry } from './mapping.ts';
import { tryMappedSql, unknownName } from './mapping-errors.ts';
import { entryOf, keepsAll, type Mapping, namesRows } from './pair.ts';
import type { ReadFile } from './read-file.ts';
import type { TableEntry } from './schema.ts';

/** What a mapping takes out of the comparison, by its own words. */
export function mappedAway(entries: readonly PlacedEntry[]): string[] {
  return entries.flatMap(({ name, entry }) => {
    if (entry === false) return [`${name} is not compared: mapping.${name} is false`];
    const excluded = typeof entry === 'string' ? [] : (entry.exclude ?? []);
    return excluded.map((column) => `${name}.${column} is not compared: mapping.${name}.exclude names it`);
  });
}

/**
 * Holds a mapping against the tables of the source. Throws an OperatorError with the line for a table or column that is not
 * there (`mapping-unknown`, with the nearest name), a table that is mapped twice (`mapping-twice`), a key that is left out or
 * lacking (`mapping-key`), and SQL that the database refuses
 * (`mapping-sql`). Returns what of the tables cannot be checked, in words; `all` are the entries that hold, where others
 * than those to be checked do.
 */
export async function checkMapping(
  database: Pick<Database, 'engine' | 'query'>,
  entries: readonly PlacedEntry[],
  at: ReadFile['at'],
  all: readonly PlacedEntry[] = entries,
): Promise<string[]> {
  const tables = await engineOf(database).compare.readCatalog(database);
  if (tables.length === 0)
    throw new OperatorError({
      code: 'no-tables',
      message: `${at(['source', 'schema'])}: these files create no table`,
      expected: 'at least one table',
    });
  const mapped = entries.map(({ name, table: id, entry, place }): Mapped => {
    const table = tableNamed(database, tables, { name, id, at: at(place) });
    return { table, entry, place: (...part) => at([...place, ...part]) };
  });
  checkTables(mapped);
  for (const { table, entry, place } of mapped) {
    if (typeof entry !== 'object') continue;
    checkColumns(table, entry, place);
    await checkTransforms(database, table, entry, place);
  }
  const mapping = mappingOf(all);
  return tables.flatMap((table) => uncheckable(table, mapping));
}

/** The full name of a table that somebody has named. Throws an OperatorError (`unknown-table`) where there is none. */
export async function checkTable(database: Database, wanted: Omit<Named, 'code'>): Promise<TableId> {
  const tables = await engineOf(database).compare.readCatalog(database);
  return tableId(tableNamed(database, tables, { ...wanted, code: 'unknown-table' }));
}

/** A table as somebody has named it, the full name that is meant by it, and where it is named. */
interface Named {
  readonly name: string;
  readonly id: TableId;
  readonly at: string;
  readonly code?: string;
}

function tableNamed(
  database: Pick<Database, 'engine'>,
  tables: readonly Table[],
  { name, id, at, code }: Named,
): Table {
  const found = tables.find((one) => tableId(one) === id);
  if (found !== undefined) return found;
  const { defaultSchema } = engineOf(database).dialect;
  const ids = tables.flatMap((table) =>
    table.schema === defaultSchema ? [table.name, tableId(table)] : [tableId(table)],
  );
  throw unknownName(`the source has no table ${name}`, name, ids, at, code);
}

/** Has the source note the versions of those tables of which the sink keeps all. */
export async function noteVersions(database: Database, mappings: readonly Mapping[]): Promise<void> {
  const tables = await engineOf(database).compare.readCatalog(database);
  await engineOf(database).source.keepVersions(
    database,
    tables.filter((table) =>
      mappings.some((mapping) => {
        const entry = entryOf(mapping, tableId(table));
        return entry !== false && keepsAll(entry);
      }),
    ),
  );
}

type PlaceOf = (...part: readonly (string | number)[]) => string;

/** An entry of the mapping, the source's table that it is of, and where its parts stand. */
interface Mapped {
  readonly table: Table;
  readonly entry: NonNullable<Mapping>[string];
  readonly place: PlaceOf;
}

/** Each table has one entry. */
function checkTables(mapped: readonly Mapped[]): void {
  const seen = new Set<TableId>();
  for (const { table, place } of mapped) {
    const id = tableId(table);
    if (seen.has(id))
      throw new OperatorError({
        code: 'mapping-twice',
        message: `${place()}: ${id} is mapped twice`,
        expected: 'one entry for each table',
        found: `${id} and ${table.name}`,
        hint: `a table of the schema ${table.schema} can be named with it or without: take one of the two out`,
      });
    seen.add(id);
  }
}

function checkColumns(table: Table, entry: TableEntry, place: PlaceOf): void {
  const names = table.columns.map(({ name }) => name);
  const known = (column: string, at: string): void => {
    if (!names.includes(column)) throw unknownName(`${tableId(table)} has no column ${column}`, column, names, at);
  };
  for (const column of Object.keys(entry.rename ?? {})) known(column, place('rename', column));
  for (const column of Object.keys(entry.transform ?? {})) known(column, place('transform', column));
  for (const [index, column] of (entry.exclude ?? []).entries()) {
    known(column, place('exclude', index));
    if (table.key.includes(column)) throw excludedKey(table, column, place('exclude', index));
  }
  if (entry.history?.latest !== undefined && table.key.length === 0)
    throw new OperatorError({
      code: 'mapping-key',
      message: `${place('history', 'latest')}: ${tableId(table)} has no primary key, and of each key the latest row would count`,
      expected: 'a table with a primary key',
      found: `history.latest: ${entry.history.latest}`,
      hint: 'history: { versions: all } compares whole rows',
    });
}

function excludedKey(table: Table, column: string, at: string): OperatorError {
  return new OperatorError({
    code: 'mapping-key',
    message: `${at}: ${tableId(table)}.${column} is part of the primary key, by which rows are told apart`,
    expected: `columns outside the key (${table.key.join(', ')})`,
    found: column,
    hint: `take it out of exclude; name it under rename where the sink calls it otherwise, or leave the table out: ${tableId(table)}: false`,
  });
}

/** As the comparison reads them: each beside the table's own columns, as text. */
async function checkTransforms(
  database: Pick<Database, 'engine' | 'query'>,
  table: Table,
  { transform = {} }: TableEntry,
  place: PlaceOf,
): Promise<void> {
  const { quoteTable, textOf } = engineOf(database).dialect;
  const relation = quoteTable(tableId(table));
  for (const [column, sql] of Object.entries(transform))
    await tryMappedSql(database, `SELECT t.*, ${textOf(sql)} FROM ${relation} AS t`, {
      ...{ sql, rows: tableId(table), at: place('transform', column) },
    });
}

/** Why the control is not judged by tables, in words. */
export async function uncontrolled(database: Pick<Database, 'engine' | 'query'>, mapping: Mapping): Promise<string[]> {
  const tables = (await engineOf(database).compare.readCatalog(database)).filter(
    (table) => entryOf(mapping, tableId(table)) !== false,
  );
  return tables.flatMap((table) => {
    if (namesRows(table)) return [];
    const why =
      table.unique === undefined
        ? 'it has no key'
        : `${table.unique.columns.join(', ')}, the unique index by which Debezium keys its events, may hold the same values twice (NULL, or a partial index)`;
    return [
      `${tableId(table)} is not judged for the control: ${why}, so what comes again after a restart cannot be told from a new row`,
    ];
  });
}

/** What of a table cannot be checked, whatever the mapping says. */
function uncheckable(table: Table, mapping: Mapping): string[] {
  const id = tableId(table);
  const entry = entryOf(mapping, id);
  const versions = entry !== false && keepsAll(entry);
  const computed = table.columns.filter(({ generated }) => generated).map(({ name }) => name);
  if (entry === false) return [];
  const keys = versions ? [] : computed.filter((name) => table.key.includes(name));
  return [
    ...(keys.length > 0
      ? [
          `${id} cannot be judged: the database computes ${keys.join(', ')} of its primary key, and its log does not carry that; leave the table out with mapping.${id}: false`,
        ]
      : []),
    ...(versions
      ? [`${id} is compared version by version at the end of each fault; while writers write it is not checked`]
      : []),
    ...(table.key.length === 0 && !versions
      ? [
          `${id} has no primary key: its rows are compared as whole rows at the end of each fault, counted and not by key; while writers write they are not checked, and the built-in writer only inserts`,
        ]
      : []),
    ...computed.map((name) => `${id}.${name} is not compared: the database computes it, and its log does not carry it`),
  ];
}
