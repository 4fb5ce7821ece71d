import type { ConnectClient } from '#clients/connect.ts';
import { between } from '#engines/between.ts';
import type { Engine } from '#engines/port/engine.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { commaList } from '#std/comma-list.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { connectorConfig } from '../connectors.ts';
import { readsSource, readsTopic, routerOf, targetParts } from './names.ts';

type Config = Readonly<Record<string, string>>;

export interface AddSink {
  readonly name: string;
  readonly config: Config;
}

const JDBC = /JdbcSink/;

/** The JDBC sink connectors that are named, or else those of the cluster that read from a source. */
export async function sinksOf(
  client: ConnectClient,
  names: readonly string[] | undefined,
  { prefix, topic, signal }: { readonly prefix: string; readonly topic: string; readonly signal: AbortSignal },
): Promise<readonly AddSink[]> {
  const all = names ?? (await client.names(signal)).toSorted();
  const found: AddSink[] = [];
  for (const name of all) {
    const config = await connectorConfig(client, name, signal);
    const isWanted = JDBC.test(config['connector.class'] ?? '') && readsSource(config, prefix, topic);
    if (names !== undefined || isWanted) found.push({ name, config });
  }
  // One that has a topic of its own reads no other.
  const taking = found.filter(({ config }) => readsTopic(config, topic));
  if (names !== undefined || taking.length > 0) return names === undefined ? taking : found;
  if (found.length < 2) return found;
  throw new OperatorError({
    code: 'several-sinks',
    message: `${found.length} sink connectors read from this source, and which of them is to have the table is not known`,
    expected: '--sink-connector NAMES',
    found: found.map(({ name }) => name).join(', '),
    exit: 1,
  });
}

/** Throws an OperatorError for a sink that would lose rows of a table that is added, or mix them with another one's. */
export function requireSink({ name, config }: AddSink, topic: string, table: TableId): void {
  const refused = (code: string, message: string, expected: string, found: string, hint: string) =>
    new OperatorError({ code, message, expected, found, hint, exit: 1 });
  if (config['consumer.override.auto.offset.reset'] === 'latest')
    throw refused(
      'sink-from-latest',
      `${name} begins a new topic with its end, so that rows would be lost`,
      'consumer.override.auto.offset.reset=earliest',
      'latest',
      `change it and deploy ${name}: the topics that it reads go on where they are`,
    );
  if ((config['insert.mode'] ?? 'insert').toLowerCase() !== 'upsert')
    throw refused(
      'sink-inserts',
      `${name} cannot take a row twice, and a row that is changed while the table is read comes twice`,
      'insert.mode=upsert, with primary.key.mode=record_key',
      `insert.mode=${config['insert.mode'] ?? 'insert'}`,
      `change it and deploy ${name}`,
    );
  const regex = config['topics.regex'] ?? '';
  if (regex !== '' && !readsTopic(config, topic))
    throw refused(
      'topics-regex',
      `${name} reads topics by an expression that is not of ${topic}`,
      `topics.regex that matches ${topic}`,
      regex,
      `change it and deploy ${name}`,
    );
  if (targetParts(config, topic, table) === undefined)
    throw refused(
      'one-table-sink',
      `${name} writes every topic into one table`,
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the connector's own placeholder
      'collection.name.format with ${source.table} or ${topic}',
      `collection.name.format=${config['collection.name.format'] ?? config['table.name.format']}`,
      `deploy a sink connector for ${topic}, and name it with --sink-connector`,
    );
}

/** A sink's configuration that reads one more topic. */
export function withTopic(config: Config, topic: string): Config {
  if (readsTopic(config, topic)) return config;
  return { ...config, topics: [...commaList(config.topics), topic].join(',') };
}

/** Why a sink's table is left to the connector, or is not known; undefined where it is to be made here. */
export function whyNotMade({ config }: AddSink): string | undefined {
  if ((config['schema.evolution'] ?? 'none').toLowerCase() === 'basic')
    return 'the connector makes it with its first row (schema.evolution=basic)';
  const router = routerOf(config);
  const format = config['collection.name.format'] ?? config['table.name.format'] ?? '';
  if (router !== undefined && !format.includes('source.'))
    return `its name is made by the transform ${router}: make it yourself`;
  return undefined;
}

export interface TargetOptions {
  readonly source: { readonly engine: Engine; readonly database: Database; readonly table: Table };
  readonly target: { readonly engine: Engine; readonly database: Database };
  readonly topic: string;
}

/** The table that a sink writes, in its own terms, and whether it is there. */
export async function targetTable(
  { config }: AddSink,
  { source, target, topic }: TargetOptions,
): Promise<{ readonly table: Table; readonly isThere: boolean }> {
  const across = between(source.engine, target.engine);
  const carried = source.table.columns.filter(({ generated }) => !generated);
  const own = across.atSink({ ...source.table, columns: carried });
  const parts = targetParts(config, topic, tableId(source.table)) ?? [];
  const [name = '', schema = target.engine.dialect.defaultSchema] = parts.toReversed();
  const table = { ...own, schema, name };
  const there = await target.engine.compare.readCatalog(target.database, { tables: [tableId(table)] });
  return { table, isThere: there.length > 0 };
}

/** Makes it. Throws an OperatorError with the server's words. */
export async function makeTarget(table: Table, { source, target }: TargetOptions): Promise<void> {
  try {
    if (source.engine.name === target.engine.name)
      await target.engine.sink.copyTypes(source.database, target.database, [source.table]);
    await target.engine.sink.createTable(target.database, table, { keyed: true, bookkeeping: false });
  } catch (error) {
    throw new OperatorError({
      code: 'not-made',
      message: `${tableId(table)} cannot be made at the target: ${messageOf(error)}`,
      hint: 'make it there yourself, and run this command again',
      cause: error,
      exit: 1,
    });
  }
}
