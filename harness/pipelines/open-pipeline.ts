import { startBuiltinApplier } from '#appliers/builtin/applier.ts';
import { connectClient } from '#clients/connect.ts';
import { type Admin, type Kafka, kafkaClient, logBounds } from '#clients/kafka.ts';
import { engineOf } from '#engines/index.ts';
import { createDatabase, dropDatabase, dropSlot, keepUnchangedValues, openNamed } from '#engines/postgres/admin.ts';
import {
  notificationTopic,
  SIGNAL_SQL,
  sinkConnectorConfig,
  sinkConnectorGroup,
  slotName,
  sourceConnectorConfig,
} from '#engines/postgres/connectors.ts';
import { createSinkTable } from '#engines/postgres/ddl.ts';
import { effectsOf, noteEffects } from '#engines/postgres/effects.ts';
import { jobRead } from '#engines/postgres/job-read.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database, Pipeline, Variant, VariantSpec } from '#model/pipeline.ts';
import type { TopicRoute } from '#model/position.ts';
import type { DatabaseServer, Stack } from '#model/stack.ts';
import type { Key } from '#model/values.ts';
import { type OpenLogView, openLogView } from '#verify/observe/log-view.ts';
import { openCapture } from './capture.ts';
import { type DisposableVariant, startConnectSink } from './connect-sink.ts';
import { openCopyJob } from './copy-job.ts';

export interface PipelineOptions {
  readonly stack: Stack;
  /** Names its databases, topics, slot, connectors and consumer groups. Lower case letters, digits and hyphens. */
  readonly name: string;
  /** The database of which the source becomes a copy. */
  readonly template: string;
  readonly variants: Readonly<Record<string, VariantSpec>>;
  /** Lets every sink note the order of its writes, so that what happened to a row between two looks can be told. */
  readonly effects?: boolean;
  /** Whether the connector reads the tables first. Default: `initial`. */
  readonly snapshot?: 'initial' | 'no_data';
  /** Goes on with a pipeline of this name that was suspended: its databases, topics and positions are there. */
  readonly suspended?: boolean;
  readonly signal: AbortSignal;
}

export interface OpenedPipeline extends Pipeline {
  /** Ends connectors and consumers in order, and keeps databases, topics, slot and positions, to go on with later. */
  suspend(): Promise<void>;
  readonly log: OpenLogView;
  /** Rows of all captured tables at the source now. */
  sourceRows(): Promise<number>;
}

/** Keys are spread over several partitions, as they are in production: order holds within a key only. */
const PARTITIONS = 2;
const RUNNING_LIMIT_MS = 60_000;
const SLOT_LIMIT_MS = 15_000;
/** Schemas of ours in the source, which are no subject. */
const OWN_SCHEMAS: ReadonlySet<string> = new Set(['driftlab']);

/**
 * Sets up one pipeline on a running stack: a source database, its topics, a connector, and every variant with a sink of
 * its own. Resolves when all of them run; the first snapshot is then under way. Disposing takes all of it away.
 */
export async function openPipeline(options: PipelineOptions): Promise<OpenedPipeline> {
  const { stack, name, signal } = options;
  const stackOf = new AsyncDisposableStack();
  const keeping: Keeping = { data: options.suspended ?? false, signal };
  try {
    const prefix = name;
    stackOf.defer(() => unless(keeping, () => dropDatabase(stack.source, name)));
    const source = await databaseOf(options, stack.source, name, options.template);
    stackOf.defer(() => source.close());
    await source.query(SIGNAL_SQL);
    const tables = await capturedTables(source);
    const routes = tables.map((table): TopicRoute => ({ topic: `${prefix}.${tableId(table)}`, table: tableId(table) }));
    const topics = routes.map((route) => route.topic);

    const kafka = kafkaClient(stack.brokers, undefined, signal);
    const admin = kafka.admin();
    await admin.connect();
    stackOf.defer(() => admin.disconnect());
    if (options.suspended !== true) await createTopics(admin, topics, prefix);
    const made = [...topics, notificationTopic(prefix)];
    stackOf.defer(() => unless(keeping, () => admin.deleteTopics({ topics: made }).catch(() => {})));

    const log = await openLogView({ brokers: stack.brokers, routes, source, signal });
    stackOf.defer(() => log[Symbol.asyncDispose]());

    const connect = connectClient(stack.connectUrl);
    stackOf.defer(() => unless(keeping, () => dropSlot(source, slotName(prefix), SLOT_LIMIT_MS).catch(() => {})));
    stackOf.defer(() => whileStanding(keeping, () => connect.delete(name).catch(() => {})));
    const config = sourceConnectorConfig({
      ...{ server: stack.source, database: name, prefix, tables: tables.map(tableId) },
      ...(options.snapshot === undefined ? {} : { snapshot: options.snapshot }),
    });
    const sourceRuns = connect
      .put(name, config, signal)
      .then(() => connect.awaitState(name, 'RUNNING', { limitMs: RUNNING_LIMIT_MS, signal }));
    // A rejection before it is awaited is not unhandled: it is thrown where it is awaited.
    sourceRuns.catch(() => {});
    const shared = { options, admin, kafka, routes, tables, keeping };
    const started = await Promise.allSettled(
      Object.entries(options.variants).map(([variant, spec]) => startVariant(shared, stackOf, variant, spec)),
    );
    const variants = new Map<string, Variant>();
    for (const result of started) {
      if (result.status === 'rejected') throw result.reason;
      variants.set(result.value.name, result.value);
    }
    await sourceRuns;
    const capture = openCapture({ connector: name, prefix, connect, kafka, source });
    const parts = stackOf.move();
    keeping.data = false;
    return {
      ...facade({ name, source, routes, log, admin, topics }),
      capture,
      variants,
      async suspend() {
        keeping.data = true;
        // Its orderly stop flushes its offsets; they outlive the connector.
        await capture.stop();
        await parts.disposeAsync();
      },
      [Symbol.asyncDispose]: () => parts.disposeAsync(),
    };
  } catch (error) {
    await stackOf.disposeAsync();
    throw error;
  }
}

interface Keeping {
  /** What a pipeline has made outlives it. A suspended one that could not be opened again is kept, too. */
  data: boolean;
  readonly signal: AbortSignal;
}

async function unless(keeping: Keeping, drop: () => Promise<void>): Promise<void> {
  if (!keeping.data) await whileStanding(keeping, drop);
}

/**
 * Leaves a step of taking a pipeline away undone where the run was aborted: its servers end next, and one that has died
 * would be waited for at every step. A pipeline that is kept is taken apart in order all the same.
 */
async function whileStanding({ data, signal }: Keeping, step: () => Promise<void>): Promise<void> {
  if (data || !signal.aborted) await step();
}

/** A new database, or the one that a suspended pipeline has left. */
async function databaseOf(
  { suspended }: PipelineOptions,
  server: DatabaseServer,
  name: string,
  template?: string,
): Promise<Database> {
  return suspended === true ? openNamed(server, name) : createDatabase(server, name, template);
}

/** The sink of a variant. */
export function sinkDatabase(pipeline: string, variant: string): string {
  return `${pipeline}_${variant}`;
}

/** The consumer group of a variant. */
export function consumerGroup(pipeline: string, variant: string, { kind }: VariantSpec): string {
  return kind === 'builtin' ? `${pipeline}-${variant}` : sinkConnectorGroup(sinkDatabase(pipeline, variant));
}

async function capturedTables(source: Database): Promise<readonly Table[]> {
  const tables = await engineOf(source).readCatalog(source);
  return tables.filter((table) => !OWN_SCHEMAS.has(table.schema));
}

async function createTopics(admin: Admin, topics: readonly string[], prefix: string): Promise<void> {
  await admin.createTopics({
    // kafkajs would wait, and give up at the first moment at which the broker does not know its new topic yet.
    waitForLeaders: false,
    topics: [
      ...topics.map((topic) => ({ topic, numPartitions: PARTITIONS, replicationFactor: 1 })),
      { topic: notificationTopic(prefix), numPartitions: 1, replicationFactor: 1 },
    ],
  });
  await logBounds(admin, [...topics, notificationTopic(prefix)]);
}

interface Shared {
  readonly options: PipelineOptions;
  readonly admin: Admin;
  readonly kafka: Kafka;
  readonly routes: readonly TopicRoute[];
  readonly tables: readonly Table[];
  readonly keeping: Keeping;
}

/** Creates a variant's sink and starts what fills it. What it leaves to be taken away goes onto `stackOf` at once. */
async function startVariant(
  { options, admin, routes, tables, keeping }: Shared,
  stackOf: AsyncDisposableStack,
  variant: string,
  spec: VariantSpec,
): Promise<Variant> {
  const { stack, name, signal } = options;
  const database = sinkDatabase(name, variant);
  stackOf.defer(() => unless(keeping, () => dropDatabase(stack.sink, database)));
  const sink = await databaseOf(options, stack.sink, database);
  stackOf.defer(() => sink.close());
  const keyed = spec.mode !== 'insert';
  if (options.suspended !== true) for (const table of tables) await createSinkTable(sink, table, { keyed });
  if (options.effects === true) for (const table of tables) await noteEffects(sink, table);
  const started: DisposableVariant = await startFilling({
    options,
    admin,
    routes,
    tables,
    variant,
    spec,
    sink,
    database,
    signal,
    stackOf,
  });
  const end = async (): Promise<void> => started[Symbol.asyncDispose]();
  stackOf.defer(() => (spec.kind === 'connect-sink' ? whileStanding(keeping, end) : end()));
  if (options.effects !== true) return started;
  return Object.assign(started, { effects: (table: TableId, keys: readonly Key[]) => effectsOf(sink, table, keys) });
}

interface Filling extends Pick<Shared, 'options' | 'admin' | 'routes' | 'tables'> {
  readonly variant: string;
  readonly spec: VariantSpec;
  readonly sink: Database;
  readonly database: string;
  readonly signal: AbortSignal;
  readonly stackOf: AsyncDisposableStack;
}

async function startFilling(filling: Filling): Promise<DisposableVariant> {
  const { options, admin, routes, tables, variant, spec, sink, database, signal, stackOf } = filling;
  const { stack, name } = options;
  const topics = routes.map((route) => route.topic);
  switch (spec.kind) {
    case 'builtin': {
      const applier = await startBuiltinApplier({
        name: variant,
        brokers: stack.brokers,
        groupId: consumerGroup(name, variant, spec),
        routes,
        sink,
        spec,
        signal,
      });
      return Object.assign(applier, { name: variant, spec, sink });
    }
    case 'connect-sink': {
      for (const table of options.suspended === true ? [] : tables) {
        const textColumns = table.columns.filter((column) => column.type === 'text').map((column) => column.name);
        await keepUnchangedValues(sink, { schema: table.schema, name: table.name, textColumns });
      }
      // The job writes as the connector does: over whatever is there.
      const job = stackOf.use(openCopyJob(sink, `${database}-job`));
      return startConnectSink(
        {
          name: variant,
          spec,
          connector: database,
          config: sinkConnectorConfig({ server: stack.sink, database, topics }),
          connect: connectClient(stack.sinkConnectUrl),
          admin,
          topics,
          sink,
          copyIn: (table, rows, lsn) => job.copyIn(table, rows, lsn),
        },
        signal,
      );
    }
  }
}

interface FacadeParts {
  readonly name: string;
  readonly source: Database;
  readonly routes: readonly TopicRoute[];
  readonly log: OpenLogView;
  readonly admin: Admin;
  readonly topics: readonly string[];
}

/** Resource type of a topic in Kafka's protocol. */
const TOPIC_RESOURCE = 2;

function facade({ name, source, routes, log, admin, topics }: FacadeParts) {
  return {
    name,
    source,
    routes,
    log,
    tables: () => capturedTables(source),
    jobRead: (table: Table, limit: number) => jobRead(source, table, limit),
    async sourceRows() {
      let rows = 0;
      for (const table of await capturedTables(source)) {
        const [row] = await source.query<{ count: string }>(`SELECT count(*) FROM "${table.schema}"."${table.name}"`);
        rows += Number(row?.count ?? 0);
      }
      return rows;
    },
    async configureTopics(config: Readonly<Record<string, string>>) {
      const configEntries = Object.entries(config).map(([key, value]) => ({ name: key, value }));
      await admin.alterConfigs({
        validateOnly: false,
        resources: topics.map((topic) => ({ type: TOPIC_RESOURCE, name: topic, configEntries })),
      });
    },
  };
}
