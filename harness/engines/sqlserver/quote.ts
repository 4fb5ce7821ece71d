import type { SqlName } from '#engines/port/dialect.ts';
import type { TableId } from '#model/catalog.ts';

/** The schema of a table that is named without one. */
export const SQLSERVER_SCHEMA = 'dbo';

/** An identifier as SQL names it, whatever characters it holds. In brackets it means the same whatever QUOTED_IDENTIFIER is. */
export function quoteIdent(name: string): string {
  return `[${name.replaceAll(']', ']]')}]`;
}

/** `schema.name` as SQL names it, in the current database. The schema ends at the first dot. */
export function quoteTable(id: TableId): string {
  const { schema, name } = splitTableId(id);
  return `${quoteIdent(schema)}.${quoteIdent(name)}`;
}

export function splitTableId(id: TableId): { readonly schema: string; readonly name: string } {
  const dot = id.indexOf('.');
  return dot < 0 ? { schema: SQLSERVER_SCHEMA, name: id } : { schema: id.slice(0, dot), name: id.slice(dot + 1) };
}

/**
 * A text in SQL, of type nvarchar. Written in hex where a backslash ends a line, which would go on with the next one, and
 * where it holds a control character.
 */
export function quoteLiteral(text: string): string {
  return CONTROL.test(text) ? hexLiteral(text) : `N'${text.replaceAll("'", "''")}'`;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\x00-\x1f\x7f]/;

/** A text in SQL without a character of its own in it: its bytes in UTF-16, as an nvarchar keeps them. */
export function hexLiteral(text: string): string {
  return `CONVERT(nvarchar(max), ${bytesLiteral(Buffer.from(text, 'utf16le'))})`;
}

/** Bytes in SQL, of type varbinary. */
export function bytesLiteral(bytes: Uint8Array): string {
  return `0x${Buffer.from(bytes).toString('hex')}`;
}

/** CONCAT takes so many values, and two at least. */
const CONCAT_MAX = 254;

/** Texts one behind the other, of which NULL adds nothing. `empty` is of the type that the whole has, and of no length. */
export function concatSql(empty: string, texts: readonly string[]): string {
  if (texts.length < CONCAT_MAX) return `CONCAT(${[empty, ...texts].join(', ')})`;
  const parts: string[] = [];
  for (let start = 0; start < texts.length; start += CONCAT_MAX - 1)
    parts.push(concatSql(empty, texts.slice(start, start + CONCAT_MAX - 1)));
  return concatSql(empty, parts);
}

/** The name under which a statement finds its `n`-th parameter, from 1 on. */
export function parameter(n: number): string {
  return `@p${n}`;
}

/** See {@link Dialect.tableOf}: nothing is folded; `database..table` is in the default schema. */
export function tableOf(parts: readonly SqlName[]): TableId {
  const schema = parts.at(-2)?.name ?? '';
  return `${schema === '' ? SQLSERVER_SCHEMA : schema}.${parts.at(-1)?.name ?? ''}`;
}

/** See {@link Dialect.textOf}. */
export const textOf = (expression: string): string => `CONVERT(nvarchar(max), (${expression}))`;

/** See {@link Dialect.latestRows}. */
export function latestRows(id: TableId, key: readonly string[], highest: string): string {
  const ranked = `ROW_NUMBER() OVER (PARTITION BY ${key.map(quoteIdent).join(', ')} ORDER BY (${highest}) DESC)`;
  const rows = `SELECT every_row.*, ${ranked} AS driftlab_rank FROM ${quoteTable(id)} AS every_row`;
  return `(SELECT * FROM (${rows}) AS ranked WHERE driftlab_rank = 1)`;
}
