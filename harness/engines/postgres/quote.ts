import type { SqlName } from '#engines/port/dialect.ts';
import type { TableId } from '#model/catalog.ts';

/** An identifier as SQL names it, whatever is in it. */
export function quoteIdent(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A literal that means the same whatever standard_conforming_strings says. */
export function quoteLiteral(text: string): string {
  const doubled = text.replaceAll("'", "''");
  return text.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`;
}

/** `schema.name` as SQL names it. The schema ends at the first dot: PostgreSQL's own schemas of that shape are rare. */
export function quoteTable(id: TableId): string {
  const { schema, name } = splitTableId(id);
  return `${quoteIdent(schema)}.${quoteIdent(name)}`;
}

export function splitTableId(id: TableId): { readonly schema: string; readonly name: string } {
  const dot = id.indexOf('.');
  return dot < 0 ? { schema: 'public', name: id } : { schema: id.slice(0, dot), name: id.slice(dot + 1) };
}

/** See {@link Dialect.tableOf}: names without quotes are folded to lower case. */
export function tableOf(parts: readonly SqlName[]): TableId {
  const [name = '', schema = 'public'] = parts
    .map((part) => (part.quoted ? part.name : part.name.toLowerCase()))
    .reverse();
  return `${schema}.${name}`;
}

/** See {@link Dialect.textOf}. */
export const textOf = (expression: string): string => `(${expression})::text`;

/** See {@link Dialect.latestRows}. */
export function latestRows(id: TableId, key: readonly string[], highest: string): string {
  const names = key.map(quoteIdent).join(', ');
  return `(SELECT DISTINCT ON (${names}) * FROM ${quoteTable(id)} ORDER BY ${names}, (${highest}) DESC)`;
}
