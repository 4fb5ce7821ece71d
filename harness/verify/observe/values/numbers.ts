import { InexactNumber, Literal, Undecodable } from '#log/wire.ts';

function misfit(expected: string, raw: unknown): Undecodable {
  return new Undecodable(`expected ${expected}, found ${JSON.stringify(raw instanceof Literal ? raw.text : raw)}`);
}

export function textOf(raw: unknown): string {
  if (typeof raw !== 'string') throw misfit('a string', raw);
  return raw;
}

/** The decimal digits of INT8 to INT64, with a minus sign where there is one. */
export function wholeText(raw: unknown): string {
  if (typeof raw === 'number' && Number.isInteger(raw)) {
    if (!Number.isSafeInteger(raw)) throw new InexactNumber();
    return `${raw}`;
  }
  if (raw instanceof Literal && !/[.eE]/.test(raw.text)) return raw.text;
  throw misfit('an integer', raw);
}

/** A whole number: as a number wherever one holds it exactly. */
export function whole(raw: unknown): number | bigint {
  const text = wholeText(raw);
  const near = typeof raw === 'number' ? raw : Number(text);
  return Number.isSafeInteger(near) ? near : BigInt(text);
}

/** FLOAT32 and FLOAT64: the shortest digits that tell the value from its neighbours; JSON has the non-finite as strings. */
export function floatText(raw: unknown): string {
  if (raw === 'NaN' || raw === 'Infinity' || raw === '-Infinity') return raw;
  const value = raw instanceof Literal ? Number.parseFloat(raw.text) : raw;
  if (typeof value !== 'number') throw misfit('a number', raw);
  return value === 0 && 1 / value < 0 ? '-0' : `${value}`;
}

export function booleanText(raw: unknown): string {
  if (typeof raw !== 'boolean') throw misfit('a boolean', raw);
  return raw ? 't' : 'f';
}

/** BYTES, which the JSON converter writes in base64. */
export function octets(raw: unknown): Buffer {
  return Buffer.from(textOf(raw), 'base64');
}

/** The integer whose big-endian two's complement this is: java.math.BigInteger.toByteArray. */
function twosComplement(buffer: Buffer): number | bigint {
  const [first = 0] = buffer;
  let value = first < 128 ? first : first - 256;
  const plain = Math.min(buffer.length, 6);
  for (let at = 1; at < plain; at += 1) value = value * 256 + (buffer[at] as number);
  if (buffer.length <= plain) return value;
  let wide = BigInt(value);
  for (let at = plain; at < buffer.length; at += 1) wide = wide * 256n + BigInt(buffer[at] as number);
  return wide;
}

/** `unscaled / 10^scale`, with exactly `scale` digits behind the point. */
export function decimalText(unscaled: Buffer, scale: number): string {
  const value = twosComplement(unscaled);
  if (scale <= 0) return `${scale === 0 ? value : BigInt(value) * 10n ** BigInt(-scale)}`;
  const sign = value < 0 ? '-' : '';
  if (typeof value === 'number') {
    // Six bytes are less than 10^15, and any greater power of ten leaves them whole, rounded or not.
    const magnitude = Math.abs(value);
    const unit = 10 ** scale;
    const part = magnitude % unit;
    return `${sign}${(magnitude - part) / unit}.${String(part).padStart(scale, '0')}`;
  }
  const magnitude = value < 0 ? -BigInt(value) : BigInt(value);
  const unit = 10n ** BigInt(scale);
  return `${sign}${magnitude / unit}.${String(magnitude % unit).padStart(scale, '0')}`;
}

/** `io.debezium.data.VariableScaleDecimal`: a struct of the scale and the unscaled value's bytes. */
export function variableDecimalText(raw: unknown): string {
  const { scale, value } = (raw ?? {}) as { readonly scale?: unknown; readonly value?: unknown };
  if (scale === undefined || value === undefined) throw misfit('{scale, value}', raw);
  return decimalText(octets(value), Number(wholeText(scale)));
}
