import { createHash } from 'node:crypto';
import { numberOf } from './wire.ts';

/** Debezium's default `unavailable.value.placeholder`. */
const UNAVAILABLE = '__debezium_unavailable_value';

const BYTES = Buffer.from(UNAVAILABLE, 'utf8');
const BASE64 = BYTES.toString('base64');
const UUID = nameUuid(BYTES);

/** Java's UUID.nameUUIDFromBytes: the MD5 of the bytes, marked as version 3. */
function nameUuid(bytes: Buffer): string {
  const hash = createHash('md5').update(bytes).digest();
  hash[6] = ((hash[6] ?? 0) & 0x0f) | 0x30;
  hash[8] = ((hash[8] ?? 0) & 0x3f) | 0x80;
  return hash.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * Whether a raw JSON value stands for a TOASTed value that the update left unchanged. The forms are those of Debezium's
 * UnchangedToastedPlaceholder: the text itself, its bytes in base64, an array of one text, bytes or UUID, an array of
 * its bytes as numbers (int and bigint arrays, dates), and a map from the text to the text (hstore).
 */
export function isUnavailable(raw: unknown): boolean {
  if (typeof raw === 'string') return raw === UNAVAILABLE || raw === BASE64;
  if (Array.isArray(raw)) return isUnavailableArray(raw);
  if (typeof raw !== 'object' || raw === null) return false;
  return (raw as Record<string, unknown>)[UNAVAILABLE] === UNAVAILABLE;
}

function isUnavailableArray(raw: readonly unknown[]): boolean {
  const first = raw[0];
  if (raw.length === 1) return first === UNAVAILABLE || first === BASE64 || first === UUID;
  return raw.length === BYTES.length && raw.every((value, index) => numberOf(value) === BYTES[index]);
}
