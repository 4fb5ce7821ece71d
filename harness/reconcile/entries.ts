import { ENTRY_BYTES } from '#engines/port/reconcile.ts';

const WORDS = ENTRY_BYTES / 4;

/** An identity under which the sides hold different rows, and how many of them by kind. */
export interface EntryDifference {
  readonly id: bigint;
  readonly missing: number;
  readonly extra: number;
  readonly changed: number;
}

/**
 * Compares two lists of packed entries as multisets: an entry that one side has more often counts as a difference. Lists
 * in the same order with few differences, the usual case, are walked side by side; only what is left over is sorted out
 * by identity.
 */
export function differingEntries(source: Uint8Array, target: Uint8Array): EntryDifference[] {
  const left = words(source);
  const right = words(target);
  const leftIds = new BigInt64Array(left.buffer, left.byteOffset, left.length / 2);
  const rightIds = new BigInt64Array(right.buffer, right.byteOffset, right.length / 2);
  let at = 0;
  let [leftEnd, rightEnd] = [left.length, right.length];
  while (leftEnd > 0 && rightEnd > 0 && equalAt(left, leftEnd - WORDS, right, rightEnd - WORDS)) {
    leftEnd -= WORDS;
    rightEnd -= WORDS;
  }
  // Up to the first place with different identities: there a row is missing on one side, and all that follow are shifted.
  const counts = new Map<bigint, Map<bigint, number>>();
  for (; at < leftEnd && at < rightEnd; at += WORDS) {
    if (equalAt(left, at, right, at)) continue;
    if (left[at] !== right[at] || left[at + 1] !== right[at + 1]) break;
    count(counts, leftIds, at, 1);
    count(counts, rightIds, at, -1);
  }
  for (let n = at; n < leftEnd; n += WORDS) count(counts, leftIds, n, 1);
  for (let n = at; n < rightEnd; n += WORDS) count(counts, rightIds, n, -1);
  return [...counts].flatMap(([id, hashes]) => differenceOf(bigEndian(id), hashes));
}

/** Adds the entry at a word's place to how often the source has it more than the target. */
function count(
  counts: Map<bigint, Map<bigint, number>>,
  list: BigInt64Array<ArrayBufferLike>,
  word: number,
  by: 1 | -1,
): void {
  const id = list[word / 2] ?? 0n;
  const hash = list[word / 2 + 1] ?? 0n;
  const hashes = counts.get(id) ?? new Map<bigint, number>();
  counts.set(id, hashes.set(hash, (hashes.get(hash) ?? 0) + by));
}

function differenceOf(id: bigint, hashes: ReadonlyMap<bigint, number>): EntryDifference[] {
  let [more, less] = [0, 0];
  for (const difference of hashes.values()) {
    if (difference > 0) more += difference;
    else less -= difference;
  }
  if (more + less === 0) return [];
  const changed = Math.min(more, less);
  return [{ id, missing: more - changed, extra: less - changed, changed }];
}

/** Views on words need an aligned place in memory; bytes that have none are copied. */
function words(bytes: Uint8Array): Int32Array<ArrayBufferLike> {
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes);
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

function equalAt(left: Int32Array<ArrayBufferLike>, i: number, right: Int32Array<ArrayBufferLike>, j: number): boolean {
  return (
    left[i] === right[j] && left[i + 1] === right[j + 1] && left[i + 2] === right[j + 2] && left[i + 3] === right[j + 3]
  );
}

const swap = new DataView(new ArrayBuffer(8));
const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The number whose big-endian bytes lie in memory as `raw`. */
function bigEndian(raw: bigint): bigint {
  swap.setBigInt64(0, raw, LITTLE);
  return swap.getBigInt64(0, false);
}
