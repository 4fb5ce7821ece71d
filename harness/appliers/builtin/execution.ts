import type { OffsetRange } from '#engines/port/sink.ts';
import type { Offsets, TopicPartition } from '#model/position.ts';
import { topicPartition } from '#model/position.ts';
import { applying } from './applying.ts';
import type { Batch } from './batch-queue.ts';
import type { Committer } from './committer.ts';
import { rangesOf } from './entries.ts';
import type { LoopOptions } from './loop.ts';

/** Applies batches, one at a time. */
export interface Execution {
  readonly busy: boolean;
  /** Why the batch in hand does not get on, while it is tried again. */
  readonly trouble: string | undefined;
  /** Begins with a batch; the one before must be done. */
  start(batch: Batch): void;
  /** Resolves when the batch in hand is done; never rejects. */
  done(): Promise<void>;
}

/** Notes in `applied` what has been applied. A batch that cannot be is told to `fail`. */
export function execution(
  { feed, sink, settings, signal, setAside, onApplied }: LoopOptions,
  { applied, commits }: { readonly applied: Map<TopicPartition, bigint>; readonly commits: Committer },
  fail: (error: unknown) => void,
): Execution {
  let executing: Promise<void> = Promise.resolve();
  let busy = false;
  let trouble: string | undefined;

  const apply = applying({
    sink,
    settings,
    signal,
    onApplied(ranges) {
      for (const { topic, partition, next } of ranges) applied.set(topicPartition(topic, partition), next);
      if (settings.commit !== 'before') commits.want(offsetsOf(ranges));
      onApplied(ranges.reduce((sum, { from, next }) => sum + Number(next - from), 0));
    },
    setAside,
    onTrouble: (error) => {
      trouble = error;
    },
  });

  const execute = async ({ entries, bytes }: Batch): Promise<void> => {
    busy = true;
    try {
      if (settings.commit === 'before') await commits.now(offsetsOf(rangesOf(entries)));
      await apply(entries);
    } catch (error) {
      if (!signal.aborted) fail(error);
    } finally {
      busy = false;
      feed.release(bytes);
    }
  };

  return {
    get busy() {
      return busy;
    },
    get trouble() {
      return trouble;
    },
    start(batch) {
      executing = execute(batch);
    },
    done: () => executing,
  };
}

function offsetsOf(ranges: readonly OffsetRange[]): Offsets {
  return new Map(ranges.map(({ topic, partition, next }) => [topicPartition(topic, partition), next]));
}
