import type { SqlName } from '#engines/port/dialect.ts';
import type { TableId } from '#model/catalog.ts';

/** The schema that every table of this engine is in: a database has no schemas, and runs copy it under other names. */
export const MARIADB_SCHEMA = 'db';

/** An identifier as SQL names it, whatever characters it holds. */
export function quoteIdent(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** The name of a table in the current database; one of another schema is taken for another database's. */
export function quoteTable(id: TableId): string {
  const dot = id.indexOf('.');
  const schema = dot === -1 ? MARIADB_SCHEMA : id.slice(0, dot);
  const name = quoteIdent(id.slice(dot + 1));
  return schema === MARIADB_SCHEMA ? name : `${quoteIdent(schema)}.${name}`;
}

/** A text in SQL. Written in hex where it has a backslash: what that means depends on the session's `sql_mode`. */
export function quoteLiteral(text: string): string {
  return text.includes('\\') ? hexLiteral(text) : `'${text.replaceAll("'", "''")}'`;
}

/** A text in SQL without a character of its own in it, so that nothing in it can be taken for SQL. */
export function hexLiteral(text: string): string {
  return `_utf8mb4 x'${Buffer.from(text).toString('hex')}'`;
}

/** A value as the server is to bind it. Texts keep their bytes; objects are bound as their JSON. */
export function boundValue(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'NULL';
    case 'string':
      return hexLiteral(value);
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`MariaDB has no number ${value}`);
      return String(value);
    default:
      if (value === null) return 'NULL';
      if (value instanceof Uint8Array) return `x'${Buffer.from(value).toString('hex')}'`;
      return hexLiteral(JSON.stringify(value));
  }
}

/** See {@link Dialect.tableOf}: nothing is folded, and what stands before the table's name is its database. */
export function tableOf(parts: readonly SqlName[]): TableId {
  return `${MARIADB_SCHEMA}.${parts.at(-1)?.name ?? ''}`;
}

/** See {@link Dialect.textOf}. */
export const textOf = (expression: string): string => `CAST((${expression}) AS CHAR)`;

/** See {@link Dialect.latestRows}. */
export function latestRows(id: TableId, key: readonly string[], highest: string): string {
  const ranked = `ROW_NUMBER() OVER (PARTITION BY ${key.map(quoteIdent).join(', ')} ORDER BY (${highest}) DESC)`;
  const rows = `SELECT every_row.*, ${ranked} AS driftlab_rank FROM ${quoteTable(id)} AS every_row`;
  return `(SELECT * FROM (${rows}) AS ranked WHERE driftlab_rank = 1)`;
}
