import { type ConnectSchema, type ConverterFor, Undecodable } from '#log/wire.ts';
import { floatText, octets, textOf, wholeText } from './numbers.ts';

/** In double quotes, as elements of arrays and both sides of an hstore's pairs are. */
function inQuotes(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function listOf(raw: unknown): readonly unknown[] {
  if (!Array.isArray(raw)) throw new Undecodable(`expected an array, found ${JSON.stringify(raw)}`);
  return raw;
}

/** A struct's or a map's fields. */
function fieldsOf(raw: unknown): Readonly<Record<string, unknown>> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    throw new Undecodable(`expected an object, found ${JSON.stringify(raw)}`);
  }
  return raw as Readonly<Record<string, unknown>>;
}

/** Pairs of a map: one whose keys are no strings is an array of pairs on the wire. */
function pairsOf(raw: unknown): readonly (readonly [unknown, unknown])[] {
  return Array.isArray(raw) ? (raw as [unknown, unknown][]) : Object.entries(fieldsOf(raw));
}

export function arrayText({ items }: ConnectSchema, textFor: ConverterFor): (raw: unknown) => string {
  if (items === undefined) throw new Undecodable('an array schema without items');
  const text = textFor(items);
  const inner = items.type === 'array' ? text : (value: unknown) => inQuotes(text(value));
  return (raw) => {
    let written = '';
    for (const value of listOf(raw)) written += `${written === '' ? '' : ','}${value === null ? 'NULL' : inner(value)}`;
    return `{${written}}`;
  };
}

export function mapText(raw: unknown): string {
  return pairsOf(raw)
    .map(([key, value]) => `${inQuotes(textOf(key))}=>${value === null ? 'NULL' : inQuotes(textOf(value))}`)
    .join(', ');
}

export function vectorText(raw: unknown): string {
  return `[${listOf(raw).map(floatText).join()}]`;
}

export function sparseVectorText(raw: unknown): string {
  const { dimensions, vector } = fieldsOf(raw);
  const places = pairsOf(vector).map(
    ([at, value]) => `${typeof at === 'string' ? at : wholeText(at)}:${floatText(value)}`,
  );
  return `{${places.join()}}/${wholeText(dimensions)}`;
}

export function pointText(raw: unknown): string {
  const { x, y } = fieldsOf(raw);
  return `(${floatText(x)},${floatText(y)})`;
}

export function circleText(raw: unknown): string {
  const { center, radius } = fieldsOf(raw);
  return `<${pointText(center)},${floatText(radius)}>`;
}

export function lineText(raw: unknown): string {
  const { a, b, c } = fieldsOf(raw);
  return `{${[a, b, c].map(floatText).join()}}`;
}

/** The longest bit string that PostgreSQL lets be declared. */
const BITS_MAX = 83_886_080;

/** Bits lie in little-endian bytes, as few as the set ones need; the schema has the column's length. */
export function bitsText({ parameters }: ConnectSchema): (raw: unknown) => string {
  const length = Number(parameters?.length ?? 0);
  return (raw) => {
    if (length > BITS_MAX)
      throw new Undecodable('a bit string without a declared length: its leading zeros are not sent');
    let written = '';
    for (const byte of octets(raw)) written = byte.toString(2).padStart(8, '0') + written;
    return written.length >= length ? written.slice(written.length - length) : written.padStart(length, '0');
  };
}

/** Says in a geometry's type that the number of its reference system follows: PostGIS's extension of well-known binary. */
const HAS_SYSTEM = 0x20;

/** Byte order, type, and what follows of the well-known binary; the reference system, where there is one, goes behind the type. */
export function geometryText(raw: unknown): string {
  const { wkb, srid } = fieldsOf(raw);
  const binary = octets(wkb);
  const system = srid === undefined || srid === null ? 0 : Number(wholeText(srid));
  if (system === 0) return binary.toString('hex');
  const isLittle = binary[0] === 1;
  const highest = isLittle ? 4 : 1;
  binary[highest] = (binary[highest] ?? 0) | HAS_SYSTEM;
  const big = (system >>> 0).toString(16).padStart(8, '0');
  const inOrder = isLittle ? big.replace(/(..)(..)(..)(..)/, '$4$3$2$1') : big;
  const written = binary.toString('hex');
  return `${written.slice(0, 10)}${inOrder}${written.slice(10)}`;
}
