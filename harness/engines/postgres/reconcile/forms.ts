import type { ColumnPair } from '#engines/port/compare.ts';
import type { ColumnPlan, SideColumn } from '#engines/port/reconcile.ts';
import { baseType, canonicalSql, comparedAs } from '#engines/postgres/canonical.ts';
import { bothDecimal } from '#engines/postgres/numbers.ts';
import { quoteIdent } from '#engines/postgres/quote.ts';
import type { ServerTraits } from '#engines/postgres/server.ts';
import { commonSql, isPlain } from './common-forms.ts';

/** SQL for one column in every form in which it is hashed, compared or shown. `t` is the table's alias. */
export interface ColumnForms {
  /** The value as people read it. NULL stays NULL. */
  readonly shown: string;
  /** The canonical text. NULL stays NULL. */
  readonly text: string;
  /** The text's length in bytes, where the text itself may contain anything, separators too; undefined where it cannot. */
  readonly length: string | undefined;
  /** The value itself; only to ask whether it is NULL. */
  readonly value: string;
  /** The value in a type of which both sides have the same binary form; undefined where only the canonical text will do. */
  readonly sent: string | undefined;
  readonly nullable: boolean;
  /** The 64-bit hash of the value on top of `seed`, the hash of all columns before it. */
  hash(seed: string): string;
}

/** Above this many bytes the canonical text holds a digest of the value instead, so that no bucket outgrows the server. */
const INLINE_BYTES_MAX = 1024;
/** Stands for NULL in the chain of hashes. Any odd number would do. */
const NULL_MARK = '6148914691236517205';

const INTEGERS: ReadonlySet<string> = new Set(['smallint', 'integer', 'bigint']);
const PLAIN_TEXTS: ReadonlySet<string> = new Set(['text', 'character varying']);

/**
 * Types whose binary form (`…_send`) is one to one with the value. PostgreSQL's own hash functions are not: they fold a
 * bigint or timestamp into 32 bits, and drop the sign and scale of a numeric.
 */
const SENT: Readonly<Record<string, string>> = {
  date: 'date_send',
  numeric: 'numeric_send',
  'time without time zone': 'time_send',
  'timestamp with time zone': 'timestamptz_send',
  'timestamp without time zone': 'timestamp_send',
};

/**
 * Types whose values all have binary forms of one width, big-endian: integers as 8 bytes, times as counts since 2000-01-01
 * (days or microseconds). Any engine can write them as hexadecimal, at half the price of digits and calendars.
 */
const FIXED: Readonly<Record<string, (value: string) => string>> = {
  smallint: (value) => `int8send(${value}::bigint)`,
  integer: (value) => `int8send(${value}::bigint)`,
  bigint: (value) => `int8send(${value})`,
  uuid: (value) => `uuid_send(${value})`,
  date: (value) => `date_send(${value})`,
  'time without time zone': (value) => `time_send(${value})`,
  'timestamp with time zone': (value) => `timestamptz_send(${value})`,
  'timestamp without time zone': (value) => `timestamp_send(${value})`,
};

/** Types whose texts hold no separator. All other texts go with their length. */
const PLAIN: Readonly<Record<string, (value: string) => string>> = {
  numeric: (value) => `${value}::text`,
  real: (value) => `${value}::text`,
  'double precision': (value) => `${value}::text`,
  boolean: (value) => `${value}::int::text`,
};

/** Of these, the types whose binary form is one to one with the value. That of a float is not: NaN has many. */
const PLAIN_SENT: ReadonlySet<string> = new Set(['numeric', 'boolean']);

/** The type as which both sides' values are compared; undefined where only their texts can be. */
function commonType({ source, target, as }: ColumnPlan): string | undefined {
  if (as !== undefined) return baseType(as);
  const [left, right] = [baseType(source.type), baseType(target.type)];
  if (left === right) return left;
  if (INTEGERS.has(left) && INTEGERS.has(right)) return 'bigint';
  if (PLAIN_TEXTS.has(left) && PLAIN_TEXTS.has(right)) return 'text';
  return undefined;
}

/** See {@link ReconcileEngine.pairing}. */
export function pairing(source: SideColumn, target: SideColumn): 'equal' | 'converted' | 'different' {
  if (commonType({ name: source.name, source, target }) !== undefined) return 'equal';
  return comparedAs(source.type, target.type) === undefined ? 'different' : 'converted';
}

export function isInteger(type: string): boolean {
  return INTEGERS.has(baseType(type));
}

export function columnForms(plan: ColumnPlan, side: 'source' | 'target', traits: ServerTraits): ColumnForms {
  const column = side === 'source' ? plan.source : plan.target;
  const nullable = plan.source.nullable || plan.target.nullable;
  const type = commonType(plan);
  const own = `t.${quoteIdent(column.name)}`;
  const shown = `${own}::text`;
  if (plan.form !== undefined) {
    const text = commonSql(plan.form, own, baseType(column.type));
    if (!isPlain(plan.form)) return { shown, ...textForms(text, nullable, traits) };
    return { shown, value: own, sent: undefined, text, length: undefined, nullable, hash: textHash(text, nullable) };
  }
  if (type === undefined) {
    const text = canonicalSql(exactPair(plan), side === 'source' ? 'source' : 'sink');
    return { shown, ...textForms(text, nullable, traits) };
  }
  const value = plan.as !== undefined ? `${own}::${plan.as}` : baseType(column.type) === type ? own : `${own}::${type}`;
  const hash = nativeHash(value, type, nullable, traits);
  const fixed = FIXED[type]?.(value);
  const text = fixed === undefined ? PLAIN[type]?.(value) : `encode(${fixed}, 'hex')`;
  if (text !== undefined) {
    const sent = fixed !== undefined || PLAIN_SENT.has(type) ? sentAs(value, type) : undefined;
    return { shown, value, sent, text, length: undefined, nullable, hash: hash ?? textHash(text, nullable) };
  }
  if (type === 'bytea') {
    const forms = textForms(`encode(${value}, 'hex')`, nullable, traits);
    return { shown, ...forms, hash: hash ?? forms.hash };
  }
  return { shown, ...textForms(PLAIN_TEXTS.has(type) ? value : `${value}::text`, nullable, traits) };
}

/** A value as it goes into a record, which holds its type's OID: that of a domain is another in another database. */
function sentAs(value: string, type: string): string {
  const cast = `::${INTEGERS.has(type) ? 'bigint' : type}`;
  return value.endsWith(cast) ? value : `${value}${cast}`;
}

function exactPair({ source, target }: ColumnPlan): ColumnPair {
  return { source, sink: target, exact: true };
}

/** The forms of a column of numbers that are compared by value, see {@link canonicalSql}. */
export function valueForms(pair: ColumnPair, side: 'source' | 'sink', traits: ServerTraits): ColumnForms {
  const { source, sink } = pair;
  const nullable = source.nullable || sink.nullable;
  const column = side === 'source' ? source : sink;
  const shown = `t.${quoteIdent(column.name)}::text`;
  if (!bothDecimal(source, sink)) return { shown, ...textForms(canonicalSql(pair, side), nullable, traits) };
  const value = `trim_scale(t.${quoteIdent(column.name)})`;
  const text = `${value}::text`;
  const hash = nativeHash(value, 'numeric', nullable, traits) ?? textHash(text, nullable);
  return { shown, value, sent: undefined, text, length: undefined, nullable, hash };
}

function textForms(text: string, nullable: boolean, { utf8 }: ServerTraits): Omit<ColumnForms, 'shown'> {
  const length = utf8 ? `octet_length(${text})` : `octet_length(convert_to(${text}, 'UTF8'))`;
  const inlined = (long: string) => `CASE WHEN ${length} > ${INLINE_BYTES_MAX} THEN ${long} ELSE ${text} END`;
  const digest = `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`;
  return {
    text: inlined(digest),
    length,
    value: text,
    // Longer than any text that stands for itself, so that none can imitate it.
    sent: inlined(`rpad(${digest}, ${INLINE_BYTES_MAX + 1})`),
    nullable,
    hash: textHash(text, nullable),
  };
}

/** Under COLLATE "C" the hash is one of the bytes; a nondeterministic collation would hash what it holds for equal. */
function textHash(text: string, nullable: boolean): ColumnForms['hash'] {
  return (seed) =>
    nullable
      ? `hashtextextended(coalesce(${text}, '') COLLATE "C", ${marked(text, seed)})`
      : `hashtextextended(${text} COLLATE "C", ${seed})`;
}

/** Marks NULL in the seed and not in the value, so that no value can be taken for it. */
function marked(value: string, seed: string): string {
  return `${seed} # CASE WHEN ${value} IS NULL THEN ${NULL_MARK} ELSE 0 END`;
}

/** The cheapest hash that sees every bit of the value; undefined where there is none but the text's. */
function nativeHash(
  value: string,
  type: string,
  nullable: boolean,
  { hashesBytes }: ServerTraits,
): ColumnForms['hash'] | undefined {
  const seeded = (seed: string) => (nullable ? marked(value, seed) : seed);
  const filled = (empty: string, form = value) => (nullable ? `coalesce(${form}, ${empty})` : form);
  // hashint8extended would fold the value to 32 bits; as part of the seed all 64 count.
  if (type === 'bigint') return (seed) => `hashint4extended(1, ${seeded(seed)} # ${filled('0')})`;
  if (type === 'integer') return (seed) => `hashint4extended(${filled('0')}, ${seeded(seed)})`;
  if (type === 'smallint') return (seed) => `hashint4extended(${filled('0', `${value}::int`)}, ${seeded(seed)})`;
  if (type === 'boolean') return (seed) => `hashint4extended(${filled('0', `${value}::int`)}, ${seeded(seed)})`;
  if (type === 'uuid') {
    return (seed) => `uuid_hash_extended(${filled("'00000000-0000-0000-0000-000000000000'")}, ${seeded(seed)})`;
  }
  if (!hashesBytes) return undefined;
  const send = SENT[type];
  if (send !== undefined) {
    return (seed) => `hashbyteaextended(${filled("''::bytea", `${send}(${value})`)}, ${seeded(seed)})`;
  }
  if (type === 'bytea') return (seed) => `hashbyteaextended(${filled("''::bytea")}, ${seeded(seed)})`;
  return undefined;
}
