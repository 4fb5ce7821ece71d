import { startBuiltinApplier } from '#appliers/builtin/applier.ts';
import { startCommand } from '#appliers/command/command.ts';
import { connectClient } from '#clients/connect.ts';
import { type Admin, forEver } from '#clients/kafka.ts';
import { type Between, between } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import type { ColumnTypes } from '#log/formats/column-types.ts';
import { type Table, type TableId, tableId, type UniqueKey } from '#model/catalog.ts';
import type { Database, Design, Replaced, Variant, VariantSpec } from '#model/pipeline.ts';
import { consumerGroup, sinkConnectorGroup } from '#model/pipeline-names.ts';
import type { TopicRoute } from '#model/position.ts';
import type { SchemaSource } from '#model/registered-schema.ts';
import type { Stack } from '#model/stack.ts';
import type { Key } from '#model/values.ts';
import type { SetUpWatch } from '#model/workload.ts';
import { type DisposableVariant, startConnectSink } from './connect-sink.ts';
import { openCopyJob } from './copy-job.ts';
import { databaseName, dropDatabase } from './databases.ts';
import { startIcebergVariant } from './iceberg-variant.ts';
import { databaseOf, type Keeping, unless, whileStanding } from './keeping.ts';
import { startObjectsVariant } from './objects-variant.ts';
import { tablesMadeBy } from './own-connectors.ts';
import { connectorName, startOwnSinks, subscribedTo, tablesRead } from './own-sinks.ts';
import { comparedTables, excludedColumns, makeSinkTables, type TablesContext } from './sink-tables.ts';
import { uncomparedTopics } from './topics.ts';

/** What a variant's sink is called, and its connector and its group. */
export function sinkDatabase(pipeline: string, variant: string): string {
  return `${pipeline}_${variant}`;
}

/** The consumer groups of a variant: one, or one for each of its owner's connectors. */
export function consumerGroups(pipeline: string, variant: string, { kind, config, connectors }: VariantSpec): string[] {
  const database = sinkDatabase(pipeline, variant);
  if (kind === 'iceberg') return [sinkConnectorGroup(database)];
  if (kind !== 'connect-sink') return [`${pipeline}-${variant}`];
  return connectors === undefined
    ? [consumerGroup(database, config)]
    : connectors.map(({ config }, index) => consumerGroup(connectorName(database, connectors, index), config));
}

/** What the variants of one pipeline share. */
export interface VariantContext {
  readonly pipeline: string;
  readonly stack: Stack;
  readonly source: Database;
  readonly suspended: boolean;
  readonly design: Design | undefined;
  /** The prefix of the first source connector's topics. */
  readonly prefix: string;
  readonly admin: Admin;
  readonly routes: readonly TopicRoute[];
  /** The topics that at least one subject reads. */
  readonly readByAny: ReadonlySet<string>;
  readonly tables: readonly Table[];
  /** The keys of a table's events where they are not the table's own. */
  readonly eventKeys: ReadonlyMap<TableId, UniqueKey>;
  /** Headers of records that a sink's connector is to see nothing of. */
  readonly unseenHeaders?: readonly string[];
  readonly keeping: Keeping;
  /** Has the schemas that stand in no record. */
  readonly registry?: SchemaSource | undefined;
  /** Says how columns are written of which records carry no schema. */
  readonly columns?: ColumnTypes | undefined;
  /** Lets every sink note the order of its writes. */
  readonly effects: boolean;
  /** Folder of the logs of programs. */
  readonly logs: string;
  readonly onWait?: SetUpWatch['onWait'];
  readonly signal: AbortSignal;
  readonly onReplaced: (replaced: readonly Replaced[]) => void;
  /** Is told what of a sink is not as a person would expect. */
  readonly onUnchecked: (told: readonly string[]) => void;
}

/** Creates a variant's sink and starts what fills it. What it leaves to be taken away goes onto `stackOf` at once. */
export async function startVariant(
  context: VariantContext,
  stackOf: AsyncDisposableStack,
  variant: string,
  spec: VariantSpec,
): Promise<Variant> {
  const { stack, pipeline, suspended, keeping } = context;
  const database = sinkDatabase(pipeline, variant);
  if (spec.kind === 'objects') {
    const [groupId = ''] = consumerGroups(pipeline, variant, spec);
    return stackOf.use(await startObjectsVariant(context, { variant, spec, groupId, folder: database }));
  }
  if (spec.kind === 'iceberg') {
    const [groupId = ''] = consumerGroups(pipeline, variant, spec);
    const started = await startIcebergVariant(context, { variant, spec, groupId, database, stackOf });
    stackOf.defer(() => whileStanding(keeping, async () => started[Symbol.asyncDispose]()));
    return started;
  }
  const named = databaseName(stack.sink, database);
  stackOf.defer(() => unless(keeping, () => dropDatabase(stack, 'sink', named)));
  const sink = await databaseOf(suspended, stack, 'sink', named);
  stackOf.defer(() => sink.close());
  const across = between(engineOf(context.source), engineOf(sink));
  if (!suspended) {
    const { source, design, signal, onWait } = context;
    const watch = { signal, ...(onWait === undefined ? {} : { onWait }) };
    const own = { ...madeByConnectors(context, spec), tables: tablesFor(context, spec) };
    context.onUnchecked(await makeSinkTables({ source, sink, spec, design, watch, across, ...own }));
  }
  if (context.effects)
    for (const table of comparedTables(spec, context.tables))
      await engineOf(sink).sink.noteEffects(sink, across.atSink(table));
  const started = await startFilling(context, { variant, spec, sink, database, stackOf, across });
  const end = async (): Promise<void> => started[Symbol.asyncDispose]();
  stackOf.defer(() => (spec.kind === 'connect-sink' ? whileStanding(keeping, end) : end()));
  const { copyIn } = started;
  const translated = Object.assign(started, {
    copyIn: ((table, rows, lsn) => copyIn(across.atSink(table), rows, lsn)) satisfies Variant['copyIn'],
  });
  if (!context.effects) return translated;
  return Object.assign(translated, {
    effects: (table: TableId, keys: readonly Key[]) => engineOf(sink).sink.effectsOf(sink, across.sinkId(table), keys),
  });
}

/** Tables that a variant's connectors make by themselves, and whether any of them changes what is there. */
function madeByConnectors(context: VariantContext, spec: VariantSpec): Pick<TablesContext, 'created' | 'makes'> {
  const makers = (spec.connectors ?? []).filter(({ config }) => tablesMadeBy(config) !== 'none');
  const creators = makers.filter(({ config }) => tablesMadeBy(config) === 'created');
  const read = creators.flatMap(({ config }) => tablesRead(context.routes, subscribedTo(context, spec, config)));
  return { created: new Set(read), makes: makers.length > 0 };
}

/** The lab's own applier writes by a table's own key, whatever the records' is; all others by what the records bring. */
function tablesFor({ tables, eventKeys }: VariantContext, { kind }: VariantSpec): readonly Table[] {
  if (kind === 'builtin' || eventKeys.size === 0) return tables;
  return tables.map((table): Table => {
    const key = eventKeys.get(tableId(table));
    if (key === undefined) return table;
    return key.namesRows ? { ...table, key: key.columns } : { ...table, key: [], unique: key };
  });
}

interface Filling {
  readonly variant: string;
  readonly spec: VariantSpec;
  readonly sink: Database;
  readonly database: string;
  readonly stackOf: AsyncDisposableStack;
  readonly across: Between;
}

async function startFilling(context: VariantContext, filling: Filling): Promise<DisposableVariant> {
  const { stack, pipeline, admin, routes, tables, signal, suspended } = context;
  const { variant, spec, sink, database, stackOf, across } = filling;
  const topics = [...new Set(routes.map((route) => route.topic))];
  const [groupId = ''] = consumerGroups(pipeline, variant, spec);
  switch (spec.kind) {
    case 'builtin':
      return startBuiltin(context, filling, groupId);
    case 'connect-sink': {
      const job = stackOf.use(openCopyJob(sink, `${database}-job`, across));
      const connect = connectClient(stack.workers.sink);
      const observed = context.design !== undefined;
      const shared = { name: variant, connect, admin, sink, observed, copyIn: job.copyIn };
      if (spec.connectors !== undefined)
        return startOwnSinks({ ...context, variant, spec, database, connectors: spec.connectors, shared });
      const engine = engineOf(sink).sink;
      for (const table of suspended ? [] : comparedTables(spec, tables))
        await engine.keepUnchangedValues(sink, across.atSink(table));
      const unread = uncomparedTopics(spec, routes, tables);
      const read = topics.filter((topic) => !unread.includes(topic));
      const lab = engine.connectorConfig({
        ...{ server: stack.seen('sinks').sink, database: sink.name, topics: read, foreign: !across.alike },
      });
      const config = { ...lab, ...spec.config };
      // What explains a failure reads all of its properties, and not only those that differ from the lab's own.
      const whole = { ...spec, config };
      // The job writes as the connector does: over whatever is there.
      return startConnectSink(
        { ...shared, spec: whole, connector: database, groupId, config, topics: read, unread },
        signal,
      );
    }
    case 'objects':
    case 'iceberg':
      throw new Error('objects are in no database');
    case 'command': {
      const job = stackOf.use(openCopyJob(sink, `${database}-job`, across));
      const command = await startCommand({
        ...{ name: variant, spec, stack, groupId, topics, admin, sink, database, signal },
        uncompared: uncomparedTopics(spec, routes, tables),
        prefix: context.prefix,
        logs: context.logs,
      });
      return Object.assign(command, {
        copyIn: job.copyIn,
      });
    }
  }
}

/** The lab's applier reads the topics of which something is compared; of the others it is as far as it will ever be. */
async function startBuiltin(
  { stack, admin, routes, tables, registry, columns, signal }: VariantContext,
  { variant, spec, sink, across }: Filling,
  groupId: string,
): Promise<DisposableVariant> {
  const unread = uncomparedTopics(spec, routes, tables);
  const excluded = excludedColumns(spec, tables);
  const shapes = new Map(
    tables.map((table) => {
      const exclude = excluded.get(tableId(table));
      return [
        across.sinkId(tableId(table)),
        { key: table.key, ...(exclude === undefined ? {} : { exclude }) },
      ] as const;
    }),
  );
  const { sink: server, brokers } = stack.seen('consumers');
  const url = engineOf(sink).server.url(server, sink.name);
  const applier = await startBuiltinApplier({
    name: variant,
    brokers,
    groupId,
    routes: routes
      .filter(({ topic }) => !unread.includes(topic))
      .map(({ topic, table }) => ({ topic, table: across.sinkId(table) })),
    sink: { engine: sink.engine, url },
    ...(url === sink.url ? {} : { beside: sink }),
    spec,
    ...{ registry, columns, signal },
    widePositions: across.widePositions,
    ...(spec.pair === undefined ? {} : { shapes }),
  });
  const { applied } = applier;
  return Object.assign(applier, {
    ...{ name: variant, spec, sink },
    applied: async () => new Map([...(await applied()), ...(await forEver(admin, unread))]),
  });
}
