import type { Offsets, TopicPartition } from '#model/position.ts';

/** Commits a group's offsets one commit at a time, always the newest. */
export interface Committer {
  /** These offsets are to be committed, without waiting for it. */
  want(offsets: Offsets): void;
  /** Commits these offsets; throws where that fails. */
  now(offsets: Offsets): Promise<void>;
  /** Tries again what failed. */
  again(): void;
  /** Resolves when nothing is being committed. */
  settled(): Promise<void>;
}

export function committer(commit: (offsets: Offsets) => Promise<void>): Committer {
  const wanted = new Map<TopicPartition, bigint>();
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (wanted.size > 0) {
      const offsets = new Map(wanted);
      wanted.clear();
      try {
        await commit(offsets);
      } catch {
        // A rebalance or a broker that is away. What has been wanted since is newer.
        for (const [partition, offset] of offsets) if (!wanted.has(partition)) wanted.set(partition, offset);
        return;
      }
    }
  };
  const start = (): void => {
    running ??= run().finally(() => {
      running = undefined;
    });
  };

  return {
    want(offsets) {
      for (const [partition, offset] of offsets) wanted.set(partition, offset);
      start();
    },
    now: commit,
    again: start,
    async settled() {
      await running;
    },
  };
}
