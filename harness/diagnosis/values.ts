import type { Text } from '#model/values.ts';

/**
 * How a value was altered on its way, read from the two values alone. A property is blamed only where the values differ as
 * it makes them differ.
 */
export type Alteration =
  | { readonly kind: 'placeholder'; readonly text: string }
  | { readonly kind: 'shifted'; readonly ms: number }
  | { readonly kind: 'cut-to-ms' }
  | { readonly kind: 'cut-to-s' }
  | { readonly kind: 'lower-case' }
  | { readonly kind: 'upper-case' }
  | { readonly kind: 'trailing-blanks' }
  | { readonly kind: 'cut-short'; readonly length: number }
  | { readonly kind: 'rounded'; readonly places: number }
  | { readonly kind: 'float' }
  | { readonly kind: 'base64' }
  | { readonly kind: 'epoch'; readonly unit: 'days' | 's' | 'ms' | 'us' | 'ns' }
  | { readonly kind: 'masked' }
  | { readonly kind: 'null' }
  | { readonly kind: 'empty-for-null' };

/** Debezium's default for `unavailable.value.placeholder`; a binary column holds it as bytes. */
const PLACEHOLDER = '__debezium_unavailable_value';
const PLACEHOLDER_HEX = Buffer.from(PLACEHOLDER).toString('hex');
const MASKED = /^(\*+|#+|x+|[0-9a-f]{32}|[0-9a-f]{40,128})$/i;
const INSTANT = /^(\d{4,6}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)(?:Z|\+00(?::?00)?)?)?$/;
const UNITS = [
  ['s', 1e3],
  ['ms', 1],
  ['us', 1e-3],
  ['ns', 1e-6],
] as const;
const DAY_MS = 86_400_000;
const SHIFT_STEP_MS = 15 * 60_000;
const SHIFT_MAX_MS = 26 * 3_600_000;

/** How `source` became `sink`; undefined where no known alteration explains it. `placeholder` is the connector's own, where it has one. */
export function alterationOf(source: Text, sink: Text, placeholder = PLACEHOLDER): Alteration | undefined {
  if (source === sink) return undefined;
  if (sink === null) return { kind: 'null' };
  if (sink.includes(placeholder) || sink.includes(PLACEHOLDER_HEX)) return { kind: 'placeholder', text: placeholder };
  if (source === null) return sink === '' ? { kind: 'empty-for-null' } : undefined;
  return ofTime(source, sink) ?? ofNumber(source, sink) ?? ofText(source, sink);
}

/** Ms since the epoch of a canonical instant or date, and what is below a millisecond as text. */
function instantOf(text: string): { readonly ms: number; readonly below: string } | undefined {
  const match = INSTANT.exec(text);
  if (match === null) return undefined;
  const [, day, clock = '00:00:00'] = match;
  const [whole, fraction = ''] = clock.split('.');
  const ms = Date.parse(`${day}T${whole}Z`);
  const padded = fraction.padEnd(6, '0');
  return { ms: ms + Number(padded.slice(0, 3)), below: padded.slice(3).replace(/0+$/, '') };
}

function ofTime(source: string, sink: string): Alteration | undefined {
  const from = instantOf(source);
  if (from === undefined) return undefined;
  const to = instantOf(sink);
  if (to === undefined) return sink === '' ? undefined : epochOf(from.ms, Number(sink));
  const shift = to.ms - from.ms;
  if (shift === 0) return from.below !== '' && to.below === '' ? { kind: 'cut-to-ms' } : undefined;
  if (to.below === '' && to.ms === Math.floor(from.ms / 1000) * 1000) return { kind: 'cut-to-s' };
  const sameBelow = to.below === from.below || to.below === '';
  if (sameBelow && shift % SHIFT_STEP_MS === 0 && Math.abs(shift) <= SHIFT_MAX_MS)
    return { kind: 'shifted', ms: shift };
  return undefined;
}

function epochOf(ms: number, value: number): Alteration | undefined {
  if (value === ms / DAY_MS) return { kind: 'epoch', unit: 'days' };
  for (const [unit, factor] of UNITS)
    if (Math.abs(value * factor - ms) < Math.max(1, factor)) return { kind: 'epoch', unit };
  return undefined;
}

const DECIMAL = /^-?\d+(\.\d+)?$/;

function ofNumber(source: string, sink: string): Alteration | undefined {
  if (!DECIMAL.test(source)) return undefined;
  // Connect's Decimal is the bytes of its unscaled integer.
  if (!Number.isFinite(Number(sink))) return isUnscaled(source, sink) ? { kind: 'base64' } : undefined;
  if (Number(source) === Number(sink)) return { kind: 'float' };
  // The sink's value is compared at the source's scale: zeros at its end are not its own.
  if (!DECIMAL.test(sink)) return undefined;
  const places = sink.split('.')[1]?.replace(/0+$/, '').length ?? 0;
  const scale = source.split('.')[1]?.length ?? 0;
  if (places < scale && Math.abs(Number(source) - Number(sink)) < 10 ** -places) return { kind: 'rounded', places };
  // PostgreSQL makes a numeric of the first 15 digits of a double.
  return Number(source).toPrecision(15) === Number(sink).toPrecision(15) ? { kind: 'float' } : undefined;
}

/** Whether the text is the base64 of the big-endian two's complement of the decimal's unscaled value. */
function isUnscaled(source: string, text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) return false;
  const value = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  return value.toString() === String(BigInt(source.replace('.', '')));
}

/** A binary value is compared as its bytes in hexadecimal, at both sides. */
const HEX = /^\\x((?:[0-9a-f]{2})*)$/;

/** Whether the sink's bytes are the base64 text of the source's; the text itself where its column is one. */
function isBase64(source: string, sink: string): boolean {
  const bytes = HEX.exec(source)?.[1];
  if (bytes === undefined) return sink === Buffer.from(source).toString('base64');
  const text = Buffer.from(bytes, 'hex').toString('base64');
  return sink === text || sink === `\\x${Buffer.from(text).toString('hex')}`;
}

function ofText(source: string, sink: string): Alteration | undefined {
  if (source.trimEnd() === sink.trimEnd()) return { kind: 'trailing-blanks' };
  if (sink === source.toLowerCase()) return { kind: 'lower-case' };
  if (sink === source.toUpperCase()) return { kind: 'upper-case' };
  if (sink !== '' && source.startsWith(sink)) return { kind: 'cut-short', length: [...sink].length };
  if (isBase64(source, sink)) return { kind: 'base64' };
  return MASKED.test(sink) ? { kind: 'masked' } : undefined;
}
