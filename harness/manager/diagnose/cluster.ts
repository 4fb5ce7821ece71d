import type { ConnectClient, ConnectorOffset, ConnectorStatus } from '#clients/connect.ts';
import { diagnoseSetUp } from '#diagnosis/set-up/diagnose.ts';
import { consumerGroup } from '#model/pipeline-names.ts';
import type { Asked, ClusterDiagnosis, ConnectSetUp, SetUpDiagnosis, Shared } from '#model/set-up.ts';
import type { End } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { answered, brokersOf } from '../connectors.ts';
import { type Here, withVaulted } from '../here.ts';
import { isLab } from '../lab-names.ts';
import { labConnect, labServers } from '../lab-servers.ts';
import { resolveAddress } from '../references.ts';
import { connectOf } from '../servers.ts';
import { endOfConfig, engineOfConfig } from './connector-address.ts';
import { connectorFacts, type FoundConnector } from './connector-facts.ts';
import { type KafkaRead, readKafka } from './read-kafka.ts';
import { wantedTopics } from './wanted-topics.ts';

export interface ClusterOptions extends Here {
  /** Addresses of the workers; they may have a user, and a reference for its password. */
  readonly connect: readonly string[];
  /** The connectors to look at; all where none is named. */
  readonly connectors: readonly string[];
  /** The database of the source connectors, and of the sink connectors, where their configurations hide it. */
  readonly source?: string;
  readonly target?: string;
  /** Kafka's brokers, `host:port` each, or the name of the lab; they are not asked where none is named. */
  readonly brokers?: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * What is wrong with the connectors of a Connect cluster, whoever deployed them: of each, first cause first. Nothing is changed.
 * Throws an OperatorError where no worker answers (`no-connect`), or there is no connector of a name (`no-connector`).
 */
export async function diagnoseCluster(wanted: ClusterOptions): Promise<ClusterDiagnosis> {
  const addresses = [...wanted.connect, wanted.source ?? '', wanted.target ?? ''];
  const options = await withVaulted(wanted, addresses, wanted.signal);
  const groups = groupsOf(options);
  const connect = groups.flatMap(({ addresses }) => addresses).join(', ');
  const found = withWriters(
    withShared((await Promise.all(groups.map((group) => readGroup(group, options.signal)))).flat()),
  );
  const all = found.map(({ name }) => name);
  for (const name of options.connectors) if (!all.includes(name)) throw noConnector(name, all, connect);
  const asked = brokersAsked(options);
  const kafka = asked && (await readKafka(asked, all, { signal: options.signal, hide: (text) => text }));
  const connectors: SetUpDiagnosis[] = [];
  for (const one of found)
    if (options.connectors.length === 0 || options.connectors.includes(one.name))
      connectors.push(await diagnoseConnector(one, { ...options, kafka: kafka && { brokers: asked, ...kafka } }));
  return { connect, connectors };
}

/** The workers at which a connector is. Throws an OperatorError as `diagnoseCluster` does. */
export async function workersOfConnector(
  name: string,
  asked: Omit<ClusterOptions, 'connectors'>,
): Promise<ConnectClient> {
  const options = await withVaulted(asked, asked.connect, asked.signal);
  const groups = groupsOf({ ...options, connectors: [name] });
  const named: string[] = [];
  for (const { client } of groups) {
    const names = await answered(client.names(options.signal));
    if (names.includes(name)) return client;
    named.push(...names);
  }
  throw noConnector(name, named, groups.flatMap(({ addresses }) => addresses).join(', '));
}

/** Workers that answer for each other. */
interface Group {
  readonly client: ConnectClient;
  /** Without passwords. */
  readonly addresses: readonly string[];
}

/** The live lab may have one for its source and one for its sinks. */
function groupsOf({ connect, ...here }: ClusterOptions): readonly Group[] {
  if (!isLab(connect)) {
    const addresses = connect.map((address) => bare(resolveAddress('Connect worker', address, here).url));
    return [{ client: connectOf(connect, here).client, addresses }];
  }
  const { source, sink } = labServers(here).shared.workers;
  const one = source.urls.join() === sink.urls.join();
  return (one ? (['source'] as const) : (['source', 'sink'] as const)).map((end) => ({
    client: labConnect(end, here).client,
    addresses: { source, sink }[end].urls.map(bare),
  }));
}

/** A connector, and where it was found. */
interface Placed extends FoundConnector {
  readonly group: Group;
  readonly cluster: Pick<ConnectSetUp, 'plugins' | 'names'>;
}

async function readGroup(group: Group, signal: AbortSignal): Promise<Placed[]> {
  const names = await answered(group.client.names(signal));
  const cluster = { names, plugins: await group.client.plugins(signal) };
  const read = await Promise.all(names.map((name) => readConnector(group.client, name, signal)));
  return read.filter((one) => one !== undefined).map((one) => ({ ...one, group, cluster }));
}

/** The live lab's own where its workers are asked. */
function brokersAsked({ brokers, connect, ...here }: ClusterOptions): readonly string[] | undefined {
  const named = brokers ?? (isLab(connect) ? connect : undefined);
  return named && brokersOf(named, here);
}

interface DiagnoseOptions extends ClusterOptions {
  readonly kafka: (Asked<KafkaRead> & { readonly brokers: readonly string[] }) | undefined;
}

async function diagnoseConnector(
  { group, cluster, ...one }: Placed,
  options: DiagnoseOptions,
): Promise<SetUpDiagnosis> {
  const side = one.status.type === 'source' ? 'source' : 'target';
  const given = options[side];
  const instead = given === undefined ? undefined : { address: given, url: resolveAddress(side, given, options).url };
  const { facts, unread } = await connectorFacts(one, {
    ...{ cluster, connect: group.addresses, env: options.env, signal: options.signal },
    ...(instead && engineOfConfig(one.config) && { instead }),
    ...(options.kafka && { kafka: options.kafka }),
    ...(isLab(options.connect) && { lab: labServers(options) }),
  });
  const diagnosis = diagnoseSetUp(facts);
  const notRead = unread === undefined ? [] : [`its database: not read, ${unread} (--${side} URL names it)`];
  return { ...diagnosis, looked_at: [...diagnosis.looked_at, ...notRead] };
}

async function readConnector(
  client: ConnectClient,
  name: string,
  signal: AbortSignal,
): Promise<FoundConnector | undefined> {
  const [config, told] = await Promise.all([client.config(name, signal), client.status(name, signal)]);
  // Somebody has deleted it meanwhile; one that was never started has no status yet.
  if (config === undefined || told === undefined) return undefined;
  const status = { ...told, type: endOf(told, config) };
  const offsets = status.type === 'source' ? await client.offsets(name, signal).catch(() => []) : [];
  const seenTopics = await client.topics(name, signal);
  const capturedAtMs = capturedAt(offsets);
  return {
    ...{ name, config, status, begun: offsets.length > 0, shared: [], seenTopics, writers: [] },
    ...(capturedAtMs === undefined ? {} : { capturedAtMs }),
  };
}

/** Of a class that the workers do not have any more they say no type. */
function endOf({ type }: ConnectorStatus, config: Readonly<Record<string, string>>): End {
  if (type === 'source' || type === 'sink') return type;
  return endOfConfig(config);
}

/** What Debezium's connectors store of the last change beside its position: when it was committed. */
function capturedAt(offsets: readonly ConnectorOffset[]): number | undefined {
  const { ts_usec: micros } = (offsets.at(0)?.offset ?? {}) as { readonly ts_usec?: number };
  return micros === undefined ? undefined : micros / 1000;
}

interface Owned {
  readonly name: string;
  readonly what: Shared['what'];
  readonly is: string;
  readonly at: string;
}

/** Slots are of a server, and groups of the cluster's brokers. */
function withShared(found: readonly Placed[]): readonly Placed[] {
  const owned = found.flatMap(({ name, config, status }): Owned[] => {
    if (status.type === 'sink') return [{ name, what: 'group', is: consumerGroup(name, config), at: '' }];
    if (engineOfConfig(config)?.setUp === undefined) return [];
    const at = `${config['database.hostname']}:${config['database.port'] ?? ''}`;
    return [{ name, what: 'slot', is: config['slot.name'] ?? 'debezium', at }];
  });
  return found.map((one) => ({
    ...one,
    shared: owned
      .filter(({ name }) => name === one.name)
      .flatMap(({ what, is, at }): Shared[] => {
        const others = owned.filter((other) => other.what === what && other.is === is && other.at === at);
        const names = others.map(({ name }) => name).filter((name) => name !== one.name);
        return names.length === 0 ? [] : [{ what, name: is, with: names }];
      }),
  }));
}

const CONVERTER = /^(?:key|value)\.converter(?:\.|$)/;

/** Sinks with the source connectors that have written what they read. */
function withWriters(found: readonly Placed[]): readonly Placed[] {
  const sources = found.filter(({ status }) => status.type === 'source');
  return found.map((one) => {
    const topics = one.status.type === 'sink' ? wantedTopics('sink', one.config) : [];
    const writers = sources
      .filter(({ seenTopics }) => seenTopics.some((topic) => topics.includes(topic)))
      .map(({ name, config }) => ({
        name,
        converters: Object.fromEntries(Object.entries(config).filter(([property]) => CONVERTER.test(property))),
      }));
    return { ...one, writers };
  });
}

/** Without user and password, and without what an address may have behind its host. */
function bare(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname.replace(/\/$/, '')}`;
}

function noConnector(name: string, all: readonly string[], connect: string): OperatorError {
  const near = nearest(name, all);
  return new OperatorError({
    code: 'no-connector',
    message: `there is no connector ${name} at ${connect}`,
    expected: all.length === 0 ? 'a connector: it has none' : `one of ${all.join(', ')}`,
    found: name,
    ...(near.length === 0 ? {} : { hint: `did you mean ${near.join(' or ')}?` }),
  });
}
