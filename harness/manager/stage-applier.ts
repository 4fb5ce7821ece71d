import { startBuiltinApplier } from '#appliers/builtin/applier.ts';
import { leaveGroups } from '#clients/leave-groups.ts';
import { OperatorError, reworded } from '#std/errors.ts';
import { carryHere } from './carry-here.ts';
import { applierGroup } from './connectors.ts';
import type { Stage, StageContext } from './stage.ts';

/**
 * Step 2: the source connector, which goes on at the load's position, and the built-in applier in this process, which writes rows by
 * key and keeps its positions in the target, within the transactions that write the rows: no record is applied twice.
 */
export const applierStage: Stage = {
  id: 'connectors',
  title: 'Step 2',
  isUp: () => false,
  failure: { cdc_status: 'ERROR' },
  up: (context) =>
    carryHere(context, {
      words: `are written by the built-in applier, as ${applierGroup(context.pipeline.mark)}`,
      open: (topics, onWritten) => openApplier(context, topics, onWritten),
    }),
};

/** A variant may be told to skip what cannot be applied; a pipeline leaves nothing out. */
function withoutChoice(error: unknown): unknown {
  if (!(error instanceof OperatorError) || error.code !== 'applier-stopped') return error;
  return reworded(
    error,
    error.message,
    1,
    'fix it at the target, and start the pipeline again: it goes on with that record',
  );
}

async function openApplier(
  { tables, ends: { target, across }, urls, pipeline, connectors }: StageContext,
  topics: readonly string[],
  onWritten: (changes: number) => void,
) {
  const brokers = connectors?.brokers ?? [];
  const groupId = applierGroup(pipeline.mark);
  const ended = Promise.withResolvers<void>();
  // Whoever waits for it hears of it; nobody need.
  ended.promise.catch(() => {});
  // A member that was killed keeps its partitions for a minute, and there is no other: this manager holds the pipeline.
  await leaveGroups(brokers, (member) => member.groupId === groupId).catch(() => {});
  const applier = await startBuiltinApplier({
    ...{ name: pipeline.definition.name, brokers, groupId },
    routes: tables.map(({ targetId }, at) => ({ table: targetId, topic: topics[at] ?? '' })),
    sink: { engine: target.engine.name, url: urls.target },
    spec: { kind: 'builtin', title: pipeline.definition.name, mode: 'upsert', commit: 'with' },
    widePositions: across.widePositions,
    shapes: new Map(
      tables.flatMap(({ targetId, left }) =>
        left.length === 0 ? [] : [[targetId, { key: [], exclude: new Set(left) }] as const],
      ),
    ),
    gaps: 'stop',
    onApplied: onWritten,
    onError: (error) => ended.reject(withoutChoice(error)),
  });
  return {
    ended: ended.promise,
    trouble: async () => (await applier.status()).error,
    [Symbol.asyncDispose]: () => applier.stop(),
  };
}
