import { own } from '#engines/canonical-rows.ts';
import type { ColumnPair, ReadPlan } from '#engines/port/compare.ts';
import type { Column } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import { kindOf } from './kinds.ts';
import { asOf, decimalSql, ownValue } from './plan-sql.ts';
import { concatSql } from './quote.ts';

/** From this version on (2019) the server has collations whose characters are UTF-8. */
const UTF8_SINCE = 15;

/** Texts are told apart by their characters' numbers, and are parts of one text whatever their own collations are. */
const PLAIN = 'COLLATE Latin1_General_100_BIN2';

/**
 * SQL of the hash of a row's text, as `row-digest.ts` has it; undefined where the server cannot write one of its columns
 * exactly as this program reads it, so that the rows themselves must be read. `version` is the server's, 16 for 2022.
 */
export function planHashSql(plan: ReadPlan, version: number): string | undefined {
  const texts = plan.columns.map((pair) => textSql(plan, pair, version));
  if (texts.includes(undefined)) return undefined;
  // What is NULL adds nothing to CONCAT, and there would be quotes without anything between them.
  const parts = plan.columns.map(
    (pair, index) =>
      `CASE WHEN ${ownValue(own(plan, pair))} IS NULL THEN N'null' ELSE CONCAT(N'"', ${texts[index]}, N'"') END`,
  );
  const listed = parts.flatMap((part, index) => (index === 0 ? [part] : ["N','", part]));
  return textHashSql(concatSql("CONVERT(nvarchar(max), N'')", ["N'['", ...listed, "N']'"]), version);
}

/** A 64-bit number with a sign: the first 8 bytes of the SHA-256 of a text's bytes in UTF-8. */
function textHashSql(text: string, version: number): string {
  return `CONVERT(bigint, SUBSTRING(HASHBYTES('SHA2_256', ${utf8Sql(text, version)}), 1, 8))`;
}

/** A text's bytes in UTF-8. Without collations of it there are only characters that every code page has alike. */
function utf8Sql(text: string, version: number): string {
  const characters = version < UTF8_SINCE ? text : `(${text}) COLLATE Latin1_General_100_BIN2_UTF8`;
  return `CONVERT(varbinary(max), CONVERT(varchar(max), ${characters}))`;
}

const INTEGERS: ReadonlySet<Kind['kind']> = new Set(['integer', 'boolean', 'year']);

/** SQL of what `canonicalText` makes of a column's value, between the quotes of JSON; undefined where SQL cannot. */
function textSql(plan: ReadPlan, pair: ColumnPair, version: number): string | undefined {
  const column = own(plan, pair);
  const as = asOf(pair);
  const text = canonicalSql(column, as, ownValue(column));
  if (text === undefined || as.kind === 'bytes') return text === undefined ? undefined : quoted(text);
  if (as.kind !== 'text') return text;
  return version < UTF8_SINCE ? undefined : quoted(as.padded === true ? `RTRIM(${text})` : text);
}

/** The canonical text of a key's column, in a trigger: without the zone of a moment, and as the value itself for what has none. */
export function plainText(column: Pick<Column, 'name' | 'type' | 'base'>, value: string): string {
  const kind = kindOf(column);
  if (kind.kind === 'instant') return momentText(value, kind, `''`) ?? value;
  return canonicalSql(column, kind, value) ?? value;
}

/** SQL of what `canonicalText` makes of a value of a column as a kind; undefined where SQL cannot. */
function canonicalSql(column: Pick<Column, 'name' | 'type' | 'base'>, as: Kind, value: string): string | undefined {
  const kind = kindOf(column);
  const type = (column.base ?? column.type).toLowerCase();
  switch (as.kind) {
    case 'integer':
    case 'year':
      return INTEGERS.has(kind.kind) ? `CONVERT(varchar(20), ${value})` : undefined;
    case 'boolean':
      if (kind.kind !== 'boolean') return undefined;
      return `CASE ${value} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END`;
    case 'decimal':
      return kind.kind === 'decimal' && (kind.scale ?? 0) === as.scale ? decimalSql(value, type) : undefined;
    case 'instant':
      return momentText(value, kind, `'+00'`);
    case 'local-timestamp':
      return kind.kind === 'local-timestamp' ? momentText(value, kind, `''`) : undefined;
    case 'local-time':
      return kind.kind === 'local-time' ? trimmedClock(`CONVERT(varchar(16), ${value}, 121)`) : undefined;
    case 'date':
      return kind.kind === 'date' ? `CONVERT(varchar(10), ${value}, 23)` : undefined;
    case 'uuid':
      return kind.kind === 'uuid' ? `LOWER(CONVERT(varchar(36), ${value}))` : undefined;
    case 'bytes':
      if (kind.kind !== 'bytes') return undefined;
      return `(CONVERT(nvarchar(max), N'\\x') + LOWER(CONVERT(varchar(max), CONVERT(varbinary(max), ${value}), 2))) ${PLAIN}`;
    case 'text':
      return kind.kind === 'text' ? `CONVERT(nvarchar(max), ${value}) ${PLAIN}` : undefined;
    default:
      return undefined;
  }
}

/** What is of a zone is shown in UTC; what is of none is taken for UTC's. */
function momentText(value: string, kind: Kind, zone: string): string | undefined {
  if (kind.kind !== 'instant' && kind.kind !== 'local-timestamp') return undefined;
  const utc = kind.kind === 'instant' ? `CONVERT(datetime2(7), SWITCHOFFSET(${value}, '+00:00'))` : value;
  const text = `CONVERT(varchar(27), ${kind.kind === 'instant' ? utc : `CONVERT(datetime2(${kind.digits}), ${utc})`}, 121)`;
  return `LEFT(${text}, 11) + ${trimmedClock(`SUBSTRING(${text}, 12, 16)`)} + ${zone}`;
}

/** Without the zeros at the end of a second's fraction, of which a time without one has none. */
function trimmedClock(clock: string): string {
  const fraction = `RTRIM(REPLACE(SUBSTRING(${clock}, 9, 8), '0', ' '))`;
  return `LEFT(${clock}, 8) + CASE ${fraction} WHEN '' THEN '' WHEN '.' THEN '' ELSE REPLACE(${fraction}, ' ', '0') END`;
}

/** What JSON escapes: backslash, quote, line feed, tab, carriage return. */
const ESCAPES = [
  [`N'\\'`, `N'\\\\'`],
  [`N'"'`, `N'\\"'`],
  ['NCHAR(10)', `N'\\n'`],
  ['NCHAR(9)', `N'\\t'`],
  ['NCHAR(13)', `N'\\r'`],
] as const;

/**
 * A text as JSON has it between its quotes. Other control characters stay as they are: a text of them differs from JSON's,
 * which costs a look at the rows, and hides nothing.
 */
function quoted(text: string): string {
  return ESCAPES.reduce((sql, [character, escaped]) => `REPLACE(${sql}, ${character}, ${escaped})`, text);
}
