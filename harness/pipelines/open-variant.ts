import { startBuiltinApplier } from '#appliers/builtin/applier.ts';
import { startCommand } from '#appliers/command/command.ts';
import { connectClient } from '#clients/connect.ts';
import type { Admin } from '#clients/kafka.ts';
import { engineOf } from '#engines/index.ts';
import { createDatabase, dropDatabase, keepUnchangedValues, openNamed } from '#engines/postgres/admin.ts';
import { sinkConnectorConfig } from '#engines/postgres/connectors.ts';
import { createSinkTable } from '#engines/postgres/ddl.ts';
import { effectsOf, noteEffects } from '#engines/postgres/effects.ts';
import { runSqlFiles } from '#engines/postgres/sql-file.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database, Design, Replaced, Variant, VariantSpec } from '#model/pipeline.ts';
import type { TopicRoute } from '#model/position.ts';
import type { DatabaseServer, Stack } from '#model/stack.ts';
import type { Key } from '#model/values.ts';
import { type DisposableVariant, startConnectSink } from './connect-sink.ts';
import { openCopyJob } from './copy-job.ts';
import { tablesMadeBy } from './own-connectors.ts';
import { connectorName, groupOf, startOwnSinks, subscribedTo, tablesRead } from './own-sinks.ts';
import { uncomparedTopics } from './topics.ts';

export interface Keeping {
  /** What a pipeline has made outlives it. A suspended one that could not be opened again is kept, too. */
  data: boolean;
  readonly signal: AbortSignal;
}

export async function unless(keeping: Keeping, drop: () => Promise<void>): Promise<void> {
  if (!keeping.data) await whileStanding(keeping, drop);
}

/**
 * Leaves a step of taking a pipeline away undone where the run was aborted: its servers end next, and one that has died
 * would be waited for at every step. A pipeline that is kept is taken apart in order all the same.
 */
export async function whileStanding({ data, signal }: Keeping, step: () => Promise<void>): Promise<void> {
  if (data || !signal.aborted) await step();
}

/** A new database, or the one that a suspended pipeline has left. */
export async function databaseOf(
  suspended: boolean | undefined,
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

/** The consumer groups of a variant: one, or one for each of its owner's connectors. */
export function consumerGroups(pipeline: string, variant: string, { kind, config, connectors }: VariantSpec): string[] {
  if (kind !== 'connect-sink') return [`${pipeline}-${variant}`];
  const database = sinkDatabase(pipeline, variant);
  return connectors === undefined
    ? [groupOf(database, config)]
    : connectors.map(({ config }, index) => groupOf(connectorName(database, connectors, index), config));
}

/** What the variants of one pipeline share. */
export interface VariantContext {
  readonly pipeline: string;
  readonly stack: Stack;
  readonly suspended: boolean;
  readonly design: Design | undefined;
  /** The prefix of the first source connector's topics. */
  readonly prefix: string;
  readonly admin: Admin;
  readonly routes: readonly TopicRoute[];
  readonly tables: readonly Table[];
  readonly keeping: Keeping;
  /** Lets every sink note the order of its writes. */
  readonly effects: boolean;
  /** Folder of the logs of programs. */
  readonly logs: string;
  readonly signal: AbortSignal;
  readonly onReplaced: (replaced: readonly Replaced[]) => void;
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
  stackOf.defer(() => unless(keeping, () => dropDatabase(stack.sink, database)));
  const sink = await databaseOf(suspended, stack.sink, database);
  stackOf.defer(() => sink.close());
  if (!suspended) await makeTables(context, sink, spec);
  if (context.effects) for (const table of context.tables) await noteEffects(sink, table);
  const started = await startFilling(context, { variant, spec, sink, database, stackOf });
  const end = async (): Promise<void> => started[Symbol.asyncDispose]();
  stackOf.defer(() => (spec.kind === 'connect-sink' ? whileStanding(keeping, end) : end()));
  if (!context.effects) return started;
  return Object.assign(started, { effects: (table: TableId, keys: readonly Key[]) => effectsOf(sink, table, keys) });
}

/** Tables by their owner's SQL, or as the source's; none where a connector that reads their topics is to make its own. */
async function makeTables(context: VariantContext, sink: Database, spec: VariantSpec): Promise<void> {
  const { design, tables, routes } = context;
  const own = spec.connectors !== undefined || spec.kind === 'command';
  const sql = own ? (design?.sinkSql ?? []) : [];
  const makers = (spec.connectors ?? []).filter(({ config }) => tablesMadeBy(config) !== 'none');
  if (sql.length > 0) await runSqlFiles(sink, sql);
  else {
    const creators = makers.filter(({ config }) => tablesMadeBy(config) === 'created');
    const created = new Set(creators.flatMap(({ config }) => tablesRead(routes, subscribedTo(context, spec, config))));
    for (const table of tables)
      if (!created.has(tableId(table))) await createSinkTable(sink, table, { keyed: spec.mode !== 'insert' });
  }
  // What is still to be made cannot be held against anything; a program makes tables, too, where it is given none.
  if (makers.length > 0 || (spec.kind === 'command' && sql.length === 0)) return;
  await spec.checkSink?.(sink, tables, await engineOf(sink).readCatalog(sink));
}

interface Filling {
  readonly variant: string;
  readonly spec: VariantSpec;
  readonly sink: Database;
  readonly database: string;
  readonly stackOf: AsyncDisposableStack;
}

async function startFilling(context: VariantContext, filling: Filling): Promise<DisposableVariant> {
  const { stack, pipeline, admin, routes, tables, signal, suspended } = context;
  const { variant, spec, sink, database, stackOf } = filling;
  const topics = [...new Set(routes.map((route) => route.topic))];
  const [groupId = ''] = consumerGroups(pipeline, variant, spec);
  switch (spec.kind) {
    case 'builtin': {
      const applier = await startBuiltinApplier({
        name: variant,
        brokers: stack.brokers,
        groupId,
        routes,
        sink,
        spec,
        signal,
      });
      return Object.assign(applier, { name: variant, spec, sink });
    }
    case 'connect-sink': {
      const job = stackOf.use(openCopyJob(sink, `${database}-job`));
      const connect = connectClient(stack.sinkConnectUrl);
      const observed = context.design !== undefined;
      const copyIn: Variant['copyIn'] = (table, rows, lsn) => job.copyIn(table, rows, lsn);
      const shared = { name: variant, connect, admin, sink, observed, copyIn };
      if (spec.connectors !== undefined)
        return startOwnSinks({ ...context, variant, spec, database, connectors: spec.connectors, shared });
      for (const table of suspended ? [] : tables) {
        const textColumns = table.columns.filter((column) => column.type === 'text').map((column) => column.name);
        await keepUnchangedValues(sink, { schema: table.schema, name: table.name, textColumns });
      }
      const lab = sinkConnectorConfig({ server: stack.sink, database, topics });
      const config = { ...lab, ...spec.config };
      // The job writes as the connector does: over whatever is there.
      return startConnectSink({ ...shared, spec, connector: database, groupId, config, topics, unread: [] }, signal);
    }
    case 'command': {
      const job = stackOf.use(openCopyJob(sink, `${database}-job`));
      const command = await startCommand({
        ...{ name: variant, spec, stack, groupId, topics, admin, sink, database, signal },
        uncompared: uncomparedTopics(spec, routes, tables),
        prefix: context.prefix,
        logs: context.logs,
      });
      return Object.assign(command, {
        copyIn: ((table, rows, lsn) => job.copyIn(table, rows, lsn)) satisfies Variant['copyIn'],
      });
    }
  }
}
