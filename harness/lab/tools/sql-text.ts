import type { Answer } from '#engines/port/server.ts';
import { visible } from '#std/visible.ts';

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

/** What a line that begins with a backslash asks for. */
export type Meta =
  /** The tables, or the columns of one. */
  | { readonly kind: 'describe'; readonly table?: string }
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
      return { kind: 'describe' };
    case '\\d':
      return name === undefined ? { kind: 'describe' } : { kind: 'describe', table: name };
    default:
      return { kind: 'help' };
  }
}
