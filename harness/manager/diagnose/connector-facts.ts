import type { ConnectorStatus } from '#clients/connect.ts';
import { QUIET_MS_MIN } from '#diagnosis/set-up/retained.ts';
import { engineOfUrl } from '#engines/index.ts';
import { consumerGroup } from '#model/pipeline-names.ts';
import type {
  Asked,
  BrokersSetUp,
  ConnectSetUp,
  ManagingCommands,
  SetUpFacts,
  Shared,
  TopicWriter,
} from '#model/set-up.ts';
import type { End } from '#model/stack.ts';
import type { LabServers } from '../lab-servers.ts';
import { concealed } from '../references.ts';
import { addressOfConnector, engineOfConfig, namedTables } from './connector-address.ts';
import type { Asking } from './reach.ts';
import { connectSetUp } from './read-connect.ts';
import { type Address, readSource, readTarget } from './read-databases.ts';
import { areWritten, type KafkaRead, readBehind, readEnds } from './read-kafka.ts';
import { wantedTopics } from './wanted-topics.ts';

type Config = Readonly<Record<string, string>>;

/** So many topics of a sink are looked into, and for so long. */
const LOOKED_INTO = 10;
const RECORDS_LIMIT_MS = 10_000;

/** A connector of a cluster, as it was found there. */
export interface FoundConnector {
  readonly name: string;
  readonly config: Config;
  readonly status: ConnectorStatus & { readonly type: End };
  /** It has a place in its source from which it goes on. */
  readonly begun: boolean;
  readonly shared: readonly Shared[];
  /** Topics that its workers have seen it write or read. */
  readonly seenTopics: readonly string[];
  readonly writers: readonly TopicWriter[];
  /** See {@link ConnectSetUp.capturedAtMs}. */
  readonly capturedAtMs?: number;
}

export interface ConnectorFactsOptions {
  /** What the workers have, whichever connector is meant. */
  readonly cluster: Pick<ConnectSetUp, 'plugins' | 'names'>;
  /** Addresses of the workers, without passwords. */
  readonly connect: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Where the workers are the live lab's. */
  readonly lab?: LabServers;
  /** What is asked in place of the database that the configuration names. */
  readonly instead?: Address;
  /** What the brokers have, where they were asked. */
  readonly kafka?: Asked<KafkaRead> & { readonly brokers: readonly string[] };
  readonly signal: AbortSignal;
}

/** What is known of one connector, as of a pipeline that has this end alone. `unread` says why its database was not asked. */
export interface ConnectorFacts {
  readonly facts: SetUpFacts;
  readonly unread?: string;
}

/** Reads a connector, and its database where that is known here. Changes nothing. */
export async function connectorFacts(found: FoundConnector, options: ConnectorFactsOptions): Promise<ConnectorFacts> {
  const { name, config, status, shared, capturedAtMs } = found;
  const { cluster, connect, env, lab, instead, kafka, signal } = options;
  const known = addressOfConnector(config, env, lab);
  const secrets = known !== undefined && 'of' in known ? known.of.secrets : [];
  const asking: Asking = { signal, hide: (text) => concealed(text, secrets) };
  const address = instead ?? (known !== undefined && 'of' in known ? known.of : undefined);
  const tables = status.type === 'source' ? tableNames(config) : [];
  const pipeline = pipelineFacts(found, { connect, tables, config });
  const wanted = { name, inferred: false, ...classOf(config) };
  const where = connect.join(', ');
  const { seenTopics, writers } = found;
  const read = {
    ...connectSetUp(cluster, wanted, { status, config }, asking),
    ...{ shared, seenTopics, writers },
    ...(capturedAtMs === undefined ? {} : { capturedAtMs }),
  };
  const group = { place: { where, address: where }, read };
  const whyUnread = known !== undefined && 'why' in known && instead === undefined ? { unread: known.why } : {};
  const brokers = kafka && (await brokersOf(found, kafka, signal));
  const facts = { pipeline, unresolved: [], ...(brokers && { brokers }) };
  if (status.type === 'sink') {
    const target =
      address && (await readTarget(address, { engine: engineOfUrl(address.url), tables: [], catalog: [] }, asking));
    return { facts: { ...facts, sinkConnect: group, ...(target && { target }) }, ...whyUnread };
  }
  const writes = kafka && (await isWriting(found, kafka, signal));
  const source =
    address && (await readSource(address, { publication: pipeline.publication, tables, cdc: false }, asking)).facts;
  const sourceConnect = writes === undefined ? group : { ...group, read: { ...read, writes } };
  return { facts: { ...facts, sourceConnect, ...(source && { source }) }, ...whyUnread };
}

/** The topics of the connector among those of the brokers; of a sink how far it is, and once it has failed what its records look like. */
async function brokersOf(
  { name, config, status }: FoundConnector,
  kafka: NonNullable<ConnectorFactsOptions['kafka']>,
  signal: AbortSignal,
): Promise<Asked<BrokersSetUp>> {
  if (!('read' in kafka)) return kafka;
  const { place, read, brokers } = kafka;
  const wanted = wantedTopics(status.type, config);
  const there = wanted.filter((topic) => read.topics.includes(topic)).slice(0, LOOKED_INTO);
  const looksInto = status.type === 'sink' && stateOf(status) === 'ERROR' && there.length > 0;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(RECORDS_LIMIT_MS)]);
  // They only let a cause say more.
  const records = looksInto ? await readEnds(brokers, there, limited).catch(() => undefined) : undefined;
  signal.throwIfAborted();
  const behind = status.type === 'sink' ? await readBehind(brokers, consumerGroup(name, config), signal) : undefined;
  return { place, read: { ...read, wanted, ...(records && { records }), ...(behind && { behind }) } };
}

/** Whether a source connector has lately written what it captures; undefined where that is not known. */
async function isWriting(
  { config }: FoundConnector,
  kafka: NonNullable<ConnectorFactsOptions['kafka']>,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  if (!('read' in kafka)) return undefined;
  const wanted = wantedTopics('source', config);
  const topics = wanted.filter((topic) => kafka.read.topics.includes(topic)).slice(0, LOOKED_INTO);
  if (wanted.length === 0) return undefined;
  const sinceMs = Date.now() - QUIET_MS_MIN;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(RECORDS_LIMIT_MS)]);
  const written = await areWritten(kafka.brokers, { topics, sinceMs }, limited).catch(() => undefined);
  signal.throwIfAborted();
  return written;
}

function classOf({ 'connector.class': connectorClass = '' }: Config) {
  // Connect takes a short name as well, which the list of its plugins does not have.
  return connectorClass.includes('.') ? { connectorClass } : {};
}

function tableNames(config: Config): readonly string[] {
  const engine = engineOfConfig(config);
  return engine?.setUp === undefined ? [] : namedTables(config);
}

interface Around {
  readonly connect: readonly string[];
  readonly tables: readonly string[];
  readonly config: Config;
}

function pipelineFacts(
  { name, config, status, begun }: FoundConnector,
  { connect, tables }: Around,
): SetUpFacts['pipeline'] {
  const slot = config['slot.name'] ?? 'debezium';
  const state = stateOf(status);
  const quote = engineOfConfig(config)?.dialect.quoteTable ?? ((id: string) => id);
  return {
    ...{ name, mark: slot, publication: config['publication.name'] ?? 'dbz_publication', mode: 'cdc_only' },
    ...{ carriedHere: false, held: false },
    ...{ foreign: true, cdc: true, onExisting: 'append', tables, status: state, cdcStatus: state, loaded: begun },
    quoted: Object.fromEntries(tables.map((id) => [id, quote(id)])),
    commands: connectorCommands(connect[0] ?? '', { name, state, slot: engineOfConfig(config)?.setUp && slot }),
  };
}

function stateOf({ connector, tasks }: ConnectorStatus): string {
  return [connector, ...tasks].some(({ state }) => state === 'FAILED') ? 'ERROR' : connector.state;
}

/** What a person does to a connector: by its command, and where there is none by Connect's own interface. */
function connectorCommands(
  worker: string,
  { name, state, slot }: { readonly name: string; readonly state: string; readonly slot: string | undefined },
): ManagingCommands {
  const at = `${worker}/connectors/${encodeURIComponent(name)}`;
  const resume = `curl -X PUT '${at}/resume'`;
  const verb = ['PAUSED', 'STOPPED'].includes(state) ? 'resume' : 'restart';
  const free = `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = '${slot}'`;
  return {
    at: 'a shell that reaches the workers',
    start: [`driftlab connectors ${verb} ${shellWord(name)} --connect ${worker}`],
    anew: [
      ...[`curl -X PUT '${at}/stop'`, `curl -X DELETE '${at}/offsets'`],
      ...(slot === undefined ? [] : [`psql … -c "${free}"`]),
      resume,
    ],
    status: `curl -s '${at}/status'`,
    diagnose: `driftlab diagnose --connect ${worker} --connector ${shellWord(name)}`,
  };
}

/** A name as a shell takes it for one word. */
function shellWord(name: string): string {
  return /^[\w.:@%+=/-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`;
}
