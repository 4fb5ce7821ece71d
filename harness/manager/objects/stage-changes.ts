import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { startObjectsApplier } from '#appliers/objects/applier.ts';
import { type ConnectClient, failureOf } from '#clients/connect.ts';
import { changesFolder } from '#objects/object-set.ts';
import { OperatorError } from '#std/errors.ts';
import { connectorNames, objectsGroup } from '../connectors.ts';
import { openSourceStream } from '../source-stream.ts';
import type { Stage } from '../stage.ts';
import { type ObjectsContext, objectColumns } from './context.ts';

/** Large enough to be worth an object, small enough to be read and held at once. */
const OBJECT_RECORDS = 50_000;
const OBJECT_BYTES = 16 * 1024 * 1024;
const HELD_BYTES = 48 * 1024 * 1024;

const WATCH_EVERY_MS = 5000;

/** How often it is said how much was written, at most. */
const SAY_EVERY_MS = 10_000;

/**
 * Step 2: the source connector, which goes on at the load's position, and an applier in this process that writes its changes into
 * objects. It comes to an end only with an error, or where it is interrupted: then what the applier holds is written first.
 */
export const changesStage: Stage<ObjectsContext> = {
  id: 'connectors',
  title: 'Step 2',
  isUp: () => false,
  failure: { cdc_status: 'ERROR' },
  async up(context) {
    const { held, say, signal, connectors, pipeline, folder } = context;
    if (connectors === undefined) throw new Error('a pipeline with CDC has servers for it');
    const { source } = connectorNames(pipeline.mark);
    await held.change({ cdc_status: 'STARTING', debezium_connector_name: source });
    const stream = await openSourceStream(context, connectors);
    await stream.start();
    await stream.untilRead();
    const written = tally(say);
    const over = new AbortController();
    try {
      await using applier = await openApplier(context, stream.topics, written.add);
      await held.change({ status: 'RUNNING', cdc_status: 'RUNNING', last_error: null });
      say(`changes from LSN ${pipeline.row.full_load_lsn} on are written into ${changesFolder(folder)}`);
      await context.onUp();
      signal.throwIfAborted();
      await Promise.race([applier.ended, failure(connectors.source, source, over.signal), once(signal, 'abort')]);
    } finally {
      over.abort();
      written.tell();
      if (signal.aborted) await held.change({ cdc_status: 'STOPPED' });
    }
    signal.throwIfAborted();
  },
};

/** Rejects once the connector fails, in its own words. Workers that do not answer say nothing of it. */
async function failure(connect: ConnectClient, name: string, signal: AbortSignal): Promise<never> {
  for (;;) {
    await delay(WATCH_EVERY_MS, undefined, { signal });
    const status = await connect.status(name, signal).catch(() => undefined);
    const failed = status === undefined ? undefined : failureOf(status);
    if (failed === undefined) continue;
    const message = `the connector ${name} failed: ${failed.error}`;
    throw new OperatorError({ code: 'connector-failed', message, found: failed.trace, exit: 1 });
  }
}

function openApplier(context: ObjectsContext, topics: readonly string[], add: (changes: number) => void) {
  const { ends, tables, store, folder, target, connectors, pipeline, held } = context;
  return startObjectsApplier({
    brokers: connectors?.brokers ?? [],
    groupId: objectsGroup(pipeline.mark),
    routes: tables.map(({ id }, at) => ({ table: id, topic: topics[at] ?? '' })),
    ...{ store, folder },
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

/** Says now and then how much was written since it was last said. */
function tally(say: (text: string) => void) {
  let changes = 0;
  let objects = 0;
  let saidMs = performance.now();
  const tell = (): void => {
    if (objects > 0) say(`${changes} changes in ${objects} objects`);
    [changes, objects, saidMs] = [0, 0, performance.now()];
  };
  return {
    add(more: number): void {
      changes += more;
      objects += 1;
      if (performance.now() - saidMs >= SAY_EVERY_MS) tell();
    },
    tell,
  };
}
