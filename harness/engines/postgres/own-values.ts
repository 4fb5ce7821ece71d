import type { ArrayKind, Kind, OtherKind } from '#model/kind.ts';

type Below = (limit: number) => number;

const two = (value: number): string => String(value).padStart(2, '0');
const hex = (below: Below, digits: number): string =>
  Array.from({ length: digits }, () => below(16).toString(16)).join('');
const pick = (below: Below, words: readonly string[]): string => words[below(words.length)] ?? '';
const numbers = (below: Below): string => `[${below(100)},${101 + below(100)})`;
const day = (below: Below): string => `2020-01-${two(1 + below(28))}`;

/** Values of the types that PostgreSQL alone has, by their names without a length. */
const MAKERS: Readonly<Record<string, (below: Below, length: number | undefined) => string>> = {
  money: (below) => String(below(100_000) / 100),
  citext: (below) => `${pick(below, ['amber', 'Basalt', 'ümlaut'])} ${below(1000)}`,
  name: (below) => pick(below, ['amber', 'basalt', "o'neill", 'a"b\\c']),
  '"char"': (below) => pick(below, ['a', 'b', 'c']),
  'time with time zone': (below) => `${two(below(24))}:${two(below(60))}:${two(below(60))}.${below(1000)}+00`,
  inet: (below) => `10.${below(256)}.${below(256)}.${below(256)}`,
  cidr: (below) => `10.${below(256)}.${below(256)}.0/24`,
  macaddr: (below) => hex(below, 12).replaceAll(/(..)(?=.)/g, '$1:'),
  bit: (below) => String(below(2)),
  'bit varying': (below, length = 8) => Array.from({ length: Math.min(length, 8) }, () => below(2)).join(''),
  point: (below) => `(${below(100)},${below(100)})`,
  xml: (below) => `<a>${below(1000)}</a>`,
  hstore: (below) => `a=>${below(1000)}`,
  ltree: (below) => `a.b${below(100)}`,
  tsvector: (below) => `amber:1 n${below(1000)}:2`,
  int4range: numbers,
  int8range: numbers,
  numrange: numbers,
  daterange: (below) => `[${day(below)},2021-${day(below).slice(5)})`,
  tstzrange: (below) => `["${day(below)} 00:00+00","2021-01-01 00:00+00")`,
  tsrange: (below) => `["${day(below)} 00:00","2021-01-01 00:00")`,
};

/** A type's name without its length, and without the schema of an extension. */
function nameOf(type: string): string {
  return type.replace(/\(\d+(,-?\d+)?\)/, '').replace(/^(?:.*\.)(hstore|citext|ltree)$/, '$1');
}

/** See {@link Surveyor.ownValue}. */
export function ownValue(
  kind: OtherKind | ArrayKind,
  below: Below,
  inner: (kind: Kind) => string | undefined,
): string | undefined {
  if (kind.kind === 'other') {
    const length = /\((\d+)\)/.exec(kind.type)?.[1];
    const name = nameOf(kind.type);
    const maker = Object.hasOwn(MAKERS, name) ? MAKERS[name] : undefined;
    return maker?.(below, length === undefined ? undefined : Number(length));
  }
  const items = Array.from({ length: below(4) }, () => inner(kind.element));
  if (items.includes(undefined)) return undefined;
  return `{${items.map((item) => `"${item?.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`).join(',')}}`;
}

/** See {@link Surveyor.ownDistinct}. */
export function ownDistinct({ type }: OtherKind, n: bigint): string | undefined {
  switch (nameOf(type)) {
    case 'inet':
      return `172.${(n >> 16n) & 255n}.${(n >> 8n) & 255n}.${n & 255n}`;
    case 'citext':
    case 'name':
      return `k${n.toString(36)}`;
    default:
      return undefined;
  }
}
