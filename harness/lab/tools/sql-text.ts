import { visible } from '#std/visible.ts';

/** One statement's answer, every value as text. */
export interface Answer {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
  /** `SELECT 3`, `UPDATE 1`, `CREATE TABLE`. */
  readonly tag: string;
}

/** An answer as psql shows it: a table, or with `expanded` one block a row. NULL is told from the empty text. */
export function answerLines({ columns: names, rows, tag }: Answer, expanded: boolean): string[] {
  if (names.length === 0) return [tag];
  const columns = names.map(visible);
  const cells = rows.map((row) => row.map((value) => (value === null ? 'NULL' : visible(value.replaceAll('\n', '↵')))));
  const closing = `(${rows.length} ${rows.length === 1 ? 'row' : 'rows'})`;
  if (expanded) {
    const wide = Math.max(...columns.map((column) => column.length));
    return [
      ...cells.flatMap((row, at) => [
        `-[ ${at + 1} ]${'-'.repeat(wide)}`,
        ...row.map((value, index) => `${(columns[index] ?? '').padEnd(wide)} | ${value}`),
      ]),
      closing,
    ];
  }
  const widths = columns.map((column, at) => Math.max(column.length, ...cells.map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    ` ${row.map((value, at) => value.padEnd(widths[at] ?? 0)).join(' | ')}`.trimEnd();
  return [line(columns), widths.map((width) => '-'.repeat(width + 2)).join('+'), ...cells.map(line), closing];
}

/**
 * Whether a text holds a whole statement: it ends with a semicolon that stands in no quotes, comment or dollar-quoted
 * body.
 */
export function isWhole(text: string): boolean {
  let at = 0;
  let ended = false;
  while (at < text.length) {
    const rest = text.slice(at);
    const skipped = OPAQUE.exec(rest)?.[0];
    if (skipped !== undefined) {
      // What opens and is never closed takes the rest: there is more to come.
      if (!CLOSED.test(skipped)) return false;
      if (!/^(--|\/\*)/.test(skipped)) ended = false;
      at += skipped.length;
      continue;
    }
    const char = text[at] ?? '';
    if (char === ';') ended = true;
    else if (!/\s/.test(char)) ended = false;
    at++;
  }
  return ended;
}

/** Quoted texts and names, comments, dollar-quoted bodies; to the end of the text where they are not closed. */
const OPAQUE =
  /^(?:'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|--[^\n]*(?:\n|$)|\/\*[\s\S]*?(?:\*\/|$)|(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?(?:\1|$))/;
const CLOSED = /^(?:'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*\n?|\/\*[\s\S]*?\*\/|(\$(?:[A-Za-z_]\w*)?\$)[\s\S]*?\1)$/;

const TABLES = `SELECT n.nspname AS schema, c.relname AS name, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END AS type,
  CASE WHEN c.reltuples < 0 THEN '?' ELSE c.reltuples::bigint::text END AS rows_estimated
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2`;

const COLUMNS = `SELECT a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type,
  CASE WHEN a.attnotnull THEN 'not null' ELSE '' END AS nullable, coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS default,
  CASE WHEN a.attnum = ANY (i.indkey) THEN 'key' ELSE '' END AS key
FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

/** What a line that begins with a backslash asks for. */
export type Meta =
  | { readonly kind: 'query'; readonly sql: string; readonly params: readonly string[] }
  | { readonly kind: 'expanded' }
  | { readonly kind: 'quit' }
  | { readonly kind: 'help' };

export const META_HELP = String.raw`\dt tables   \d NAME its columns   \x one block a row   \q ends   statements end with ;`;

export function metaOf(line: string): Meta {
  const [word, name] = line.trim().replace(/;$/, '').split(/\s+/);
  switch (word) {
    case '\\q':
      return { kind: 'quit' };
    case '\\x':
      return { kind: 'expanded' };
    case '\\dt':
      return { kind: 'query', sql: TABLES, params: [] };
    case '\\d':
      return name === undefined
        ? { kind: 'query', sql: TABLES, params: [] }
        : { kind: 'query', sql: COLUMNS, params: [name] };
    default:
      return { kind: 'help' };
  }
}
