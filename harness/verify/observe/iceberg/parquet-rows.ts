import { zstdDecompressSync } from 'node:zlib';
import {
  type Compressors,
  type FileMetaData,
  parquetMetadata,
  parquetReadObjects,
  type SchemaElement,
} from 'hyparquet';
import { exact } from '#log/formats/avro-bytes.ts';

/** A row's values in the form in which the JSON converter writes them: see `WrittenSchema.payload`. */
export type PayloadRow = Readonly<Record<string, unknown>>;

const COMPRESSORS: Compressors = { ZSTD: (packed) => zstdDecompressSync(packed) };

/**
 * The rows of a Parquet file, uncompressed or packed with Snappy or Zstandard. Decimals are the bytes of their digits, dates and times
 * the whole numbers that the file has: the library would round them.
 */
export async function parquetRows(bytes: Uint8Array): Promise<PayloadRow[]> {
  const file = new Uint8Array(bytes).buffer;
  const metadata = physical(parquetMetadata(file));
  const rows = await parquetReadObjects({ file, metadata, utf8: false, compressors: COMPRESSORS });
  return rows.map((row) => payload(row) as PayloadRow);
}

/** Texts and lists keep what they are; numbers and bytes mean no more than that. */
function physical(metadata: FileMetaData): FileMetaData {
  const bare = (element: SchemaElement): SchemaElement => {
    const { converted_type: converted, logical_type: _, ...plain } = element;
    return element.type === undefined || converted === 'UTF8' ? element : plain;
  };
  return { ...metadata, schema: metadata.schema.map(bare) };
}

function payload(value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === 'bigint') return exact(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(payload);
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, payload(member)]));
}
