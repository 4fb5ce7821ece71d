import type { Text } from '#model/values.ts';
import { visible } from '#std/visible.ts';

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)];
}

export function fence(content: string): string {
  return `\`\`\`sh\n${content}\n\`\`\``;
}

export function value(content: Text | undefined): string {
  if (content === undefined) return '_no such column_';
  if (content === null) return '_NULL_';
  return content === '' ? '_empty_' : code(content);
}

/** Long values are cut: the whole of them is in report.json. */
const VALUE_MAX = 120;

/**
 * Foreign text in a code span. Text that would end the span, or a table's cell, is written as HTML instead, since a span
 * knows no escapes but the table around it does.
 */
export function code(content: string): string {
  const short = content.length > VALUE_MAX ? `${content.slice(0, VALUE_MAX)}…` : content;
  const line = visible(short.replace(/\s*[\r\n]+\s*/g, ' '));
  return /[`|]/.test(line) ? `<code>${text(line)}</code>` : `\`${line}\``;
}

/** Foreign text: nothing in it is Markdown or HTML, and it stays on one line. */
export function text(content: string): string {
  return visible(content.replace(/[\r\n]+/g, ' ')).replace(
    /[\\`*_[\]#|~<>&]/g,
    (sign) => ENTITIES[sign] ?? `\\${sign}`,
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  // A backslash is not enough for these inside HTML, or at the end of a table's cell.
  '`': '&#96;',
  '|': '&#124;',
  '\\': '&#92;',
};
