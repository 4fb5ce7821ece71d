import { readCatalog } from '#engines/postgres/catalog.ts';
import { keepVersions } from '#engines/postgres/versions.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { entryOf, keepsAll } from './pair.ts';
import type { ReadFile } from './read-file.ts';
import type { PipelineFile } from './schema.ts';

type Mapping = PipelineFile['mapping'];

const UNKNOWN = 'mapping-unknown';

/** What a mapping takes out of the comparison, by its own words. */
export function mappedAway(mapping: Mapping): string[] {
  return Object.entries(mapping ?? {}).flatMap(([table, entry]) => {
    if (entry === false) return [`${table} is not compared: mapping.${table} is false`];
    const excluded = typeof entry === 'string' ? [] : (entry.exclude ?? []);
    return excluded.map((column) => `${table}.${column} is not compared: mapping.${table}.exclude names it`);
  });
}

/**
 * Holds a mapping against the tables of the source. Throws an OperatorError (`mapping-unknown`) for a table or column that
 * is not there, with line and nearest name. Returns what of the tables cannot be checked, in words.
 */
export async function checkMapping(database: Database, mapping: Mapping, at: ReadFile['at']): Promise<string[]> {
  const tables = await readCatalog(database);
  if (tables.length === 0)
    throw new OperatorError({
      code: 'no-tables',
      message: `${at(['source', 'schema'])}: these files create no table`,
      expected: 'at least one table',
    });
  for (const [name, entry] of Object.entries(mapping ?? {})) {
    const table = tableNamed(tables, name, at(['mapping', name]));
    if (typeof entry === 'object') checkColumns(table, entry, (part) => at(['mapping', name, ...part]));
  }
  return tables.flatMap((table) => uncheckable(table, mapping));
}

/** The full name of a table that somebody has named. Throws an OperatorError (`unknown-table`) where there is none. */
export async function checkTable(database: Database, name: string, at: string): Promise<TableId> {
  return tableId(tableNamed(await readCatalog(database), name, at, 'unknown-table'));
}

function tableNamed(tables: readonly Table[], name: string, at: string, code = UNKNOWN): Table {
  const found = tables.find((one) => tableId(one) === name || (one.schema === 'public' && one.name === name));
  if (found !== undefined) return found;
  const ids = tables.flatMap((table) => (table.schema === 'public' ? [table.name, tableId(table)] : [tableId(table)]));
  throw unknown(`the source has no table ${name}`, name, ids, at, code);
}

/** Has the source note the versions of those tables of which the sink keeps all. */
export async function noteVersions(database: Database, mapping: Mapping): Promise<void> {
  const tables = await readCatalog(database);
  await keepVersions(
    database,
    tables.filter((table) => {
      const entry = entryOf(mapping, tableId(table));
      return entry !== false && keepsAll(entry);
    }),
  );
}

function checkColumns(
  table: Table,
  entry: Exclude<NonNullable<Mapping>[string], string | false>,
  at: (part: readonly (string | number)[]) => string,
): void {
  const names = table.columns.map(({ name }) => name);
  const known = (column: string, part: readonly (string | number)[]): void => {
    if (!names.includes(column)) throw unknown(`${tableId(table)} has no column ${column}`, column, names, at(part));
  };
  for (const column of Object.keys(entry.rename ?? {})) known(column, ['rename', column]);
  for (const column of Object.keys(entry.transform ?? {})) known(column, ['transform', column]);
  for (const [index, column] of (entry.exclude ?? []).entries()) known(column, ['exclude', index]);
}

function unknown(message: string, word: string, names: readonly string[], at: string, code = UNKNOWN): OperatorError {
  const meant = nearest(word, names);
  return new OperatorError({
    code,
    message: `${at}: ${message}`,
    expected: `one of ${names.join(', ')}`,
    found: word,
    ...(meant.length === 0 ? {} : { hint: `did you mean ${meant.join(' or ')}?` }),
  });
}

/** What of a table cannot be checked, whatever the mapping says. */
function uncheckable(table: Table, mapping: Mapping): string[] {
  const id = tableId(table);
  const entry = entryOf(mapping, id);
  const versions = entry !== false && keepsAll(entry);
  const computed = table.columns.filter(({ generated }) => generated).map(({ name }) => name);
  if (entry === false) return [];
  return [
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
