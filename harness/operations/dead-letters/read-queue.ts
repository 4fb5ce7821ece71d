import type { LogBounds } from '#clients/kafka.ts';
import { readLog } from '#clients/read-log.ts';
import { type Offsets, splitPartition } from '#model/position.ts';
import { OperatorError } from '#std/errors.ts';
import { boundsOf, CLIENT_ID, withAdmin } from './brokers.ts';
import { type DeadLetter, deadLetter } from './letter.ts';

/** Offsets of a queue, both ends included. */
export interface OffsetRange {
  /** Only where the queue has several. */
  readonly partition?: number;
  readonly first: bigint;
  /** To the end where it is left out. */
  readonly last?: bigint;
}

export interface ReadQueueOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly offsets?: OffsetRange | undefined;
  readonly signal: AbortSignal;
  /** Each record; what is returned says whether more are wanted. */
  onLetter(letter: DeadLetter): boolean | Promise<boolean>;
}

/**
 * Reads the records that a queue has now. Throws an OperatorError: `no-topic`, `offsets-removed` for offsets that retention has removed,
 * `no-offsets` for those that the queue does not have yet, `which-partition` where it has several and none is named.
 */
export async function readQueue(options: ReadQueueOptions): Promise<void> {
  const { brokers, topic, signal, offsets, onLetter } = options;
  const bounds = await withAdmin(brokers, (admin) => boundsOf(admin, topic, signal));
  const { from, to } =
    offsets === undefined ? { from: bounds.starts, to: bounds.ends } : within(topic, bounds, offsets);
  await readLog({
    ...{ brokers, clientId: CLIENT_ID, from, to, signal },
    onRecord: (record) => onLetter(deadLetter(record)),
  });
}

function within(topic: string, { starts, ends }: LogBounds, range: OffsetRange) {
  const name = partitionOf(topic, [...starts.keys()], range);
  const [start, end] = [starts.get(name) ?? 0n, ends.get(name) ?? 0n];
  const { first, last = end - 1n } = range;
  const has = start === end ? 'none: it is empty' : `${start}–${end - 1n}`;
  if (first < start)
    throw new OperatorError({
      code: 'offsets-removed',
      message: `${name} has no record ${first} any more: retention has removed it`,
      expected: `offsets of ${has}`,
      found: `${first}–${last}`,
      hint: 'keep dead letters for longer: retention.ms of the queue',
      exit: 1,
    });
  if (first >= end)
    throw new OperatorError({
      code: 'no-offsets',
      message: `${name} has no such records`,
      expected: `offsets of ${has}`,
      found: `${first}–${last}`,
      exit: 1,
    });
  const to: Offsets = new Map([[name, last + 1n < end ? last + 1n : end]]);
  return { from: new Map([[name, first]]), to };
}

function partitionOf(topic: string, names: readonly string[], { partition }: OffsetRange): string {
  const [only] = names;
  if (partition === undefined && names.length === 1 && only !== undefined) return only;
  const found = names.find((name) => splitPartition(name).partition === partition);
  if (found !== undefined) return found;
  throw new OperatorError({
    code: 'which-partition',
    message: `${topic} has ${names.length} partitions: which one's offsets?`,
    expected: `--offsets PARTITION/A-B, with a partition from 0 to ${names.length - 1}`,
    found: partition === undefined ? 'none' : String(partition),
  });
}
