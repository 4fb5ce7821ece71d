import { tmpdir } from 'node:os';
import { kafkaClient } from '#clients/kafka.ts';
import { reached } from '#engine/drain.ts';
import { engineOf } from '#engines/index.ts';
import type { Table } from '#model/catalog.ts';
import type { Finding } from '#model/finding.ts';
import type { Database, Design, PairTables, Variant, VariantSpec } from '#model/pipeline.ts';
import type { DatabaseServer, Stack } from '#model/stack.ts';
import { openPipeline } from '#pipelines/open-pipeline.ts';
import { startVariant, type VariantContext } from '#pipelines/open-variant.ts';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { openVerifier } from '#verify/verifier.ts';
import { memoryLedger } from '../plant-log.ts';
import { withServers } from '../stack.ts';

const LIMIT_MS = 60_000;

const NO_DESIGN: Omit<Design, 'sinkSql'> = {
  ...{ connectors: [], setUpLimitMs: LIMIT_MS, plugins: { folders: [], classes: [] }, hidden: false },
};

/** SQL of a source: what its template is made of, and what is written once the first snapshot has been read. */
export interface SourceSql {
  readonly before: readonly string[];
  readonly after: readonly string[];
  /** Changes that `after` comes to. */
  readonly changes: number;
}

export interface StartedVariant {
  readonly variant: Variant;
  /** Sentences of what is not checked at it. */
  readonly unchecked: readonly string[];
}

/** One captured source, to whose log sinks of any engine are attached. */
export interface OpenedSource extends AsyncDisposable {
  readonly database: Database;
  /** Starts a sink of some tables on a server; `label` names its databases and groups, `sinkSql` makes tables in the lab's stead. */
  start(
    server: DatabaseServer,
    label: string,
    spec: VariantSpec,
    tables: readonly string[],
    sinkSql?: string,
  ): Promise<StartedVariant>;
  /** Writes what comes after the snapshot, and resolves once the log has it. */
  write(): Promise<void>;
  /** Resolves once a sink has applied its tables' whole log; throws where it fails before. */
  drained(variant: Variant): Promise<void>;
  /** What the report finds in some tables of a sink. */
  findings(variant: Variant, tables: readonly string[]): Promise<readonly Finding[]>;
}

/** Captures a source that `sql` has filled. The names of tables stand for those of the engine's default schema. */
export async function openSource(
  stack: Stack,
  { name, sql, signal }: { readonly name: string; readonly sql: SourceSql; readonly signal: AbortSignal },
): Promise<OpenedSource> {
  const { server } = engineOf(stack.source);
  const templateName = `${name}_template`;
  const template = await server.create(stack.source, templateName);
  for (const statement of sql.before) await template.query(statement);
  await template.close();
  const parts = new AsyncDisposableStack();
  const pipeline = parts.use(await openPipeline({ stack, name, template: templateName, signal, variants: {} }));
  const admin = kafkaClient(stack.brokers).admin();
  await admin.connect();
  parts.defer(() => admin.disconnect());
  const tables = await pipeline.tables();
  const rows = await pipeline.sourceRows();
  const logged = (records: number, what: string): Promise<unknown> =>
    until(
      async () => {
        const { state, error = '' } = await pipeline.capture.status();
        if (state === 'failed')
          throw new OperatorError({ code: 'failed', message: `the source connector has failed: ${error}` });
        return pipeline.log.records >= records;
      },
      { what, limitMs: LIMIT_MS, saw: () => `${pipeline.log.records} of ${records} records` },
    );
  await logged(rows, 'the snapshot');
  return {
    database: pipeline.source,
    async start(sink, label, spec, own, sinkSql) {
      const unchecked: string[] = [];
      const context: VariantContext = {
        ...{ pipeline: label, stack: withServers(stack, { sink }), source: pipeline.source, suspended: false },
        ...{ prefix: name, admin, routes: pipeline.routes, eventKeys: new Map(), tables, signal },
        readByAny: new Set(pipeline.routes.map(({ topic }) => topic)),
        keeping: { data: false, signal },
        // A connector may have failed before anybody saw it run.
        design: { ...NO_DESIGN, sinkSql: sinkSql === undefined ? [] : [{ file: 'sink.sql', sql: sinkSql }] },
        ...{ effects: false, logs: tmpdir(), onReplaced: () => {}, onUnchecked: (told) => unchecked.push(...told) },
      };
      const variant = await startVariant(context, parts, spec.title, { ...spec, pair: onlyTables(own) });
      return { variant, unchecked };
    },
    async write() {
      for (const statement of sql.after) await pipeline.source.query(statement);
      await logged(rows + sql.changes, 'the stream');
    },
    async drained(variant) {
      const ends = await pipeline.log.endOffsets();
      const done = async (): Promise<boolean> => {
        const { state, error = '' } = await variant.status();
        if (state === 'failed')
          throw new OperatorError({ code: 'failed', message: `${variant.name} has failed: ${error}` });
        return reached(await variant.applied(), ends);
      };
      await until(done, { what: `${variant.name} to be through`, limitMs: LIMIT_MS });
    },
    async findings(variant, wanted) {
      const own = tables.filter((table) => wanted.includes(table.name));
      const only = { ...pipeline, tables: async () => own, variants: new Map([[variant.name, variant]]) };
      const [verdict] = await openVerifier({ pipeline: only, ledger: memoryLedger() }).finalCheck(new Map());
      if (verdict === undefined || verdict.verdict === 'UNKNOWN')
        throw new Error(`${variant.name} could not be judged: ${verdict?.reason}`);
      return verdict.findings;
    },
    [Symbol.asyncDispose]: () => parts.disposeAsync(),
  };
}

function onlyTables(names: readonly string[]): PairTables {
  return (source: Table, sinks) => {
    if (!names.includes(source.name)) return undefined;
    const sink = [...sinks.values()].find(({ name }) => name === source.name);
    return { source, ...(sink === undefined ? {} : { sink }) };
  };
}

/** The reasons of a group's dead letters, once there are so many, by the table of their topic. */
export async function deadLetters(
  brokers: readonly string[],
  group: string,
  count: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const consumer = kafkaClient(brokers).consumer({ groupId: `${group}-dead-letters` });
  const found = new Map<string, string[]>();
  let seen = 0;
  await consumer.connect();
  try {
    await consumer.subscribe({ topic: `${group}.dlq`, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { headers = {} } }) => {
        const table = String(headers['driftlab.topic']).split('.').at(-1) ?? '';
        found.set(table, [...(found.get(table) ?? []), String(headers['driftlab.reason'])]);
        seen += 1;
      },
    });
    await until(() => seen >= count, { what: `${count} dead letters`, limitMs: LIMIT_MS, saw: () => `${seen}` });
  } finally {
    await consumer.disconnect();
  }
  return found;
}
