import type { ConnectClient } from '#clients/connect.ts';
import { kafkaClient, type LogBounds, logBounds } from '#clients/kafka.ts';
import { engineOfUrl } from '#engines/index.ts';
import type { Engine } from '#engines/port/engine.ts';
import { addressOfConnector } from '#manager/diagnose/connector-address.ts';
import { requireSide } from '#manager/ends.ts';
import type { LabServers } from '#manager/lab-servers.ts';
import { commaList } from '#std/comma-list.ts';
import { messageOf } from '#std/errors.ts';
import { connectorConfig, connectorState } from './connectors.ts';
import type { OffsetsFile } from './offsets.ts';
import type { RestoreFacts } from './restorable.ts';

export interface ReadRestoreOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Where the workers are the live lab's. */
  readonly lab?: LabServers;
  /** The source's database in place of what the connector's configuration names. */
  readonly source?: string;
  /** Where a sink's topics are. */
  readonly brokers?: readonly string[];
  readonly signal: AbortSignal;
}

/** What bears on setting a connector's offsets, and what of it could not be read. */
export interface RestoreRead {
  readonly facts: RestoreFacts;
  readonly engine?: Engine;
  /** One sentence each. */
  readonly unread: readonly string[];
}

/** Reads the workers, a source's replication slot and the topic of its schema history, or the ends of a sink's topics. Changes nothing. */
export async function readRestore(
  client: ConnectClient,
  name: string,
  file: OffsetsFile,
  options: ReadRestoreOptions,
): Promise<RestoreRead> {
  const { type } = await connectorState(client, name, options.signal);
  const config = await connectorConfig(client, name, options.signal);
  const cluster = await client.clusterId(options.signal);
  const begun = (await client.offsets(name, options.signal)).length > 0;
  const facts = { name, type, config, cluster, begun };
  if (type === 'sink') {
    const ends = options.brokers && (await endsOf(options.brokers, file, options.signal));
    return { facts: { ...facts, ...(ends && { ends }) }, unread: [] };
  }
  const slot = await readSlot(config, options);
  const history = await readHistory(config, options.signal);
  return {
    facts: { ...facts, ...slot.known, ...history.known },
    ...(slot.engine && { engine: slot.engine }),
    unread: [...slot.unread, ...history.unread],
  };
}

type Config = RestoreFacts['config'];

interface Read<T> {
  readonly known: T;
  readonly unread: readonly string[];
}

async function readSlot(
  config: Config,
  { env, lab, source, signal }: ReadRestoreOptions,
): Promise<Read<Pick<RestoreFacts, 'slot'>> & { readonly engine?: Engine }> {
  const known = source === undefined ? addressOfConnector(config, env, lab) : { of: { url: source } };
  if (known === undefined) return { known: {}, unread: [] };
  const unread = (why: string) => ({
    known: {},
    unread: [`whether the source still has what lies behind the offsets was not read: ${why} (--source URL names it)`],
  });
  if ('why' in known) return unread(known.why);
  const engine = engineOfUrl(known.of.url);
  // Other engines have one log for all, and their connectors say themselves that it ends too early.
  if (engine.setUp === undefined) return { known: {}, unread: [], engine };
  try {
    await requireSide('source', known.of.url, signal);
    const database = engine.server.open(known.of.url, { max: 1, application: 'driftlab connectors' });
    try {
      const name = config['slot.name'] ?? 'debezium';
      const found = (await engine.source.slots(database)).find(({ slot }) => slot === name) ?? 'none';
      return { known: { slot: { name, found } }, unread: [], engine };
    } finally {
      await database.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    return unread(messageOf(error));
  }
}

async function readHistory(config: Config, signal: AbortSignal): Promise<Read<Pick<RestoreFacts, 'historyRecords'>>> {
  const topic = config['schema.history.internal.kafka.topic'];
  if (topic === undefined) return { known: {}, unread: [] };
  const brokers = commaList(config['schema.history.internal.kafka.bootstrap.servers']);
  try {
    const bounds = await boundsOf(brokers, [topic], signal);
    const records = [...bounds.ends].reduce((sum, [at, end]) => sum + end - (bounds.starts.get(at) ?? 0n), 0n);
    return { known: { historyRecords: records }, unread: [] };
  } catch (error) {
    signal.throwIfAborted();
    return { known: {}, unread: [`whether its schema history is there was not read: ${messageOf(error)}`] };
  }
}

async function endsOf(
  brokers: readonly string[],
  { offsets }: OffsetsFile,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, bigint>> {
  const topics = new Set(
    offsets.map(({ partition }) => String((partition as Readonly<Record<string, unknown>>).kafka_topic)),
  );
  return (await boundsOf(brokers, [...topics], signal)).ends;
}

/** Of those topics that there are. */
async function boundsOf(
  brokers: readonly string[],
  topics: readonly string[],
  signal: AbortSignal,
): Promise<LogBounds> {
  const admin = kafkaClient(brokers, 'driftlab connectors', signal).admin();
  try {
    await admin.connect();
    const there = await admin.listTopics();
    const found = topics.filter((topic) => there.includes(topic));
    return await logBounds(admin, found, signal);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}
