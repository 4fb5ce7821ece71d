import type { ColumnPair } from '#engines/port/compare.ts';
import type { Column, Table } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import type { Row, Text } from '#model/values.ts';
import { typeFor } from './kinds.ts';
import { comparesByValue, numberTextOfSinkSql, numberTextSql, typeOf } from './numbers.ts';
import { quoteIdent, quoteLiteral } from './quote.ts';

/** A type's name without its modifier: `numeric(12,2)` → `numeric`, `timestamp(3) with time zone` → `timestamp with time zone`. */
export function baseType(type: string): string {
  return type.replace(/\(\d+(,-?\d+)?\)/, '');
}

const TEXTUAL: ReadonlySet<string> = new Set(['text', 'character varying', 'character', '"char"', 'name', 'citext']);

/**
 * Types whose text a sink may hold in a text column, spelled in another way but with the same value: each is read back
 * as the type itself. Only types whose input loses nothing are here; `date` would drop a time of day without a word.
 */
const READ_FROM_TEXT: ReadonlySet<string> = new Set([
  'bigint',
  'boolean',
  'bytea',
  'double precision',
  'inet',
  'integer',
  'interval',
  'jsonb',
  'macaddr',
  'numeric',
  'real',
  'smallint',
  'timestamp with time zone',
  'uuid',
]);

/** Pairs of different types that are compared as a third, to which both widen without loss. */
const WIDENED: Readonly<Record<string, string>> = {
  'json|jsonb': 'jsonb',
  'double precision|real': 'double precision',
  // The session's zone is UTC, so a timestamp without a zone reads as one at UTC.
  'timestamp with time zone|timestamp without time zone': 'timestamp with time zone',
  'date|timestamp without time zone': 'timestamp without time zone',
  'date|timestamp with time zone': 'timestamp with time zone',
};

/**
 * The type as which a column of the source and its counterpart at the sink are compared, or undefined where each side's
 * own text is. Two values count as equal exactly when their texts in this type are.
 */
export function comparedAs(source: string, sink: string): string | undefined {
  const [left, right] = [baseType(source), baseType(sink)];
  // Trailing blanks of char(n) have no meaning in SQL, so they have none at the sink either.
  if (left === 'character' && TEXTUAL.has(right)) return 'character varying';
  if (left === right) return undefined;
  if (TEXTUAL.has(right) && READ_FROM_TEXT.has(left)) return left;
  return WIDENED[[left, right].sort().join('|')];
}

/** SQL for a column's value in the relation aliased `t`. */
export function valueSql(column: Column): string {
  return column.expression === undefined ? `t.${quoteIdent(column.name)}` : `(${column.expression})`;
}

/**
 * SQL for the canonical text of a pair's column of one side, of the relation aliased `t`. Numbers have the text of the
 * source's type, whatever the sink's is, unless the pair is `exact`. Relies on the session settings of clients/postgres.ts
 * for zones, digits and styles.
 */
export function canonicalSql({ source, sink, exact, as }: ColumnPair, side: 'source' | 'sink'): string {
  const column = side === 'source' ? source : sink;
  const name = valueSql(column);
  // A truth that another engine has as a number.
  if (as?.kind === 'integer' && typeOf(column) === 'boolean') return `${name}::integer::text`;
  const foreign = as === undefined ? undefined : textBetween(name, typeOf(column), as);
  if (foreign !== undefined) return foreign;
  if (exact !== true && comparesByValue(source, sink))
    return side === 'sink' ? numberTextOfSinkSql(name, source, sink) : (numberTextSql(name, source) ?? `${name}::text`);
  const type = comparedAs(typeOf(source), typeOf(sink));
  if (type === undefined) return `${name}::text`;
  const own = baseType(typeOf(column));
  if (own === type) return `${name}::text`;
  // char(n)::text drops the padding; for the text beside it the same is done by hand.
  if (type === 'character varying') return `rtrim(${name}::text, ' ')`;
  if (!TEXTUAL.has(own)) return `(${name}::${type})::text`;
  // What is no valid text of the type stays as it is, and so differs from every value of the type.
  return `CASE WHEN pg_input_is_valid(${name}::text, '${type}') THEN (${name}::text::${type})::text ELSE ${name}::text END`;
}

/** The text of a value that another engine has as plain text or as a number. */
function textBetween(name: string, type: string, as: Kind): string | undefined {
  if (as.kind === 'decimal' && type === 'money') return `${name}::numeric(19,2)::text`;
  if (as.kind !== 'text') return undefined;
  // The cast to text shows the bits of every mask; the value's own output, and so an event, only of one that is not whole.
  if (type === 'inet') return `abbrev(${name})`;
  return as.padded === true ? `rtrim(${name}::text, ' ')` : undefined;
}

/**
 * True where the text in which any client writes a key column is its canonical text already. Other keys (timestamps,
 * numerics, inet, …) have several spellings, and the database is asked for the canonical one.
 */
export function hasOneSpelling(column: Column): boolean {
  return ['smallint', 'integer', 'bigint', 'text', 'character varying', 'uuid'].includes(baseType(typeOf(column)));
}

const INTEGERS: ReadonlySet<string> = new Set(['smallint', 'integer', 'bigint']);
const PLAIN_TEXTS: ReadonlySet<string> = new Set(['text', 'character varying']);

/** True where both columns hold the same kind of value, so that one side's values can be looked up in the other. */
export function looksUpAlike({ source, sink }: ColumnPair): boolean {
  const [left, right] = [baseType(typeOf(source)), baseType(typeOf(sink))];
  return left === right || [INTEGERS, PLAIN_TEXTS].some((family) => family.has(left) && family.has(right));
}

/** See {@link ComparePort.ordersAlike}. Of another engine's order no more is known than that of numbers and bytes. */
export function ordersAlike(pair: ColumnPair): boolean {
  if (!looksUpAlike(pair)) return false;
  if (pair.as === undefined) return true;
  const types = [pair.source, pair.sink].map((column) => baseType(typeOf(column)));
  return (
    (pair.as.kind === 'integer' && types.every((type) => INTEGERS.has(type))) ||
    (pair.as.kind === 'bytes' && types.every((type) => type === 'bytea'))
  );
}

/** The type in which a bound is compared: the one side's column may have no room for the other's value. */
export function boundType(column: Column): string {
  return INTEGERS.has(baseType(typeOf(column))) ? 'bigint' : lookupType(column);
}

/** True for types whose order depends on a collation, which may differ between two databases. */
export function isCollated(column: Column): boolean {
  return TEXTUAL.has(baseType(typeOf(column)));
}

/** The type to which a bound or a wanted key is cast: without a scale, as a cast to one would round it to another value. */
export function lookupType(column: Column): string {
  const base = baseType(typeOf(column));
  return base === 'numeric' ? base : column.type;
}

/** See {@link Engine.canonicalRows}. A value that is no valid input of its column keeps its text. */
export async function canonicalRows(
  database: Pick<Database, 'query'>,
  table: Table,
  rows: readonly Row[],
  { exact = false, as }: { readonly exact?: boolean; readonly as?: ReadonlyMap<string, Kind> } = {},
): Promise<Row[]> {
  const known = table.columns.filter((column) => rows.some((row) => column.name in row));
  if (known.length === 0) return rows.map(() => ({}));
  const texts = known.map((_, index) => `t${index}`);
  const values = known.map((column, index) => {
    const read = `(t${index}::${column.type})`;
    const text = as?.has(column.name)
      ? textAsKind(read, column, as.get(column.name))
      : ((exact ? undefined : numberTextSql(read, column)) ?? `${read}::text`);
    return `CASE WHEN pg_input_is_valid(t${index}, ${quoteLiteral(column.type)}) THEN ${text} ELSE t${index} END`;
  });
  const answers = await database.query<{ texts: string }>(
    `SELECT to_json(ARRAY[${values.join(', ')}])::text AS texts
     FROM unnest(${known.map((_, index) => `$${index + 1}::text[]`).join(', ')}) WITH ORDINALITY AS raw(${texts.join(', ')}, place)
     ORDER BY place`,
    known.map((column) => rows.map((row) => row[column.name] ?? null)),
  );
  return answers.map((answer, place) => {
    const canonical = JSON.parse(answer.texts) as Text[];
    const row: Record<string, Text> = {};
    for (const [index, { name }] of known.entries())
      if (name in (rows[place] ?? {})) row[name] = canonical[index] ?? null;
    return row;
  });
}

/** The text as which a value is compared with another engine's. */
function textAsKind(read: string, column: Column, as: Kind | undefined): string {
  const source = { ...column, expression: read };
  const type = (as === undefined ? undefined : typeFor(as)) ?? column.type;
  return canonicalSql({ source, sink: { ...column, type }, ...(as === undefined ? {} : { as }) }, 'source');
}
