import type { Kind } from '#model/kind.ts';
import type { ShapeColumn, Surveyor } from '#model/shape.ts';
import type { Random } from '#std/random.ts';

/** What the values of a column are made from. */
export type ValueColumn = Pick<ShapeColumn, 'kind' | 'fixed' | 'ascii' | 'wholeRange'>;

const ASCII_WORDS = [
  'amber',
  'basalt',
  'cedar',
  'delta',
  'ember',
  'fjord',
  'grove',
  'harbour',
  'iris',
  'juniper',
  "o'neill",
  'a"b\\c',
];
const WORDS = [...ASCII_WORDS, 'ümlaut', '日本'];

function words(rng: Random, count: number, ascii = false): string {
  return Array.from({ length: count }, () => rng.pick(ascii ? ASCII_WORDS : WORDS)).join(' ');
}

const two = (value: number): string => String(value).padStart(2, '0');
const date = (rng: Random): string =>
  `${rng.between(2018, 2026)}-${two(rng.between(1, 12))}-${two(rng.between(1, 28))}`;
const hex = (rng: Random, digits: number): string =>
  Array.from({ length: digits }, () => rng.below(16).toString(16)).join('');

function time(rng: Random, digits: number): string {
  const fraction = String(rng.below(1_000_000)).padStart(6, '0').slice(0, digits);
  return `${two(rng.below(24))}:${two(rng.below(60))}:${two(rng.below(60))}${fraction === '' ? '' : `.${fraction}`}`;
}

function uuid(rng: Random): string {
  return `${hex(rng, 8)}-${hex(rng, 4)}-4${hex(rng, 3)}-a${hex(rng, 3)}-${hex(rng, 12)}`;
}

function json(rng: Random, ascii: boolean): string {
  return JSON.stringify({
    kind: words(rng, 1, ascii),
    n: rng.below(1000),
    tags: [words(rng, 1, ascii)],
    nested: { ok: rng.chance(0.5) },
  });
}

function decimal(rng: Random, precision = 12, scale = 2): string {
  const digits = Math.min(precision - scale, 8);
  const whole = digits <= 0 ? 0 : rng.below(10 ** digits);
  if (scale <= 0) return String(whole);
  return `${whole}.${Array.from({ length: Math.min(scale, 12) }, () => rng.below(10)).join('')}`;
}

type IntegerKind = Extract<Kind, { kind: 'integer' }>;

/** Numbers as most columns hold them, and now and then any that fits, where any may come. */
function integer(rng: Random, { bits, unsigned }: IntegerKind, wholeRange: boolean): string {
  if (wholeRange && rng.chance(0.2)) {
    const any = (BigInt(rng.below(2 ** 32)) << 32n) | BigInt(rng.below(2 ** 32));
    return String(unsigned === true ? BigInt.asUintN(bits, any) : BigInt.asIntN(bits, any));
  }
  switch (bits) {
    case 8:
      return String(rng.below(100));
    case 16:
      return String(rng.below(30_000));
    case 24:
    case 32:
      return String(rng.below(1_000_000));
    case 64:
      return String(rng.below(2 ** 31) * 1000 + rng.below(1000));
  }
}

function text(rng: Random, length: number | undefined, { fixed, ascii }: ValueColumn): string {
  if (length === undefined) return words(rng, rng.between(1, 6), ascii);
  if (fixed === true) return hex(rng, length);
  return [...words(rng, 4, ascii)].slice(0, Math.min(length, 60)).join('').trimEnd();
}

/** A random value of a column's kind, in that kind's text; undefined for one that nothing is known of. */
export function randomValue(own: Pick<Surveyor, 'ownValue'>, column: ValueColumn, rng: Random): string | undefined {
  const { kind } = column;
  switch (kind.kind) {
    case 'integer':
      return integer(rng, kind, column.wholeRange === true);
    case 'decimal':
      return decimal(rng, kind.precision, kind.precision === undefined ? 2 : (kind.scale ?? 0));
    case 'float':
      return kind.bits === 32 ? String(rng.below(100_000) / 8) : String(rng.next() * 1e6);
    case 'boolean':
      return rng.chance(0.5) ? 'true' : 'false';
    case 'text':
      return text(rng, kind.length, column);
    case 'bytes': {
      const { length = 16 } = kind;
      return `\\x${hex(rng, 2 * (column.fixed === true ? length : rng.between(1, Math.min(length, 16))))}`;
    }
    case 'bits':
      return Array.from({ length: kind.length }, () => rng.below(2)).join('');
    case 'instant':
      return `${date(rng)} ${time(rng, kind.digits)}+00`;
    case 'local-timestamp':
      return `${date(rng)} ${time(rng, kind.digits)}`;
    case 'local-time':
      return time(rng, kind.digits);
    case 'date':
      return date(rng);
    case 'year':
      return String(rng.between(1901, 2155));
    case 'duration':
      return `P${rng.below(20)}DT${rng.below(24)}H${rng.below(60)}M`;
    case 'json':
      return json(rng, column.ascii === true);
    case 'uuid':
      return uuid(rng);
    case 'enum':
      return kind.labels.length === 0 ? undefined : rng.pick(kind.labels);
    case 'set':
      return kind.labels.filter(() => rng.chance(0.4)).join(',');
    case 'array':
    case 'other':
      return own.ownValue(kind, rng.below, (inner) => randomValue(own, { kind: inner }, rng));
  }
}

/** From 2023-11-14 22:13:20 on. */
const MOMENTS_FROM = 1_700_000_000;
/** From 2096-10-02 on. */
const DAYS_FROM = 46_296;

/** The `n`-th of values that differ from each other and from all below `from`; undefined where a kind has too few. */
export function distinctValue(
  own: Pick<Surveyor, 'ownDistinct'>,
  column: ValueColumn,
  rng: Random,
  from: bigint,
  n: number,
): string | undefined {
  const { kind } = column;
  const count = from + BigInt(n);
  switch (kind.kind) {
    case 'integer':
    case 'float':
      return String(count);
    case 'decimal':
      return (kind.scale ?? 0) <= 0 ? String(count) : `${count}.${'0'.repeat(kind.scale ?? 0)}`;
    case 'uuid':
      return uuid(rng);
    case 'text':
      return distinctText(count, kind.length ?? 64, column.fixed === true);
    case 'bytes': {
      const digits = 2 * (column.fixed === true ? (kind.length ?? 8) : Math.min(kind.length ?? 8, 8));
      const text = count.toString(16);
      return text.length > digits ? undefined : `\\x${text.padStart(digits, '0')}`;
    }
    case 'instant':
      return `${moment(n)}+00`;
    case 'local-timestamp':
      return moment(n);
    case 'date':
      return new Date((DAYS_FROM + n) * 86_400_000).toISOString().slice(0, 10);
    case 'other':
      return own.ownDistinct(kind, count);
    case 'boolean':
    case 'bits':
    case 'local-time':
    case 'year':
    case 'duration':
    case 'json':
    case 'enum':
    case 'set':
    case 'array':
      return undefined;
  }
}

/** One that is filled up has no room for a blank, of which nobody could say whether it belongs to it. */
function distinctText(count: bigint, length: number, fixed: boolean): string | undefined {
  const text = count.toString(36);
  if (text.length >= length) return undefined;
  return `k${fixed ? text.padStart(length - 1, '0') : text}`;
}

/** One a second, which every column of moments keeps apart. */
function moment(n: number): string {
  return new Date((MOMENTS_FROM + n) * 1000).toISOString().slice(0, 19).replace('T', ' ');
}
