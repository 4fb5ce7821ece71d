import { type FileMetaData, parquetMetadata, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { canonicalText } from '#engines/canonical-text.ts';
import type { Text } from '#model/values.ts';

/**
 * The rows of a Parquet file in canonical texts. Decimals and times are read as the whole numbers that the file has, since the
 * library would round them.
 */
export async function parquetTexts(file: Uint8Array): Promise<Record<string, Text>[]> {
  const bytes = new Uint8Array(file).buffer;
  const metadata = parquetMetadata(bytes);
  const columns = metadata.schema.slice(1);
  const rows = await parquetReadObjects({ file: bytes, metadata: physical(metadata), utf8: false });
  return rows.map((row) =>
    Object.fromEntries(columns.map((column) => [column.name, textOf(row[column.name], column)])),
  );
}

/** The same, with nothing but physical types. */
function physical(metadata: FileMetaData): FileMetaData {
  const bare = ({ converted_type: _, logical_type: __, ...element }: SchemaElement): SchemaElement => element;
  return { ...metadata, schema: metadata.schema.map(bare) };
}

function textOf(
  value: unknown,
  { type, converted_type: converted, logical_type: logical, scale }: SchemaElement,
): Text {
  if (value === null || value === undefined) return null;
  if (converted === 'DECIMAL') return decimalText(value, scale ?? 0);
  if (converted === 'DATE') return dayText(Number(value));
  if (logical?.type === 'TIMESTAMP') return timestampText(value as bigint, logical.isAdjustedToUTC);
  if (value instanceof Uint8Array)
    return converted === 'UTF8' ? new TextDecoder().decode(value) : `\\x${Buffer.from(value).toString('hex')}`;
  if (type === 'FLOAT' || type === 'DOUBLE') return floatText(value as number, type === 'FLOAT' ? 32 : 64);
  return String(value);
}

function decimalText(value: unknown, scale: number): string {
  const number =
    value instanceof Uint8Array
      ? BigInt.asIntN(value.length * 8, BigInt(`0x${Buffer.from(value).toString('hex')}`))
      : BigInt(value as number | bigint);
  const sign = number < 0n ? '-' : '';
  const digits = String(number < 0n ? -number : number).padStart(scale + 1, '0');
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function floatText(value: number, bits: 32 | 64): Text {
  return canonicalText(Object.is(value, -0) ? '-0' : String(value), { kind: 'float', bits }, { kind: 'float', bits });
}

/** A Date has not as many years as a database's date, and the calendar begins anew after 400. */
function dayText(days: number): string {
  const cycle = Math.floor(days / 146_097);
  const date = new Date((days - cycle * 146_097) * 86_400_000);
  const year = date.getUTCFullYear() + cycle * 400;
  const [shown, era] = year > 0 ? [year, ''] : [1 - year, ' BC'];
  return `${String(shown).padStart(4, '0')}${date.toISOString().slice(4, 10)}${era}`;
}

const DAY_MICROS = 86_400_000_000n;

function timestampText(micros: bigint, isUtc: boolean): string {
  const within = ((micros % DAY_MICROS) + DAY_MICROS) % DAY_MICROS;
  const day = dayText(Number((micros - within) / DAY_MICROS));
  const clock = new Date(Number(within / 1000n)).toISOString().slice(11, 19);
  const fraction = String(within % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const time = `${clock}${fraction === '' ? '' : `.${fraction}`}${isUtc ? '+00' : ''}`;
  return day.replace(/(?= BC|$)/, ` ${time}`);
}
