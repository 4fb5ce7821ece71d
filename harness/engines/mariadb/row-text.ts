import { own } from '#engines/canonical-rows.ts';
import type { ColumnPair, ReadPlan } from '#engines/port/compare.ts';
import type { Column } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import { kindOf } from './kinds.ts';
import { asOf, ownValue, valueSql } from './plan-sql.ts';

/**
 * SQL of the hash of a row's text, as `row-digest.ts` has it; undefined where the server cannot write one of its columns
 * exactly as this program reads it, so that the rows themselves must be read. Both sides decide alike.
 */
export function planHashSql(plan: ReadPlan): string | undefined {
  const texts = plan.columns.map((pair) => textSql(plan, pair));
  if (texts.includes(undefined)) return undefined;
  const parts = texts.map((text) => `COALESCE(CONCAT('"', ${text}, '"'), 'null')`);
  return textHashSql(`CONCAT('[', ${parts.join(", ',', ")}, ']')`);
}

/** A 64-bit number with a sign: the first 8 bytes of the SHA-256 of a text's bytes. */
export function textHashSql(text: string): string {
  return `CAST(CONV(LEFT(SHA2(${text}, 256), 16), 16, -10) AS SIGNED)`;
}

/** SQL of the text between the quotes of JSON. */
function textSql(plan: ReadPlan, pair: ColumnPair): string | undefined {
  const text = canonicalSql(own(plan, pair), asOf(pair));
  if (pair.as !== undefined) return text;
  // Between two MariaDBs any text will do that says all of the value, as long as both sides write the same.
  const [source, sink] = [canonicalSql(pair.source, asOf(pair)), canonicalSql(pair.sink, asOf(pair))];
  if (source !== undefined && sink !== undefined) return text;
  return pair.source.type === pair.sink.type ? wholeText(own(plan, pair)) : undefined;
}

function wholeText(column: Column): string {
  return kindOf(column).kind === 'other' ? `HEX(${ownValue(column)})` : quoted(`CAST(${valueSql(column)} AS CHAR)`);
}

const NUMBERS: ReadonlySet<Kind['kind']> = new Set(['integer', 'boolean', 'year', 'bits']);
const TEXTS: ReadonlySet<Kind['kind']> = new Set(['text', 'enum', 'set']);

/** SQL of what `canonicalText` makes of a column's value as a kind, to the letter; undefined where SQL cannot. */
function canonicalSql(column: Column, as: Kind): string | undefined {
  const value = ownValue(column);
  const kind = kindOf(column);
  const text = `CAST(${value} AS CHAR)`;
  switch (as.kind) {
    case 'integer':
    case 'year':
      // Adding 0 takes the zeros of ZEROFILL away.
      return NUMBERS.has(kind.kind) ? `CAST(${value} + 0 AS CHAR)` : undefined;
    case 'boolean':
      if (kind.kind !== 'boolean' && kind.kind !== 'integer') return undefined;
      return `CASE ${value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' ELSE CAST(${value} + 0 AS CHAR) END`;
    case 'decimal':
      if (column.type.includes('zerofill') || kind.kind !== 'decimal') return undefined;
      return (kind.scale ?? 0) === as.scale ? text : undefined;
    case 'bits':
      if (kind.kind !== 'bits' || kind.length !== as.length) return undefined;
      return `LPAD(BIN(${value} + 0), ${as.length}, '0')`;
    case 'instant':
      return momentText(text, kind, `'+00'`);
    case 'local-timestamp':
      return momentText(text, kind, `''`);
    case 'date':
      return kind.kind === 'date' ? text : undefined;
    case 'uuid':
      return kind.kind === 'uuid' ? `LOWER(${text})` : undefined;
    case 'bytes':
      return kind.kind === 'bytes' ? `CONCAT(x'5C5C', 'x', LOWER(HEX(${value})))` : undefined;
    case 'text':
    case 'enum':
    case 'set': {
      if (!TEXTS.has(kind.kind)) return undefined;
      const characters = `CONVERT(${value} USING utf8mb4)`;
      return quoted(as.kind === 'text' && as.padded === true ? `RTRIM(${characters})` : characters);
    }
    case 'float':
    case 'local-time':
    case 'duration':
    case 'json':
    case 'array':
    case 'other':
      return undefined;
  }
}

/** Without the zeros at the end of a second's fraction. */
function momentText(text: string, kind: Kind, zone: string): string | undefined {
  if (kind.kind !== 'instant' && kind.kind !== 'local-timestamp') return undefined;
  const trimmed = kind.digits === 0 ? text : `TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM ${text}))`;
  return `CONCAT(${trimmed}, ${zone})`;
}

/** What JSON escapes: backslash, quote, line feed, tab, carriage return. Written in hex, whatever `sql_mode` takes `\` for. */
const ESCAPES = [
  ['5C', '5C5C'],
  ['22', '5C22'],
  ['0A', '5C6E'],
  ['09', '5C74'],
  ['0D', '5C72'],
] as const;

/**
 * A text's bytes as JSON has them between its quotes. Other control characters stay as they are: a text of them differs from
 * JSON's, which costs a look at the rows, and hides nothing.
 */
function quoted(text: string): string {
  return ESCAPES.reduce(
    (sql, [byte, escaped]) => `REPLACE(${sql}, x'${byte}', x'${escaped}')`,
    `CAST(${text} AS BINARY)`,
  );
}
