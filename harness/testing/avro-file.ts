import { deflateRawSync } from 'node:zlib';

/** What a test's records are made of. */
export type AvroField =
  | 'string'
  | 'int'
  | 'long'
  | readonly ['null', 'long']
  | { readonly type: 'record'; readonly name: string; readonly fields: readonly { name: string; type: AvroField }[] };

export interface AvroFileOptions {
  readonly codec?: string;
  /** Records of one block. */
  readonly blockRecords?: number;
}

/** An Avro object container file with these records. */
export function avroFile(
  schema: AvroField,
  records: readonly unknown[],
  { codec = 'deflate', blockRecords = 2 }: AvroFileOptions = {},
): Buffer {
  const sync = Buffer.alloc(16, 7);
  const header = { 'avro.schema': JSON.stringify(schema), 'avro.codec': codec };
  const parts = [Buffer.from('Obj\u0001', 'latin1'), whole(Object.keys(header).length)];
  for (const [name, value] of Object.entries(header)) parts.push(encoded('string', name), encoded('string', value));
  parts.push(whole(0), sync);
  for (let from = 0; from < records.length; from += blockRecords) {
    const block = records.slice(from, from + blockRecords);
    const bytes = Buffer.concat(block.map((record) => encoded(schema, record)));
    const packed = codec === 'deflate' ? deflateRawSync(bytes) : bytes;
    parts.push(whole(block.length), whole(packed.length), packed, sync);
  }
  return Buffer.concat(parts);
}

function encoded(type: AvroField, value: unknown): Buffer {
  if (type === 'int' || type === 'long') return whole(Number(value));
  if (type === 'string') {
    const text = Buffer.from(String(value));
    return Buffer.concat([whole(text.length), text]);
  }
  if ('fields' in type) {
    const row = value as Readonly<Record<string, unknown>>;
    return Buffer.concat(type.fields.map(({ name, type: of }) => encoded(of, row[name])));
  }
  return value === null ? whole(0) : Buffer.concat([whole(1), encoded('long', value)]);
}

/** A number as Avro has it: small negative ones are short. */
function whole(number: number): Buffer {
  const bytes: number[] = [];
  let left = number < 0 ? -2 * number - 1 : 2 * number;
  for (; left > 127; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return Buffer.from([...bytes, left]);
}
