import { inflateRawSync } from 'node:zlib';
import { Undecodable } from '../wire.ts';
import { avroSchema } from './avro.ts';
import { type Cursor, pass, readCount, readString } from './avro-bytes.ts';

const MAGIC = Buffer.from('Obj\u0001', 'latin1');
const SYNC_BYTES = 16;

/** What a block's bytes are packed with, by the name that the file's header has for it. */
const CODECS: Readonly<Record<string, (block: Buffer) => Buffer>> = {
  null: (block) => block,
  deflate: (block) => inflateRawSync(block),
};

/**
 * The records of an Avro object container file, in the form in which the JSON converter writes values: see
 * {@link WrittenSchema.payload}. Throws {@link Undecodable} for what is no such file, or is packed with a codec other than deflate.
 */
export function avroRecords(file: Buffer): unknown[] {
  const cursor: Cursor = { bytes: file, at: 0 };
  if (!file.subarray(pass(cursor, MAGIC.length), cursor.at).equals(MAGIC)) throw new Undecodable('it is no Avro file');
  const header = readHeader(cursor);
  const codec = header.get('avro.codec') ?? 'null';
  const unpack = Object.hasOwn(CODECS, codec) ? CODECS[codec] : undefined;
  if (unpack === undefined) throw new Undecodable(`it is packed with ${codec}, which is not known here`);
  // Records stand in a block as the items of an array do.
  const list = avroSchema(`{"type":"array","items":${header.get('avro.schema') ?? 'null'}}`);
  pass(cursor, SYNC_BYTES);
  const records: unknown[] = [];
  while (cursor.at < file.length) {
    const count = cursor.at;
    readCount(cursor);
    const written = file.subarray(count, cursor.at);
    const start = pass(cursor, readCount(cursor));
    const block = unpack(file.subarray(start, cursor.at));
    pass(cursor, SYNC_BYTES);
    for (const record of list.payload(Buffer.concat([written, block, END])) as unknown[]) records.push(record);
  }
  return records;
}

/** The count of items with which an array ends. */
const END = Buffer.from([0]);

/** The header's entries; a negative count is followed by the size of what it counts. */
function readHeader(cursor: Cursor): Map<string, string> {
  const entries = new Map<string, string>();
  for (;;) {
    const count = readCount(cursor);
    if (count === 0) return entries;
    if (count < 0) readCount(cursor);
    for (let left = Math.abs(count); left > 0; left--) entries.set(readString(cursor), readString(cursor));
  }
}
