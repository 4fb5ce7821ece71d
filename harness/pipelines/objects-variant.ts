import { join } from 'node:path';
import { type ObjectsProcess, startObjectsProcess } from '#appliers/objects/process.ts';
import type { ObjectsSettings } from '#appliers/objects/settings.ts';
import { committedOffsets } from '#clients/kafka.ts';
import { type ObjectStore, openObjectStore } from '#clients/s3.ts';
import { objectKind } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import { tableId } from '#model/catalog.ts';
import type { ObjectFormat, ObjectsSink, RunStatus, VariantSpec } from '#model/pipeline.ts';
import type { StackObjects } from '#model/stack.ts';
import { changesFolder, setsFolder, tableOfChanges } from '#objects/object-set.ts';
import { OperatorError } from '#std/errors.ts';
import { parquetChanges } from '#verify/observe/objects/parquet-changes.ts';
import type { DisposableVariant } from './connect-sink.ts';
import type { VariantContext } from './open-variant.ts';
import { BUCKET, bucketAt, emptyFolder, neededStore, noDatabase, prepareFolder } from './store-folder.ts';

/** Small, so that there are many of them, and one that is lost or doubled is a part of the table. */
const OBJECT_RECORDS = 1000;
const OBJECT_BYTES = 1024 * 1024;
const HELD_BYTES = 16 * 1024 * 1024;

interface ObjectsVariantOptions {
  readonly variant: string;
  readonly spec: VariantSpec;
  readonly groupId: string;
  /** The folder of its objects in the lab's bucket. */
  readonly folder: string;
}

/** A variant whose changes the lab's own applier writes into objects, one folder of a bucket each variant. */
export async function startObjectsVariant(
  context: VariantContext,
  { variant, spec, groupId, folder }: ObjectsVariantOptions,
): Promise<DisposableVariant> {
  const { stack, source, admin, tables } = context;
  const objects = neededStore(stack.objects);
  const sets = setsFolder('', folder);
  using opened = new DisposableStack();
  const direct = opened.use(openObjectStore(bucketAt(objects, objects.endpoint)));
  const onWay = opened.use(openObjectStore(bucketAt(objects, objects.way.endpoint)));
  const routes = context.routes.filter(({ table }) => tables.some((one) => tableId(one) === table));
  const topics = [...new Set(routes.map(({ topic }) => topic))];
  if (!context.suspended) await prepareFolder(direct, sets);
  const settings = settingsOf(context, { spec, sets, objects, groupId, routes });
  let starts = 0;
  const run = openRun(() => {
    starts += 1;
    const log = join(context.logs, `${folder}-${starts}.log`);
    return startObjectsProcess({ name: variant, programs: stack.programs, settings, log, signal: context.signal });
  });
  await run.start();
  const stores = opened.move();
  return {
    ...{ name: variant, spec, sink: noDatabase(source, `s3://${BUCKET}/${sets}`), jumps: [] },
    objects: objectsSink(onWay, { sets, tables, format: spec.objects?.format }),
    status: async () => run.status(),
    pause: run.pause,
    resume: run.start,
    async restartFailed() {
      await run.kill();
      await run.start();
    },
    crash: run.kill,
    applied: () => committedOffsets(admin, groupId, topics),
    copyIn: async () => {
      throw new OperatorError({
        code: 'no-copy',
        message: `${variant} writes objects, into which no job copies rows`,
        expected: 'a variant whose sink is a database',
        found: spec.title,
      });
    },
    async [Symbol.asyncDispose]() {
      await run.end();
      if (!context.keeping.data && !context.signal.aborted) await emptyFolder(direct, sets).catch(() => {});
      stores.dispose();
    },
  };
}

interface Read extends Pick<VariantContext, 'tables'> {
  readonly sets: string;
  readonly format: ObjectFormat | undefined;
}

function objectsSink(store: ObjectStore, { sets, tables, format }: Read): ObjectsSink {
  return {
    place: `${BUCKET}/${sets}`,
    tables,
    async *list(signal) {
      for await (const { key, etag } of store.list(changesFolder(sets), signal)) yield { key, version: etag };
    },
    get: (key, signal) => store.get(key, signal),
    tableOf: (key) => tableOfChanges(sets, key),
    ...(format === 'parquet' ? { rows: (_, body) => parquetChanges(body) } : {}),
  };
}

interface Writing {
  readonly spec: VariantSpec;
  readonly sets: string;
  readonly objects: StackObjects;
  readonly groupId: string;
  readonly routes: VariantContext['routes'];
}

function settingsOf(
  { stack, source, tables }: VariantContext,
  { spec, sets, objects, groupId, routes }: Writing,
): ObjectsSettings {
  const { dialect } = engineOf(source);
  const { format, names, flushMs } = spec.objects ?? { format: 'jsonl', names: 'offsets', flushMs: 1000 };
  const { brokers, registry } = stack.seen('consumers');
  return {
    ...{ brokers, groupId, routes, folder: sets, format, names, engine: source.engine },
    s3: bucketAt(objects, objects.way.endpoint),
    kinds: new Map(
      tables.map((table) => [
        tableId(table),
        new Map(table.columns.map((column) => [column.name, objectKind(dialect.kindOf(column))])),
      ]),
    ),
    flush: { records: OBJECT_RECORDS, bytes: OBJECT_BYTES, heldBytes: HELD_BYTES, ms: flushMs },
    ...(registry === undefined ? {} : { registry: registry.url }),
  };
}

/** A process that ends and is started again. */
interface Run {
  status(): RunStatus;
  /** Where it was paused or killed; what has failed stays so until it is killed. */
  start(): Promise<void>;
  /** Has it write what it holds. What has failed stays as it is. */
  pause(): Promise<void>;
  kill(): Promise<void>;
  end(): Promise<void>;
}

function openRun(begin: () => Promise<ObjectsProcess>): Run {
  let running: ObjectsProcess | undefined;
  let otherwise: RunStatus = { state: 'stopped' };
  const end = async (by: 'stop' | 'kill', state: 'paused' | 'stopped'): Promise<void> => {
    const ending = running;
    [running, otherwise] = [undefined, { state }];
    await ending?.[by]();
  };
  return {
    status() {
      if (running === undefined) return otherwise;
      const { failure } = running;
      return failure === undefined ? { state: 'running' } : { state: 'failed', error: failure };
    },
    async start() {
      running ??= await begin();
    },
    async pause() {
      if (running?.failure === undefined) await end('stop', 'paused');
    },
    kill: () => end('kill', 'stopped'),
    end: () => end('stop', 'stopped'),
  };
}
