import { startObjectsApplier } from '#appliers/objects/applier.ts';
import { changesFolder } from '#objects/object-set.ts';
import { carryHere } from '../carry-here.ts';
import { objectsGroup } from '../connectors.ts';
import type { Stage } from '../stage.ts';
import { type ObjectsContext, objectColumns } from './context.ts';

/** Large enough to be worth an object, small enough to be read and held at once. */
const OBJECT_RECORDS = 50_000;
const OBJECT_BYTES = 16 * 1024 * 1024;
const HELD_BYTES = 48 * 1024 * 1024;

/**
 * Step 2: the source connector, which goes on at the load's position, and an applier in this process that writes its changes into
 * objects; where it is interrupted, what the applier holds is written first.
 */
export const changesStage: Stage<ObjectsContext> = {
  id: 'connectors',
  title: 'Step 2',
  isUp: () => false,
  failure: { cdc_status: 'ERROR' },
  up: (context) =>
    carryHere(context, {
      words: `are written into ${changesFolder(context.folder)}`,
      open: (topics, onWritten) => openApplier(context, topics, onWritten),
    }),
};

function openApplier(context: ObjectsContext, topics: readonly string[], add: (changes: number) => void) {
  const { ends, tables, store, folder, target, connectors, pipeline, held } = context;
  return startObjectsApplier({
    brokers: connectors?.brokers ?? [],
    groupId: objectsGroup(pipeline.mark),
    routes: tables.map(({ id }, at) => ({ table: id, topic: topics[at] ?? '' })),
    ...{ store, folder, format: target.format },
    kinds: new Map(
      tables.map((table) => [table.id, new Map(objectColumns(context, table).map(({ name, kind }) => [name, kind]))]),
    ),
    formatPosition: ends.source.engine.source.formatPosition,
    flush: {
      records: OBJECT_RECORDS,
      bytes: OBJECT_BYTES,
      heldBytes: HELD_BYTES,
      ms: (target.flushSeconds ?? 60) * 1000,
    },
    // A session that has lost the pipeline changes nothing of it: another manager may be writing.
    mayWrite: () => held.change({}),
    onWritten: ({ changes }) => add(changes),
  });
}
