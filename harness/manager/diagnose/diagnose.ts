import type { ConnectClient } from '#clients/connect.ts';
import { diagnoseSetUp } from '#diagnosis/set-up/diagnose.ts';
import { engineOfUrl } from '#engines/index.ts';
import type { StreamStart } from '#engines/port/stream.ts';
import type { TableId } from '#model/catalog.ts';
import { consumerGroup } from '#model/pipeline-names.ts';
import type { Asked, BrokersSetUp, ConnectSetUp, ManagingCommands, SetUpDiagnosis, SetUpFacts } from '#model/set-up.ts';
import type { End } from '#model/stack.ts';
import { isObjectsUrl } from '#objects/address.ts';
import { OperatorError } from '#std/errors.ts';
import { brokersOf, connectorNames, workersOf } from '../connectors.ts';
import { addressesIn, type Here, withVaulted } from '../here.ts';
import { isCarriedHere, type Pipeline } from '../pipeline.ts';
import { concealed, resolveAddress } from '../references.ts';
import { placeOf } from '../servers.ts';
import type { Asking } from './reach.ts';
import { readBrokers } from './read-brokers.ts';
import { readConnect, type WantedConnector } from './read-connect.ts';
import { type Address, readSource, readTarget } from './read-databases.ts';
import { readBehind } from './read-kafka.ts';

export interface DiagnoseOptions extends Here {
  readonly signal: AbortSignal;
}

/**
 * Why a pipeline does not come up, or does not go on: first cause first. Each of its servers is asked by itself, and nothing is
 * changed anywhere. Throws only where the signal is aborted.
 */
export async function diagnosePipeline(pipeline: Pipeline, options: DiagnoseOptions): Promise<SetUpDiagnosis> {
  return diagnoseSetUp(await readFacts(pipeline, options));
}

/** What a pipeline's addresses stand for here, and what they refer to that is not there. */
interface Resolution {
  readonly source?: Address;
  readonly target?: Address;
  readonly sourceConnect?: ConnectClient;
  readonly sinkConnect?: ConnectClient;
  readonly brokers?: readonly string[];
  readonly unresolved: SetUpFacts['unresolved'];
  readonly secrets: readonly string[];
}

const REFERENCE = /\$\{[^{}]*\}/g;

function resolve({ definition }: Pipeline, here: Here): Resolution {
  const unresolved: SetUpFacts['unresolved'][number][] = [];
  const secrets: string[] = [];
  const resolved = <T>(whose: string, addresses: readonly string[], work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      const found = addresses.flatMap((address) => address.match(REFERENCE) ?? []);
      const refused = isOfVault(error) ? { why: whyOf(error), fix: error.hint ?? '' } : undefined;
      const missing = found.filter((one) => (refused ? one.startsWith('${vault:') : isMissing(one, here)));
      for (const reference of missing.length > 0 ? missing : addresses)
        unresolved.push({ whose, reference, ...(refused && { refused }) });
      return undefined;
    }
  };
  const database = (side: 'source' | 'target'): Address | undefined =>
    resolved(`the ${side}`, [definition[side]], () => {
      const { url, secrets: more } = resolveAddress(side, definition[side], here);
      secrets.push(...more);
      if (!isObjectsUrl(url)) engineOfUrl(url);
      return { address: definition[side], url };
    });
  const workers = (whose: string, end: End, addresses: readonly string[] | undefined): ConnectClient | undefined =>
    addresses &&
    resolved(whose, addresses, () => {
      const { client, secrets: more } = workersOf(end, addresses, here);
      secrets.push(...more);
      return client;
    });
  const source = database('source');
  const target = database('target');
  const sourceConnect = workers("the source connector's workers", 'source', definition.cdc?.connect);
  const sinkWorkers = isCarriedHere(definition) ? undefined : definition.cdc?.sinkConnect;
  const sinkConnect = workers("the sink connector's workers", 'sink', sinkWorkers);
  const { brokers: named } = definition.cdc ?? {};
  const brokers = named && resolved('the brokers', named, () => brokersOf(named, here));
  return {
    ...(source && { source }),
    ...(brokers && { brokers }),
    // A bucket is no database: nothing is read of it.
    ...(target && !isObjectsUrl(target.url) && { target }),
    ...(sourceConnect && { sourceConnect }),
    ...(sinkConnect && { sinkConnect }),
    ...{ unresolved, secrets },
  };
}

/** What Vault refused, or what its secret lacks. */
function isOfVault({ code }: OperatorError): boolean {
  return code.startsWith('vault-') || code === 'secret-address';
}

function whyOf({ message, expected, found }: OperatorError): string {
  return `${message} (expected: ${expected}; found: ${found})`;
}

function isMissing(reference: string, here: Here): boolean {
  try {
    resolveAddress('address', `x://${reference}`, here);
    return false;
  } catch (error) {
    return error instanceof OperatorError && error.code === 'unresolved-reference';
  }
}

async function readFacts(pipeline: Pipeline, { signal, ...asked }: DiagnoseOptions): Promise<SetUpFacts> {
  const { definition, mark } = pipeline;
  const here = await withVaulted(asked, addressesIn(definition), signal);
  const { source, target, unresolved, secrets, ...clients } = resolve(pipeline, here);
  const asking: Asking = { signal, hide: (text) => concealed(text, secrets) };
  const tables = tableIds(pipeline, source);
  const databases = async () => {
    const stream = source && (await streamStart(pipeline, source, { connect: clients.sourceConnect, signal }));
    const wanted = { publication: mark, tables, cdc: definition.cdc !== undefined, stream };
    const from = source && (await readSource(source, wanted, asking));
    const sourceEngine = source && engineOfUrl(source.url);
    const to =
      target &&
      (await readTarget(
        target,
        { engine: sourceEngine ?? engineOfUrl(target.url), tables, catalog: from?.catalog ?? [] },
        asking,
      ));
    return { ...(from && { source: from.facts }), ...(to && { target: to }) };
  };
  const [ends, cdc] = await Promise.all([
    databases(),
    readCdc(pipeline, { source, target, tables, ...clients }, asking),
  ]);
  return { pipeline: pipelineFacts(pipeline, tables, source), unresolved, ...ends, ...cdc };
}

/** Whether nothing makes what a stream begins with again. */
function isBegun({ definition, row }: Pipeline): boolean {
  return definition.mode === 'cdc_only' ? row.full_load_lsn !== null : row.full_load_status === 'COMPLETED';
}

const OFFSETS_LIMIT_MS = 5000;

/** Where a stream goes on whose log the server keeps for nobody: where its connector has come, or the load ended. */
async function streamStart(
  pipeline: Pipeline,
  { url }: Address,
  { connect, signal }: { readonly connect: ConnectClient | undefined; readonly signal: AbortSignal },
): Promise<StreamStart | undefined> {
  const { mark, row, definition } = pipeline;
  const { stream, source } = engineOfUrl(url);
  const position = source.parsePosition(row.full_load_lsn);
  if (definition.cdc === undefined || stream?.beginning === undefined || position === undefined) return undefined;
  if (!isBegun(pipeline)) return undefined;
  const limited = AbortSignal.any([signal, AbortSignal.timeout(OFFSETS_LIMIT_MS)]);
  // That workers do not answer is a cause of its own.
  const offsets = (await connect?.offsets(connectorNames(mark).source, limited).catch(() => [])) ?? [];
  const [at] = offsets;
  return { name: mark, position: (at && stream.beginning.positionOf(at.offset)) ?? position };
}

function commandsOf({ name, mode }: Pipeline['definition']): ManagingCommands {
  const start = `driftlab pipeline start ${name}`;
  const again = mode === 'cdc_only' ? '' : ' --on-existing truncate';
  return {
    ...{ at: 'where the pipeline is managed', start: [start] },
    anew: [`driftlab pipeline delete ${name}`, `driftlab pipeline create ${name} …${again}`, start],
    ...{ status: `driftlab pipeline status ${name}`, diagnose: `driftlab pipeline diagnose ${name}` },
  };
}

function tableIds({ definition }: Pipeline, source: Address | undefined): readonly TableId[] {
  const schema = source && engineOfUrl(source.url).dialect.defaultSchema;
  return definition.tables.map((name) => (name.includes('.') || schema === undefined ? name : `${schema}.${name}`));
}

function pipelineFacts(
  pipeline: Pipeline,
  tables: readonly TableId[],
  source: Address | undefined,
): SetUpFacts['pipeline'] {
  const { definition, mark, row, held } = pipeline;
  const quote = source === undefined ? (id: TableId) => id : engineOfUrl(source.url).dialect.quoteTable;
  const { name, mode, cdc, onExisting } = definition;
  return {
    ...{ name, mark, publication: mark, mode, onExisting, tables, cdc: cdc !== undefined, foreign: false },
    commands: commandsOf(definition),
    ...{ carriedHere: isCarriedHere(definition), held },
    quoted: Object.fromEntries(tables.map((id) => [id, quote(id)])),
    ...{ status: row.status, cdcStatus: row.cdc_status },
    loaded: isBegun(pipeline),
    ...(row.last_error === null ? {} : { lastError: row.last_error }),
    ...(row.last_error_at === null ? {} : { lastErrorAt: row.last_error_at }),
  };
}

interface CdcServersHere extends Pick<Resolution, 'sourceConnect' | 'sinkConnect' | 'brokers'> {
  readonly source: Address | undefined;
  readonly target: Address | undefined;
  readonly tables: readonly TableId[];
}

async function readCdc(
  { definition, mark, row }: Pipeline,
  { source, target, tables, sourceConnect, sinkConnect, brokers = [] }: CdcServersHere,
  asking: Asking,
): Promise<Pick<SetUpFacts, 'brokers' | 'sourceConnect' | 'sinkConnect'>> {
  const { cdc } = definition;
  if (cdc === undefined) return {};
  const names = connectorNames(mark);
  const from = source && placeOf(source.url);
  const engine = source && engineOfUrl(source.url);
  const topics =
    from && engine
      ? tables.map((table) => engine.source.topicOf({ prefix: mark, database: from.database, table }))
      : [];
  const sourceConfig = from && engine?.stream?.config({ ...from, prefix: mark, tables, brokers });
  const sinkConfig = target && engineOfUrl(target.url).sink.connectorConfig({ ...placeOf(target.url), topics });
  const [brokersRead, sourceRead, sinkRead] = await Promise.all([
    brokers.length > 0 ? readBrokers(brokers, topics, asking) : undefined,
    sourceConnect &&
      readConnect(sourceConnect, cdc.connect, wanted(row.debezium_connector_name, names.source, sourceConfig), asking),
    sinkConnect &&
      readConnect(sinkConnect, cdc.sinkConnect, wanted(row.sink_connector_name, names.sink, sinkConfig), asking),
  ]);
  return {
    ...(brokersRead && { brokers: await withBehind(brokersRead, sinkRead, { brokers, signal: asking.signal }) }),
    ...(sourceRead && { sourceConnect: sourceRead }),
    ...(sinkRead && { sinkConnect: sinkRead }),
  };
}

async function withBehind(
  asked: Asked<BrokersSetUp>,
  sink: Asked<ConnectSetUp> | undefined,
  { brokers, signal }: { readonly brokers: readonly string[]; readonly signal: AbortSignal },
): Promise<Asked<BrokersSetUp>> {
  if (!('read' in asked) || sink === undefined || !('read' in sink) || sink.read.connector === undefined) return asked;
  const { name, config } = sink.read;
  const behind = await readBehind(brokers, consumerGroup(name, config), signal);
  return behind === undefined ? asked : { ...asked, read: { ...asked.read, behind } };
}

/** Where no name was stored, it is the one that a start gives. */
function wanted(
  stored: string | null,
  name: string,
  config: Readonly<Record<string, string>> | undefined,
): WantedConnector {
  const connectorClass = config?.['connector.class'];
  return {
    ...{ name: stored ?? name, inferred: stored === null },
    ...(connectorClass === undefined ? {} : { connectorClass }),
  };
}
