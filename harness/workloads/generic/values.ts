import type { Random } from '#std/random.ts';
import type { ShapeColumn } from './shape.ts';

/** A value in the database's input text, or NULL. */
export type Value = string | null;

const WORDS = [
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
  'ümlaut',
  '日本',
  'a"b\\c',
];

function words(rng: Random, count: number): string {
  return Array.from({ length: count }, () => rng.pick(WORDS)).join(' ');
}

const two = (value: number): string => String(value).padStart(2, '0');
const date = (rng: Random): string =>
  `${rng.between(2018, 2026)}-${two(rng.between(1, 12))}-${two(rng.between(1, 28))}`;
const time = (rng: Random): string =>
  `${two(rng.below(24))}:${two(rng.below(60))}:${two(rng.below(60))}.${String(rng.below(1_000_000)).padStart(6, '0')}`;
const hex = (rng: Random, digits: number): string =>
  Array.from({ length: digits }, () => rng.below(16).toString(16)).join('');

function uuid(rng: Random): string {
  return `${hex(rng, 8)}-${hex(rng, 4)}-4${hex(rng, 3)}-a${hex(rng, 3)}-${hex(rng, 12)}`;
}

function json(rng: Random): string {
  return JSON.stringify({
    kind: rng.pick(WORDS),
    n: rng.below(1000),
    tags: [rng.pick(WORDS)],
    nested: { ok: rng.chance(0.5) },
  });
}

function numeric(rng: Random, modifier: readonly number[]): string {
  const [precision = 12, scale = modifier.length === 1 ? 0 : 2] = modifier;
  const digits = Math.min(precision - scale, 8);
  const whole = digits <= 0 ? 0 : rng.below(10 ** Math.min(digits, 8));
  if (scale <= 0) return String(whole);
  return `${whole}.${Array.from({ length: Math.min(scale, 12) }, () => rng.below(10)).join('')}`;
}

type Maker = (rng: Random, modifier: readonly number[]) => string;

const MAKERS: Readonly<Record<string, Maker>> = {
  smallint: (rng) => String(rng.below(30_000)),
  integer: (rng) => String(rng.below(1_000_000)),
  bigint: (rng) => String(rng.below(2 ** 31) * 1000 + rng.below(1000)),
  numeric,
  real: (rng) => String(rng.below(100_000) / 8),
  'double precision': (rng) => String(rng.next() * 1e6),
  money: (rng) => String(rng.below(100_000) / 100),
  boolean: (rng) => (rng.chance(0.5) ? 'true' : 'false'),
  text: (rng) => words(rng, rng.between(1, 6)),
  citext: (rng) => words(rng, 2),
  name: (rng) => rng.pick(WORDS),
  'character varying': (rng, [length = 60]) => [...words(rng, 4)].slice(0, length).join('').trimEnd(),
  character: (rng, [length = 1]) => [...`${hex(rng, length)}`].slice(0, length).join(''),
  '"char"': (rng) => rng.pick(['a', 'b', 'c']),
  uuid,
  date,
  'timestamp without time zone': (rng) => `${date(rng)} ${time(rng)}`,
  'timestamp with time zone': (rng) => `${date(rng)} ${time(rng)}+00`,
  'time without time zone': time,
  'time with time zone': (rng) => `${time(rng)}+00`,
  interval: (rng) => `P${rng.below(20)}DT${rng.below(24)}H${rng.below(60)}M`,
  json,
  jsonb: json,
  bytea: (rng) => `\\x${hex(rng, 2 * rng.between(1, 16))}`,
  inet: (rng) => `10.${rng.below(256)}.${rng.below(256)}.${rng.below(256)}`,
  cidr: (rng) => `10.${rng.below(256)}.${rng.below(256)}.0/24`,
  macaddr: (rng) => hex(rng, 12).replaceAll(/(..)(?=.)/g, '$1:'),
  bit: (rng, [length = 1]) => Array.from({ length }, () => rng.below(2)).join(''),
  'bit varying': (rng, [length = 8]) => Array.from({ length: Math.min(length, 8) }, () => rng.below(2)).join(''),
  point: (rng) => `(${rng.below(100)},${rng.below(100)})`,
  xml: (rng) => `<a>${rng.below(1000)}</a>`,
  hstore: (rng) => `a=>${rng.below(1000)}`,
  ltree: (rng) => `a.b${rng.below(100)}`,
  tsvector: (rng) => `amber:1 n${rng.below(1000)}:2`,
  int4range: (rng) => `[${rng.below(100)},${rng.between(101, 200)})`,
  int8range: (rng) => `[${rng.below(100)},${rng.between(101, 200)})`,
  numrange: (rng) => `[${rng.below(100)},${rng.between(101, 200)})`,
  daterange: (rng) => `[2020-01-${two(rng.between(1, 28))},2021-01-${two(rng.between(1, 28))})`,
  tstzrange: (rng) => `["2020-01-${two(rng.between(1, 28))} 00:00+00","2021-01-01 00:00+00")`,
  tsrange: (rng) => `["2020-01-${two(rng.between(1, 28))} 00:00","2021-01-01 00:00")`,
};

/** A type's name without its modifier, and the modifier's numbers. */
function typeParts(type: string): { readonly name: string; readonly modifier: readonly number[] } {
  const modifier = /\((\d+(?:,-?\d+)?)\)/.exec(type)?.[1]?.split(',').map(Number) ?? [];
  return { name: type.replace(/\(\d+(,-?\d+)?\)/, '').replace(/^(?:.*\.)(hstore|citext|ltree)$/, '$1'), modifier };
}

/** A random value of a column's type; undefined for a type that nothing is known of. */
export function randomValue(column: Pick<ShapeColumn, 'base' | 'element' | 'labels'>, rng: Random): string | undefined {
  if (column.element !== null) {
    const items = Array.from({ length: rng.between(0, 3) }, () =>
      randomValue({ ...column, base: column.element ?? '', element: null }, rng),
    );
    if (items.includes(undefined)) return undefined;
    return `{${items.map((item) => `"${item?.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`;
  }
  if (column.labels.length > 0) return rng.pick(column.labels);
  const { name, modifier } = typeParts(column.base);
  return MAKERS[name]?.(rng, modifier);
}

const COUNTED: ReadonlySet<string> = new Set(['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision']);
const TEXTS: ReadonlySet<string> = new Set(['text', 'character varying', 'character', 'citext', 'name']);

/** The `n`-th of values that differ from each other and from all below `from`; undefined where a type has too few. */
export function distinctValue(column: ShapeColumn, rng: Random, from: bigint, n: number): string | undefined {
  const { name, modifier } = typeParts(column.base);
  if (column.element !== null || column.labels.length > 0) return undefined;
  if (COUNTED.has(name)) return String(from + BigInt(n));
  if (name === 'uuid') return uuid(rng);
  const counter = (from + BigInt(n)).toString(36);
  if (TEXTS.has(name)) {
    const [length = 64] = modifier;
    const text = `k${counter}`;
    return text.length > length ? undefined : name === 'character' ? text.padEnd(length, '0') : text;
  }
  // Microseconds from a moment on: no two alike.
  if (name.startsWith('timestamp')) return new Date(1_700_000_000_000 + n * 1000).toISOString();
  if (name === 'date') return new Date(4_000_000_000_000 + n * 86_400_000).toISOString().slice(0, 10);
  if (name === 'inet') return `172.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  if (name === 'bytea') return `\\x${(from + BigInt(n)).toString(16).padStart(16, '0')}`;
  return undefined;
}
