import type { Kind } from '#model/kind.ts';
import type { Text } from '#model/values.ts';
import type { ObjectColumn } from './object-column.ts';

/** How a value of a kind stands in JSON: `literal` as a number or a truth, where it is one that JSON can write. */
const LITERAL: ReadonlySet<Kind['kind']> = new Set(['integer', 'year', 'float', 'boolean']);

/** What JSON takes as a number or a truth; it has no infinity and no NaN. */
const JSON_LITERAL = /^(-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?|true|false)$/;

/** A value, given by its canonical text, in JSON. What JSON would round or has no word for is a string. */
function jsonValue(text: Text, kind: Kind): string {
  if (text === null) return 'null';
  return LITERAL.has(kind.kind) && JSON_LITERAL.test(text) ? text : JSON.stringify(text);
}

/** Makes a row, given by its columns' canonical texts, one line of JSON without its end. */
export function jsonLineOf(
  columns: readonly Pick<ObjectColumn, 'name' | 'kind'>[],
): (texts: readonly Text[]) => string {
  const names = columns.map(({ name }) => JSON.stringify(name));
  return (texts) =>
    `{${columns.map(({ kind }, at) => `${names[at]}:${jsonValue(texts[at] ?? null, kind)}`).join(',')}}`;
}

/** The canonical texts of a line that {@link jsonLineOf} made, by column. Throws a SyntaxError for a line that is no JSON. */
export function textsOfLine(line: string): Record<string, Text> {
  // A number that JavaScript would round keeps the digits that the line has.
  const keepDigits = (_: string, value: unknown, { source }: { source?: string } = {}): unknown =>
    typeof value === 'number' || typeof value === 'boolean' ? source : value;
  return JSON.parse(line, keepDigits as (key: string, value: unknown) => unknown) as Record<string, Text>;
}
