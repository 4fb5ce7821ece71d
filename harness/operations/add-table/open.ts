import type { ConnectClient } from '#clients/connect.ts';
import { engineOfUrl } from '#engines/index.ts';
import { addressOfConnector, engineOfConfig } from '#manager/diagnose/connector-address.ts';
import { requireSide } from '#manager/ends.ts';
import type { LabServers } from '#manager/lab-servers.ts';
import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { connectorConfig, connectorState } from '../connectors.ts';
import type { OpenSink } from './add-table.ts';
import { routerOf } from './names.ts';
import type { AddSource } from './require-table.ts';
import { type AddSink, sinksOf } from './sinks.ts';

export interface OpenOptions {
  readonly table: TableId;
  readonly source: {
    readonly client: ConnectClient;
    readonly name: string | undefined;
    readonly url: string | undefined;
  };
  readonly sinks: {
    readonly client: ConnectClient;
    readonly names: readonly string[] | undefined;
    readonly url: string | undefined;
  };
  /** What the table's records are written to, where the source's transforms make its name. */
  readonly topic: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Where the workers are the live lab's. */
  readonly lab?: LabServers;
  readonly signal: AbortSignal;
}

/** What a table is added to, open. Disposing closes the databases. */
export interface Opened extends AsyncDisposable {
  readonly source: AddSource & { readonly client: ConnectClient };
  readonly sinks: { readonly client: ConnectClient; readonly found: readonly OpenSink[] };
  readonly topic: string;
}

/** Throws an OperatorError where the connectors are not of those that can be given a table, or a source cannot be asked. */
export async function openAddTable(options: OpenOptions): Promise<Opened> {
  const { source, sinks, table, env, lab, signal } = options;
  await using parts = new AsyncDisposableStack();
  const name = source.name ?? (await onlySource(source.client, signal));
  const config = await requireSource(source.client, name, signal);
  const known = source.url === undefined ? addressOfConnector(config, env, lab) : { of: { url: source.url } };
  if (known === undefined || 'why' in known)
    throw new OperatorError({
      code: 'no-database',
      message: `the database of ${name} cannot be asked: ${known?.why ?? 'its class is of no engine that is known'}`,
      expected: '--source URL, which names it',
      exit: 1,
    });
  const { url } = known.of;
  const engine = engineOfUrl(url);
  if (engine.signals === undefined) throw otherEngine(name, engine.title);
  const open = async (side: 'source' | 'target', at: string): Promise<Database> => {
    await requireSide(side, at, signal);
    const database = engineOfUrl(at).server.open(at, { max: 2, application: 'driftlab connectors' });
    return parts.adopt(database, (one) => one.close());
  };
  const database = await open('source', url);
  const prefix = config['topic.prefix'] ?? '';
  const topic =
    options.topic ?? topicOf(name, config, engine.source.topicOf({ prefix, database: database.name, table }));
  const found: OpenSink[] = [];
  for (const sink of await sinksOf(sinks.client, sinks.names, { prefix, topic, signal }))
    found.push({ ...sink, target: await targetOf(sink, options, open) });
  const user = decodeURIComponent(new URL(url).username);
  const moved = parts.move();
  return {
    source: { name, config, engine, port: engine.signals, database, user, client: source.client },
    sinks: { client: sinks.client, found },
    topic,
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

async function targetOf(
  { config }: AddSink,
  { sinks, env, lab, signal }: OpenOptions,
  open: (side: 'target', url: string) => Promise<Database>,
): Promise<OpenSink['target']> {
  const known = sinks.url === undefined ? addressOfConnector(config, env, lab) : { of: { url: sinks.url } };
  if (known === undefined || 'why' in known)
    return { why: `not looked at, ${known?.why ?? 'its engine is not known'} (--target URL names its database)` };
  try {
    return { engine: engineOfUrl(known.of.url), database: await open('target', known.of.url) };
  } catch (error) {
    signal.throwIfAborted();
    return { why: `not looked at, ${messageOf(error)} (--target URL names its database)` };
  }
}

function topicOf(name: string, config: AddSource['config'], topic: string): string {
  const router = routerOf(config);
  if (router === undefined) return topic;
  throw new OperatorError({
    code: 'routed-topics',
    message: `the transform ${router} of ${name} makes the topic of the table, whose name is not known here`,
    expected: '--topic NAME',
    found: `${topic} before the transform`,
    exit: 1,
  });
}

const isSource = (config: AddSource['config']): boolean =>
  /^(io\.debezium|Postgres)/.test(config['connector.class'] ?? '');

async function onlySource(client: ConnectClient, signal: AbortSignal): Promise<string> {
  const names = (await client.names(signal)).toSorted();
  const configs = await Promise.all(
    names.map(async (name) => ({ name, config: (await client.config(name, signal)) ?? {} })),
  );
  const [first, ...more] = configs.filter(
    ({ config }) => isSource(config) && config['topic.prefix'] !== undefined && engineOfConfig(config) !== undefined,
  );
  if (first !== undefined && more.length === 0) return first.name;
  throw new OperatorError({
    code: first === undefined ? 'no-source' : 'several-sources',
    message:
      first === undefined
        ? 'the cluster has no source connector of Debezium'
        : 'the cluster has several source connectors',
    expected: '--source-connector NAME',
    found: [first, ...more].map((one) => one?.name).join(', ') || names.join(', ') || 'no connectors',
    exit: 1,
  });
}

async function requireSource(client: ConnectClient, name: string, signal: AbortSignal): Promise<AddSource['config']> {
  const { state, type } = await connectorState(client, name, signal);
  const config = await connectorConfig(client, name, signal);
  const engine = engineOfConfig(config);
  if (type !== 'source' || engine === undefined) throw otherEngine(name, config['connector.class'] ?? 'no class');
  if (engine.signals === undefined) throw otherEngine(name, engine.title);
  if (state === 'PAUSED' || state === 'STOPPED')
    throw new OperatorError({
      code: 'not-running',
      message: `${name} is ${state}, and would read nothing`,
      expected: 'a connector that runs',
      found: state,
      hint: `driftlab connectors resume ${name}`,
      exit: 1,
    });
  return config;
}

function otherEngine(name: string, found: string): OperatorError {
  return new OperatorError({
    code: 'other-source',
    message: `a table is added to Debezium's PostgreSQL connector alone, and ${name} is another one`,
    expected: 'io.debezium.connector.postgresql.PostgresConnector',
    found,
    hint: 'extend table.include.list and the topics of the sink, deploy both, and send an execute-snapshot signal',
    exit: 1,
  });
}
