import { engineOf } from '#engines/index.ts';
import type { NamedTable } from '#engines/port/own-source.ts';
import { type Table, type TableId, tableId, type UniqueKey } from '#model/catalog.ts';
import type { Replaced } from '#model/pipeline.ts';
import type { TopicRoute } from '#model/position.ts';
import type { RegistryConverter } from '#model/registry-converter.ts';
import type { DatabaseServer, RegistryAddresses } from '#model/stack.ts';
import { matchesWhole, whyLeftOut } from '#std/captured.ts';
import { commaList } from '#std/comma-list.ts';
import { redacted } from '#std/redact.ts';
import { converterSettings } from './converter-settings.ts';
import { kafkaSettings } from './kafka-settings.ts';

/** A connector's configuration as its owner has it, made to run here. */
export interface Fitted {
  readonly config: Readonly<Record<string, string>>;
  readonly replaced: readonly Replaced[];
}

type Config = Readonly<Record<string, string>>;

/** A source connector made to run here. */
interface FittedSource extends Fitted {
  /** Headers of its records that the lab has asked for, and that may have no value. */
  readonly emptyHeaders: readonly string[];
}

/** Where a connector runs in the lab. */
export interface Place {
  readonly server: DatabaseServer;
  readonly database: string;
  readonly brokers: readonly string[];
  readonly registry?: RegistryAddresses | undefined;
}

/** `here` are properties as they must be, null for those that are left out. */
function adapt(connector: string, theirs: Config, here: Readonly<Record<string, string | null>>): Fitted {
  const config = { ...theirs };
  const replaced: Replaced[] = [];
  for (const [property, value] of Object.entries(here)) {
    const own = theirs[property];
    if (own === (value ?? undefined)) continue;
    if (value === null) delete config[property];
    else config[property] = value;
    replaced.push({
      connector,
      property,
      theirs: own === undefined ? null : redacted(property, own),
      here: value === null ? null : redacted(property, value),
    });
  }
  return { config, replaced };
}

const HIBERNATE_LOGIN = /^hibernate\.connection\.(user|username|password)$/;
const UNWRAP = 'io.debezium.transforms.ExtractNewRecordState';

interface Fitting {
  /** Those of the connector's converters that need a registry. */
  readonly converters?: readonly RegistryConverter[] | undefined;
}

export interface SourceFitting extends Fitting {
  /** The lab keeps something of its own in the database, which the connector must not capture. */
  readonly hidden?: boolean | undefined;
}

/**
 * The source connector on the lab's own database and broker: addresses, credentials, replicas, converters, and headers where the
 * envelope is taken off.
 */
export function fitSource(
  connector: string,
  config: Config,
  { server, database, brokers, registry }: Place,
  { hidden = false, converters }: SourceFitting = {},
): FittedSource {
  const { own } = engineOf(server).source;
  const here: Record<string, string | null> = {
    ...kafkaSettings(config, brokers),
    ...registrySettings(config, converters, registry),
    ...own.settings(config, { server, database, hidden }),
  };
  const emptyHeaders: string[] = [];
  for (const alias of transformsOf(config)) {
    const property = `transforms.${alias}.add.headers`;
    if (config[`transforms.${alias}.type`] !== UNWRAP) continue;
    // What the verifier must see of a change whose envelope is taken off: as headers, so that no value changes.
    const has = commaList(config[property]);
    const added = own.headers.filter((name) => !has.includes(name));
    here[property] = [...has, ...added].join(',');
    const prefix = config[`transforms.${alias}.add.headers.prefix`] ?? '__';
    for (const name of added)
      if (own.headersWithoutValue.includes(name)) emptyHeaders.push(`${prefix}${name.replaceAll('.', '_')}`);
  }
  return { ...adapt(connector, config, here), emptyHeaders };
}

function registrySettings(config: Config, converters: Fitting['converters'], registry: Place['registry']) {
  return converters === undefined || registry === undefined ? {} : converterSettings(config, converters, registry);
}

export interface SinkFitting extends Fitting {
  /** Topics of the lab's own source connector, where that captures. */
  readonly topics?: readonly string[] | undefined;
  /** Headers that the lab has asked for at the source, and that the connector is to see nothing of. */
  readonly unseen?: readonly string[] | undefined;
}

/** The name of the transform that the lab adds. */
const OWN = 'driftlab';

/** A JDBC sink connector on the lab's own database and broker. */
export function fitSink(
  connector: string,
  config: Config,
  { server, database, brokers, registry }: Place,
  { topics, unseen = [], converters }: SinkFitting = {},
): Fitted {
  const user = Object.hasOwn(config, 'connection.user') ? 'connection.user' : 'connection.username';
  return adapt(connector, config, {
    'connection.url': engineOf(server).sink.jdbcUrl(config['connection.url'], server, database),
    [user]: server.user,
    'connection.password': server.password,
    // Hibernate's own would win over the connector's.
    ...Object.fromEntries(Object.keys(config).flatMap((name) => (HIBERNATE_LOGIN.test(name) ? [[name, null]] : []))),
    ...kafkaSettings(config, brokers),
    ...registrySettings(config, converters, registry),
    ...(unseen.length === 0
      ? {}
      : {
          transforms: [OWN, ...transformsOf(config)].join(','),
          [`transforms.${OWN}.type`]: 'org.apache.kafka.connect.transforms.DropHeaders',
          [`transforms.${OWN}.headers`]: unseen.join(','),
        }),
    ...(topics === undefined ? {} : { topics: topics.join(','), 'topics.regex': null }),
  });
}

/**
 * What a sink connector does to the tables of its sink: it creates them, alters those that are there, or neither. By the
 * properties of Debezium's JDBC sink and of Confluent's.
 */
export function tablesMadeBy(config: Config): 'created' | 'altered' | 'none' {
  const is = (property: string, value: string): boolean => config[property]?.trim().toLowerCase() === value;
  if (is('schema.evolution', 'basic') || is('auto.create', 'true')) return 'created';
  return is('auto.evolve', 'true') ? 'altered' : 'none';
}

function transformsOf(config: Config): string[] {
  return commaList(config.transforms);
}

const ROUTERS: ReadonlySet<string> = new Set([
  'org.apache.kafka.connect.transforms.RegexRouter',
  'io.debezium.transforms.ByLogicalTableRouter',
]);

/** The topic to which a connector writes a table's events, as its prefix, delimiter and routing transforms make it. */
export function topicOf(config: Config, table: NamedTable): string {
  const delimiter = config['topic.delimiter'] ?? '.';
  const { database, schema, name } = table;
  const parts = [config['topic.prefix'] ?? '', ...(database === undefined ? [] : [database]), schema, name];
  let topic = parts.join(delimiter).replaceAll(/[^\w.-]/g, '_');
  for (const alias of transformsOf(config)) {
    const of = (property: string): string | undefined => config[`transforms.${alias}.${property}`];
    if (!ROUTERS.has(of('type') ?? '')) continue;
    const pattern = of('regex') ?? of('topic.regex');
    const replacement = of('replacement') ?? of('topic.replacement');
    if (pattern === undefined || replacement === undefined) continue;
    const whole = new RegExp(`^(?:${pattern})$`);
    // Both languages write a group as $1.
    if (whole.test(topic)) topic = topic.replace(whole, replacement);
  }
  return topic;
}

/** What a connector's `message.key.columns` makes the key of a table's events; undefined where it is the table's own. */
function messageKeyOf(config: Config, table: Table, named: NamedTable): UniqueKey | undefined {
  for (const entry of (config['message.key.columns'] ?? '').split(';')) {
    const end = entry.lastIndexOf(':');
    if (end < 0 || !matchesWhole(entry.slice(0, end).trim(), tableId(named))) continue;
    const wanted = commaList(entry.slice(end + 1));
    const columns = table.columns.filter(({ name }) => wanted.includes(name));
    if (columns.length === 0 || columns.length < wanted.length) return undefined;
    if ([...wanted].sort().join() === [...table.key].sort().join()) return undefined;
    return { columns: wanted, namesRows: columns.every(({ nullable }) => !nullable) };
  }
  return undefined;
}

/** More than any consumer here has tasks: a topic of hundreds costs the broker more than it shows. */
const PARTITIONS_MAX = 16;

export interface Capturing {
  /** Keys of tables' events where `message.key.columns` makes them of other columns than the table's own key. */
  readonly eventKeys: ReadonlyMap<TableId, UniqueKey>;
  readonly routes: readonly TopicRoute[];
  /** Partitions of the topics for which a connector asks for a number: what has no key, as a TRUNCATE, has no order across them. */
  readonly partitions: ReadonlyMap<string, number>;
  /** Tables that none of the connectors captures. */
  readonly uncaptured: readonly { readonly table: TableId; readonly why: string }[];
  /** Tables of which several connectors write every event, into one topic. */
  readonly doubled: readonly TableId[];
}

/**
 * Which table's events go to which topic, over all source connectors. A table that two capture has its first one's topic.
 * `named` says what the connectors call a table.
 */
export function capturing(
  configs: readonly Config[],
  tables: readonly Table[],
  named: (table: Table) => NamedTable = (table) => table,
): Capturing {
  const routes: TopicRoute[] = [];
  const partitions = new Map<string, number>();
  const eventKeys = new Map<TableId, UniqueKey>();
  const uncaptured: { table: TableId; why: string }[] = [];
  const doubled: TableId[] = [];
  for (const table of tables) {
    const known = named(table);
    const reasons = configs.map((config) => whyLeftOut(config, known));
    const by = configs[reasons.indexOf(undefined)];
    if (by === undefined) {
      uncaptured.push({ table: tableId(table), why: [...new Set(reasons)].join('; ') });
      continue;
    }
    const topic = topicOf(by, known);
    routes.push({ topic, table: tableId(table) });
    const wanted = Number(by['topic.creation.default.partitions']);
    if (wanted >= 1) partitions.set(topic, Math.min(wanted, PARTITIONS_MAX));
    const writers = configs.filter((config, at) => reasons[at] === undefined && topicOf(config, known) === topic);
    if (writers.length > 1) doubled.push(tableId(table));
    const key = messageKeyOf(by, table, known);
    if (key !== undefined) eventKeys.set(tableId(table), key);
  }
  return { routes, partitions, uncaptured, eventKeys, doubled };
}

/**
 * The topics here of the tables that a sink connector's own `topics` name: those that end with a table's name, with its
 * schema or else without (a database's name stands there where an engine has no schemas). All of them
 * where none does, or where it subscribes by a pattern, of which nobody can say which tables it means.
 */
export function topicsHere({ topics }: Config, routes: readonly TopicRoute[]): readonly string[] {
  const wanted = commaList(topics);
  const named = routes.filter(({ table }) => {
    const name = table.slice(table.indexOf('.') + 1);
    return wanted.some((topic) => topic === table || topic.endsWith(`.${table}`) || topic === name);
  });
  return [...new Set((named.length === 0 ? routes : named).map(({ topic }) => topic))];
}

/** The topics of those given to which a sink connector subscribes. */
export function subscribed(config: Config, topics: readonly string[]): readonly string[] {
  const pattern = config['topics.regex'];
  if (pattern !== undefined) return topics.filter((topic) => new RegExp(`^(?:${pattern})$`).test(topic));
  const wanted = new Set(commaList(config.topics));
  return topics.filter((topic) => wanted.has(topic));
}
