import type { ConnectClient } from '#clients/connect.ts';
import type { Table, TableId } from '#model/catalog.ts';
import { type Deployment, deploy, planDeployment } from '../deploy.ts';
import { includeTable } from './names.ts';
import {
  type AddSource,
  granted,
  publicationMode,
  publicationOf,
  requireTable,
  runStatement,
  signalsOf,
} from './require-table.ts';
import {
  type AddSink,
  makeTarget,
  requireSink,
  type TargetOptions,
  targetTable,
  whyNotMade,
  withTopic,
} from './sinks.ts';
import {
  type Asked,
  type Asking,
  ask,
  askAnew,
  awaitSnapshot,
  noteDone,
  readAsked,
  snapshotSignal,
} from './snapshot.ts';

/** A sink connector, with its database where that was reached. */
export interface OpenSink extends AddSink {
  readonly target: TargetOptions['target'] | { readonly why: string };
}

export interface AddTableOptions {
  readonly table: TableId;
  readonly topic: string;
  readonly source: AddSource & { readonly client: ConnectClient };
  readonly sinks: { readonly client: ConnectClient; readonly found: readonly OpenSink[] };
  readonly createSignalTable: boolean;
  readonly dryRun: boolean;
  /** So long the connectors have to go on running. */
  readonly watchMs: number;
  readonly say: (...lines: readonly string[]) => void;
  /** A difference of a connector's configuration, as lines. */
  readonly diff: (plan: Deployment) => readonly string[];
  readonly signal: AbortSignal;
}

/** Does one thing, or says alone that it would be done. */
type Act = (lines: readonly string[], work: () => Promise<void>) => Promise<void>;

/**
 * Has a source connector, and the JDBC sink connectors that read from it, carry one more table, under writes: nothing that is committed
 * meanwhile is lost, and a row that is read and streamed comes twice, which a sink that writes by key takes. Each step looks first
 * whether it is done, so that the whole goes on after it was killed. Resolves with whether there was anything to do. Throws an
 * OperatorError for each thing that is missing, with what gives it.
 */
export async function addTable(options: AddTableOptions): Promise<boolean> {
  const { table, topic, source, sinks, dryRun, say } = options;
  let acted = false;
  const act: Act = async (lines, work) => {
    acted = true;
    say(...lines);
    if (!dryRun) await work();
  };
  const { signals, config } = signalsOf(source, options.createSignalTable);
  const setUp = await source.engine.setUp?.source(source.database, {
    publication: publicationOf(source.config),
    tables: [table, signals],
  });
  if (setUp === undefined) throw new Error(`${source.engine.name} has signals and no set-up`);
  await requireTable(source, table, setUp);
  for (const sink of sinks.found) requireSink(sink, topic, table);
  const hasSignals = setUp.tables.some(({ id }) => id === signals);
  if (!hasSignals) await makeSignals(options, signals, act);
  await publish(options, [table, signals], setUp.capture?.publication, act);
  await makeTargets(options, act);
  const wanted = includeTable(config, table);
  const asking: Asking = { port: source.port, database: source.database, signals, table };
  const reads = await changeSource(options, { wanted, asking: hasSignals ? asking : undefined }, act);
  await readRows(options, { asking, asked: reads }, act);
  for (const sink of sinks.found) await changeSink(options, sink, act);
  return acted;
}

async function makeSignals({ source, createSignalTable }: AddTableOptions, signals: TableId, act: Act): Promise<void> {
  const sql = source.port.createSql(signals);
  // It is named, and is not there: what reads it fails only once it is asked.
  if (!createSignalTable) signalsOf({ ...source, config: { ...source.config, 'signal.data.collection': '' } }, false);
  await act([`signal table: ${sql}`], () => runStatement(source, sql));
}

type Publication = { readonly allTables: boolean; readonly tables: readonly TableId[] } | undefined;

async function publish(
  { source, say }: AddTableOptions,
  tables: readonly TableId[],
  publication: Publication,
  act: Act,
): Promise<void> {
  const name = publicationOf(source.config);
  if ((source.config['plugin.name'] ?? 'decoderbufs') !== 'pgoutput')
    return say('publication: none, its plugin needs none');
  if (publication?.allTables === true) return say(`publication ${name}: has all tables`);
  const missing = tables.filter((table) => publication?.tables.includes(table) !== true);
  if (missing.length === 0) return say(`publication ${name}: has it`);
  if (publicationMode(source.config) === 'filtered')
    return say(`publication ${name}: ${source.name} puts ${missing.join(' and ')} into it as it starts`);
  for (const table of missing) {
    const sql = source.port.publishSql(name, table);
    await act([`publication ${name}: ${sql}`], () => runStatement(source, sql));
  }
}

async function makeTargets({ source, sinks, table: id, topic, say }: AddTableOptions, act: Act): Promise<void> {
  const [table] = await source.engine.compare.readCatalog(source.database, { tables: [id] });
  for (const sink of sinks.found) {
    const why = whyNotMade(sink) ?? ('why' in sink.target ? sink.target.why : undefined);
    if (why !== undefined || 'why' in sink.target) {
      say(`target table of ${sink.name}: ${why}`);
      continue;
    }
    const options: TargetOptions = { source: { ...source, table: table as Table }, target: sink.target, topic };
    const made = await targetTable(sink, options);
    const name = `${made.table.schema}.${made.table.name}`;
    if (made.isThere) say(`target table of ${sink.name}: ${name} is there`);
    else
      await act([`target table of ${sink.name}: ${name} is made, ${made.table.columns.length} columns`], () =>
        makeTarget(made.table, options),
      );
  }
}

/** Resolves with how far the rows of the table are once the connector has it. */
async function changeSource(
  { source, diff, say, watchMs, signal }: AddTableOptions,
  { wanted, asking }: { readonly wanted: AddSource['config']; readonly asking: Asking | undefined },
  act: Act,
): Promise<Asked> {
  const { client, name } = source;
  const asked: Asked = asking === undefined ? { is: 'no', attempt: 0 } : await readAsked(asking);
  const plan = await planDeployment(client, { name, config: wanted }, signal);
  if (plan.changes.length === 0) {
    say(`${name}: has it`);
    return asked;
  }
  await act(diff(plan), async () => {
    if (asking !== undefined) await askAnew(asking);
    say(`${name}: ${await deploy(client, plan, { watchMs, signal })}`);
  });
  return { is: 'no', attempt: asked.attempt };
}

async function readRows(
  { source, table, say, signal }: AddTableOptions,
  { asking, asked }: { readonly asking: Asking; readonly asked: Asked },
  act: Act,
): Promise<void> {
  if (asked.is === 'done') return say('rows that are there: read');
  const wanted = { client: source.client, connector: source.name, say, signal };
  const isMarked = source.config['incremental.snapshot.watermarking.strategy']?.toLowerCase() !== 'insert_delete';
  const shown = source.port.insertSql(asking.signals, snapshotSignal(table, asked.attempt + 1));
  const lines = asked.is === 'sent' ? ['rows that are there: asked for already'] : [`rows that are there: ${shown}`];
  await act(lines, async () => {
    const behind = asked.is === 'sent' ? asked.position : await granted(source, asking.signals, () => ask(asking));
    await awaitSnapshot(asking, { ...wanted, behind, fresh: asked.is !== 'sent' && isMarked });
    await noteDone(asking, behind);
    say('rows that are there: read');
  });
}

async function changeSink({ sinks, topic, diff, say, watchMs, signal }: AddTableOptions, sink: AddSink, act: Act) {
  const { name, config } = sink;
  const plan = await planDeployment(sinks.client, { name, config: withTopic(config, topic) }, signal);
  if (plan.changes.length === 0) return say(`${name}: reads ${topic}`);
  await act(diff(plan), async () => say(`${name}: ${await deploy(sinks.client, plan, { watchMs, signal })}`));
}
