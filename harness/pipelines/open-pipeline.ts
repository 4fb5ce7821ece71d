import { tmpdir } from 'node:os';
import { type ConnectClient, connectClient } from '#clients/connect.ts';
import { type Admin, kafkaClient, logBounds } from '#clients/kafka.ts';
import { registryClient } from '#clients/registry.ts';
import { between } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { ColumnDefinition } from '#model/definition.ts';
import type { Database, Design, Pipeline, Replaced, Variant, VariantSpec } from '#model/pipeline.ts';
import { notificationTopic } from '#model/pipeline-names.ts';
import type { TopicRoute } from '#model/position.ts';
import type { SchemaRegistry } from '#model/registered-schema.ts';
import type { Stack } from '#model/stack.ts';
import type { Text } from '#model/values.ts';
import type { SetUpWatch } from '#model/workload.ts';
import { allToTheEnd } from '#std/all-to-the-end.ts';
import { type OpenLogView, openLogView } from '#verify/observe/log-view.ts';
import { openBinlog } from './binlog.ts';
import { openReplication, taskPlaces } from './cluster.ts';
import { type ColumnTypesOptions, columnTypes } from './column-types.ts';
import { databaseName, dropDatabase } from './databases.ts';
import { databaseOf, type Keeping, unless, whileStanding } from './keeping.ts';
import { consumerGroups, startVariant } from './open-variant.ts';
import { readByAny } from './own-sinks.ts';
import { planSources, type SourcesPlan, startSources } from './sources.ts';

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
  /** A pipeline of somebody's own, as far as it is not the lab's. */
  readonly design?: Design;
  /** Folder of the logs of programs; the system's folder for temporary files where it is left out. */
  readonly logs?: string;
  /** Told while SQL of a sink's owner runs. */
  readonly onWait?: SetUpWatch['onWait'];
  readonly signal: AbortSignal;
}

export interface OpenedPipeline extends Pipeline {
  /** Ends connectors and consumers in order, and keeps databases, topics, slot and positions, to go on with later. */
  suspend(): Promise<void>;
  readonly log: OpenLogView;
  /** Tables that the connectors write themselves. */
  readonly connectorTables: ReadonlySet<TableId>;
  /** Tables of which several connectors write every event, into one topic. */
  readonly doubled: readonly TableId[];
  /** Rows of all captured tables at the source now. */
  sourceRows(): Promise<number>;
}

/** Where nobody says how many: keys are spread over several, as they are in production, and order holds within a key only. */
const PARTITIONS = 2;
const SLOT_LIMIT_MS = 15_000;

/**
 * Sets up one pipeline on a running stack: a source database, its topics, a connector, and every variant with a sink of
 * its own. Resolves when all of them run; the first snapshot is then under way. Disposing takes all of it away.
 */
export async function openPipeline(options: PipelineOptions): Promise<OpenedPipeline> {
  const { stack, name, signal } = options;
  const stackOf = new AsyncDisposableStack();
  const keeping: Keeping = { data: options.suspended ?? false, signal };
  try {
    const suspended = options.suspended === true;
    const source = await openSource(stackOf, options, keeping);
    const all = await ownTables(source);
    const plan = planSources({
      ...{ stack, pipeline: name, database: source.name, tables: all },
      ...{ design: options.design, snapshot: options.snapshot },
    });
    const { routes, uncaptured, prefix } = plan;
    const captured = new Set(routes.map(({ table }) => table));
    const tables = all.filter((table) => captured.has(tableId(table)));
    const topics = [...new Set(routes.map((route) => route.topic))];

    const kafka = kafkaClient(stack.brokers, undefined, signal);
    const admin = kafka.admin();
    await admin.connect();
    stackOf.defer(() => admin.disconnect());
    const made = [...topics, notificationTopic(prefix)];
    if (!suspended) await createTopics(admin, made, plan.partitions);
    releaseAtEnd(stackOf, { options, keeping, source, admin, topics: [...made, ...plan.connectorTopics] });
    const connect = connectClient(stack.workers.source);
    const beside = sideBySide(stackOf);
    const formats = formatSources(stack, { source, connectors: plan.connectors, routes, tables: all });
    const log = await openLogView({ brokers: stack.brokers, routes, source, signal, ...formats });
    beside().use(log);
    beside().defer(() =>
      whileStanding(keeping, () => {
        // Another pipeline of this name on the same servers must not go on where this one was.
        const forget = options.design !== undefined && !keeping.data;
        return removeConnectors(connect, plan.connectors, forget);
      }),
    );
    const sources = startSources(plan, { connect, kafka, source, signal, ...formats });
    const replaced: Replaced[] = [...plan.replaced];
    const unchecked: string[] = [];
    const context = {
      ...{ pipeline: name, stack, source, suspended, design: options.design, prefix, admin, routes, tables, keeping },
      ...{ signal, ...formats, eventKeys: plan.eventKeys, unseenHeaders: plan.emptyHeaders },
      readByAny: readByAny({ design: options.design, routes }, Object.values(options.variants)),
      effects: options.effects === true,
      ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
      logs: options.logs ?? tmpdir(),
      onReplaced: (more: readonly Replaced[]) => replaced.push(...more),
      onUnchecked: (more: readonly string[]) => unchecked.push(...more),
    };
    const variants = await startAll(options.variants, (variant, spec) =>
      startVariant(context, beside(), variant, spec),
    );
    const capture = await sources;
    const parts = stackOf.move();
    keeping.data = false;
    return {
      ...facade({ name, source, routes, log, admin, topics, captured, connectors: plan.connectors, ...formats }),
      capture,
      variants,
      replication: openReplication(admin, stack, topics),
      tasks: (end) => taskPlaces(stack, end),
      uncaptured,
      replaced,
      unchecked,
      doubled: plan.doubled,
      connectorTables: new Set(options.design?.connectorTables?.map(({ table }) => table)),
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

/** Where readers of the log find what its records do not say themselves. */
function formatSources({ registry }: Pick<Stack, 'registry'>, captured: ColumnTypesOptions) {
  return {
    registry: registry === undefined ? undefined : registryClient(registry.url),
    columns: columnTypes(captured),
  };
}

async function openSource(
  stackOf: AsyncDisposableStack,
  { stack, name, template, suspended, design }: PipelineOptions,
  keeping: Keeping,
): Promise<Database> {
  // Where a database's name is part of what configurations say, it is their owner's.
  const database = design?.database ?? databaseName(stack.source, name);
  stackOf.defer(() => unless(keeping, () => dropDatabase(stack, 'source', database)));
  const source = await databaseOf(suspended, stack, 'source', database, template);
  stackOf.defer(() => source.close());
  // Somebody's own source is left as it is.
  if (lacksConnector(design)) await engineOf(source).source.prepareSignals(source);
  return source;
}

interface Released {
  readonly options: PipelineOptions;
  readonly keeping: Keeping;
  readonly source: Database;
  readonly admin: Admin;
  readonly topics: readonly string[];
}

/** What the pipeline leaves on the servers goes with it, unless it is kept: topics, slots, and groups of programs. */
function releaseAtEnd(stackOf: AsyncDisposableStack, { options, keeping, source, admin, topics }: Released): void {
  stackOf.defer(() => unless(keeping, () => deleteTopics(admin, topics).catch(() => {})));
  stackOf.defer(() =>
    unless(keeping, () =>
      engineOf(source)
        .source.release(source, SLOT_LIMIT_MS)
        .catch(() => {}),
    ),
  );
  if (options.design === undefined) return;
  const groups = Object.entries(options.variants).flatMap(([variant, spec]) =>
    consumerGroups(options.name, variant, spec),
  );
  stackOf.defer(() => unless(keeping, () => admin.deleteGroups(groups).then(noResult, noResult)));
}

/** Those of them that are there: a connector makes some only when it has something for them, and a client asks for others in vain. */
async function deleteTopics(admin: Admin, topics: readonly string[]): Promise<void> {
  const there = new Set(await admin.listTopics());
  await admin.deleteTopics({ topics: topics.filter((topic) => there.has(topic)) });
}

/** Whatever reads or writes the log ends side by side: each takes its time, and none needs another. */
function sideBySide(stackOf: AsyncDisposableStack): () => AsyncDisposableStack {
  const parallel: AsyncDisposableStack[] = [];
  stackOf.defer(() => allToTheEnd(parallel.map((own) => own.disposeAsync())));
  return () => {
    const own = new AsyncDisposableStack();
    parallel.push(own);
    return own;
  };
}

async function removeConnectors(
  connect: ConnectClient,
  connectors: readonly { readonly name: string }[],
  forget: boolean,
): Promise<void> {
  for (const { name } of connectors) {
    if (forget) await forgetOffsets(connect, name).catch(() => {});
    await connect.delete(name).catch(() => {});
  }
}

/** Starts all variants at once, and throws for the first that failed only when all others have started. */
async function startAll(
  specs: PipelineOptions['variants'],
  start: (name: string, spec: VariantSpec) => Promise<Variant>,
): Promise<Map<string, Variant>> {
  const started = await Promise.allSettled(Object.entries(specs).map(([name, spec]) => start(name, spec)));
  const variants = new Map<string, Variant>();
  for (const result of started) {
    if (result.status === 'rejected') throw result.reason;
    variants.set(result.value.name, result.value);
  }
  return variants;
}

function noResult(): void {}

async function forgetOffsets(connect: ConnectClient, connector: string): Promise<void> {
  await connect.change(connector, 'stop');
  await connect.awaitState(connector, 'STOPPED', { limitMs: SLOT_LIMIT_MS });
  await connect.resetOffsets(connector);
}

/** Whether the lab's own connector captures the source. */
function lacksConnector(design: Design | undefined): boolean {
  return design === undefined || design.connectors.length === 0;
}

async function ownTables(source: Database): Promise<readonly Table[]> {
  const { compare, source: port } = engineOf(source);
  // The schema of ours is no subject.
  return (await compare.readCatalog(source)).filter(({ schema }) => schema !== port.ownSchema);
}

async function createTopics(
  admin: Admin,
  topics: readonly string[],
  partitions: ReadonlyMap<string, number>,
): Promise<void> {
  await admin.createTopics({
    // kafkajs would wait, and give up at the first moment at which the broker does not know its new topic yet.
    waitForLeaders: false,
    // As often replicated as the broker has it.
    topics: topics.map((topic) => ({
      topic,
      numPartitions: topic.endsWith('.notifications') ? 1 : (partitions.get(topic) ?? PARTITIONS),
    })),
  });
  await logBounds(admin, topics);
}

interface FacadeParts {
  readonly name: string;
  readonly source: Database;
  readonly routes: readonly TopicRoute[];
  readonly log: OpenLogView;
  readonly admin: Admin;
  readonly topics: readonly string[];
  readonly captured: ReadonlySet<TableId>;
  readonly connectors: SourcesPlan['connectors'];
  readonly registry: SchemaRegistry | undefined;
}

/** See {@link Pipeline.cleanUpChanges}. */
function cleaning(source: Database, captured: ReadonlySet<TableId>): Pick<Pipeline, 'cleanUpChanges'> {
  const { cleanUp } = engineOf(source).source;
  if (cleanUp === undefined) return {};
  return { cleanUpChanges: (of) => cleanUp(source, of === 'own-tables' ? captured : undefined) };
}

function altering(source: Database): Pick<Pipeline, 'alterColumn'> {
  const { alterColumn } = engineOf(source).source;
  return alterColumn === undefined ? {} : { alterColumn: (table, change) => alterColumn(source, table, change) };
}

/** Resource type of a topic in Kafka's protocol. */
const TOPIC_RESOURCE = 2;

function facade({ name, source, routes, log, admin, topics, captured, connectors, registry }: FacadeParts) {
  const tables = async (): Promise<readonly Table[]> =>
    (await ownTables(source)).filter((table) => captured.has(tableId(table)));
  return {
    name,
    source,
    routes,
    log,
    ...openBinlog({ source, admin, connectors }),
    ...cleaning(source, captured),
    ...(registry === undefined ? {} : { registry }),
    tableId: (table: string) => (table.includes('.') ? table : `${engineOf(source).dialect.defaultSchema}.${table}`),
    async firstAtSink({ sink }: Variant, table: TableId, column: string) {
      const engine = engineOf(sink);
      const { quote, quoteTable } = engine.dialect;
      const [name, received] = [quote(column), quote('_cdc_received')];
      const from = quoteTable(between(engineOf(source), engine).sinkId(table));
      // Of several rows any will do. There is no LIMIT in T-SQL.
      const [row] = await sink.query<{ value: Text; received: Text }>(
        `SELECT t.${name} AS ${quote('value')}, t.${received} AS received FROM ${from} AS t WHERE t.${received} IS NOT NULL
         AND t.${name} = (SELECT MIN(least.${name}) FROM ${from} AS least WHERE least.${received} IS NOT NULL)`,
      );
      return row;
    },
    addColumn: (table: TableId, column: ColumnDefinition) => engineOf(source).source.addColumn(source, table, column),
    ...altering(source),
    async addColumnAtSink({ sink }: Variant, table: TableId, column: ColumnDefinition) {
      const engine = engineOf(sink);
      await engine.source.addColumn(sink, between(engineOf(source), engine).sinkId(table), column);
    },
    tables,
    jobRead: (table: Table, limit: number) => engineOf(source).source.jobRead(source, table, limit),
    async sourceRows() {
      const { dialect } = engineOf(source);
      let rows = 0;
      for (const table of await tables()) {
        const [row] = await source.query<{ count: string }>(
          `SELECT count(*) AS count FROM ${dialect.quoteTable(tableId(table))}`,
        );
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
