import { setImmediate as turn } from 'node:timers/promises';
import type { RunStatus } from '#model/pipeline.ts';
import type { Entry } from './entries.ts';
import type { Chunk, Feed } from './feed.ts';
import type { LoopOptions } from './loop.ts';

/** A batch that is larger gains nothing more from being one transaction, but holds memory and delays what follows. */
const BATCH_BYTES_MAX = 8 * 1024 * 1024;
const BATCH_RECORDS_MAX = 10_000;
/** Records decoded in one go, some ms: what sink and broker send meanwhile must not wait for a whole batch. */
const DECODED_AT_ONCE = 128;

export interface Batch {
  readonly entries: readonly Entry[];
  readonly bytes: number;
}

/** What was fetched and is not in a batch yet. */
export interface BatchQueue {
  readonly empty: boolean;
  /** Rises whenever the queue is dropped: a batch that was being decoded then is out of date when it is ready. */
  readonly generation: number;
  push(chunk: Chunk): void;
  drop(): void;
  /** Lets whoever waits for a batch look again, as the state has changed. */
  wake(): void;
  /** Waits for chunks and for the state to be running, and decodes a batch; undefined once the applier has ended. */
  next(): Promise<(Batch & { readonly generation: number }) | undefined>;
}

export function batchQueue(
  feed: Pick<Feed, 'release'>,
  decode: LoopOptions['decode'],
  state: () => RunStatus['state'],
): BatchQueue {
  let chunks: Chunk[] = [];
  let generation = 0;
  let wake: (() => void) | undefined;
  return {
    get empty() {
      return chunks.length === 0;
    },
    get generation() {
      return generation;
    },
    push(chunk) {
      chunks.push(chunk);
      wake?.();
    },
    drop() {
      generation += 1;
      for (const chunk of chunks) feed.release(chunk.bytes);
      chunks = [];
    },
    wake: () => wake?.(),
    async next() {
      while (chunks.length === 0 || state() !== 'running') {
        if (state() === 'stopped' || state() === 'failed') return undefined;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      const before = generation;
      return { ...(await decodeSome(chunks, decode)), generation: before };
    },
  };
}

/** Takes chunks off the queue, up to a batch's size, and decodes them. */
async function decodeSome(chunks: Chunk[], decode: LoopOptions['decode']): Promise<Batch> {
  const entries: Entry[] = [];
  let bytes = 0;
  while (entries.length < BATCH_RECORDS_MAX && bytes < BATCH_BYTES_MAX) {
    const chunk = chunks.shift();
    if (chunk === undefined) break;
    bytes += chunk.bytes;
    for (const record of chunk.records) {
      if (entries.length % DECODED_AT_ONCE === DECODED_AT_ONCE - 1) await turn();
      entries.push({
        record,
        offset: record.offset,
        decoded: decode(record),
        receivedAtMs: chunk.receivedAtMs,
      });
    }
  }
  return { entries, bytes };
}
