import { createHash } from 'node:crypto';
import type { KeyedRow } from './port/compare.ts';

/**
 * What rows come to, whichever engine they were read from: their number, and the sum of the first eight bytes, with a sign, of
 * the SHA-256 of each row's text. An engine may let its server compute the same of texts that are the same to the letter.
 */
export function digestOf(rows: readonly Pick<KeyedRow, 'row'>[]): string {
  const sum = rows.reduce((total, { row }) => total + createHash('sha256').update(row).digest().readBigInt64BE(0), 0n);
  return `${rows.length} ${sum}`;
}
