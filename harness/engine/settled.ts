import { setTimeout as delay } from 'node:timers/promises';
import { engineOf } from '#engines/index.ts';
import { type Offsets, splitPartition } from '#model/position.ts';
import type { OpenedPipeline } from '#pipelines/open-pipeline.ts';
import { forgiving, reached } from './drain.ts';
import type { Waits } from './watch.ts';

const SNAPSHOT_LIMIT_MS = 90_000;
const SINKS_LIMIT_MS = 60_000;
/** The log must not grow for so long, where nothing else says that it has all that it will get. */
const QUIET_MS = 2000;

function sameOffsets(left: Offsets, right: Offsets): boolean {
  return [...left].every(([partition, offset]) => right.get(partition) === offset);
}

/** A watch on the log: true once it has not grown for {@link QUIET_MS}. */
export function quietness({
  log,
  routes,
  connectorTables,
}: {
  readonly log: Pick<OpenedPipeline['log'], 'endOffsets'>;
} & Pick<OpenedPipeline, 'routes' | 'connectorTables'>): () => Promise<boolean> {
  // What the connector writes itself goes on whatever the writers do.
  const restless = new Set(routes.flatMap(({ topic, table }) => (connectorTables.has(table) ? [topic] : [])));
  let last: Offsets | undefined;
  let since = 0;
  return async () => {
    const ends = new Map(
      [...(await log.endOffsets())].filter(([partition]) => !restless.has(splitPartition(partition).topic)),
    );
    const now = performance.now();
    if (last === undefined || !sameOffsets(last, ends)) {
      last = ends;
      since = now;
      // Asked again soon enough, but not in a rush.
      await delay(100);
      return false;
    }
    return now - since >= QUIET_MS;
  };
}

/**
 * Waits until somebody's own pipeline has done what it will do of its first snapshot: every row read, or the connector
 * streams and the log is quiet, or the connector has failed; then until each sink has applied that, or will not. Judges
 * nothing, and throws for an abort alone.
 */
export async function settled(pipeline: OpenedPipeline, waits: Waits): Promise<void> {
  const rows = await pipeline.sourceRows();
  const quiet = quietness(pipeline);
  const stopped = async (): Promise<boolean> => (await pipeline.capture.status()).state === 'failed';
  await forgiving(
    waits.until(
      'the connector to complete its first snapshot',
      async () =>
        // Of tables without a row the log does not show that they have been read.
        (rows > 0 && pipeline.log.snapshotReads >= rows) ||
        (await stopped()) ||
        ((await engineOf(pipeline.source).source.isStreamed(pipeline.source)) && (await quiet())),
      { limitMs: SNAPSHOT_LIMIT_MS, saw: () => `${pipeline.log.snapshotReads} of ${rows} rows` },
    ),
  );
  const ends = await pipeline.log.endOffsets();
  const behind = new Set(pipeline.variants.keys());
  await forgiving(
    waits.until(
      'every subject to apply the snapshot',
      async () => {
        for (const [name, variant] of pipeline.variants)
          if (reached(await variant.applied(), ends) || (await variant.status()).state === 'failed')
            behind.delete(name);
        return behind.size === 0;
      },
      { limitMs: SINKS_LIMIT_MS, saw: () => `${[...behind].join(', ')} still behind` },
    ),
  );
}
