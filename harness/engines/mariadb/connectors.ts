import { nameList, sourceSettings } from '#engines/debezium.ts';
import type { SourceConfigOptions } from '#engines/port/source.ts';
import type { TableId } from '#model/catalog.ts';
import type { DatabaseServer } from '#model/stack.ts';
import type { Flavour } from './flavour.ts';
import { MARIADB_SCHEMA, quoteIdent } from './quote.ts';

/** The lab's own tables bear this at the beginning of their names: a database has no schemas in which they could lie. */
export const OWN_PREFIX = 'driftlab_';
const SIGNALS = `${OWN_PREFIX}signal`;

/** The table through which Debezium is told to snapshot again, and in which it marks the windows of its chunks. */
export const SIGNAL_TABLE: TableId = `${MARIADB_SCHEMA}.${SIGNALS}`;

/** Makes the signal table; its columns and sizes are Debezium's. */
export const SIGNAL_SQL = `CREATE TABLE IF NOT EXISTS ${quoteIdent(SIGNALS)}
  (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048)) ENGINE=InnoDB`;

const HISTORY = 'schema.history.internal.kafka.topic';

type Config = Readonly<Record<string, string>>;

/** The topic in which a connector keeps the tables' definitions as they were along the log. */
export const historyTopic = (config: Config): string | undefined => config[HISTORY];

/** Topics to which it writes beside those of tables: definitions, changes of definitions, transactions. */
export function connectorTopics(config: Config): readonly string[] {
  const { 'topic.prefix': prefix = '', 'topic.transaction': transaction = 'transaction' } = config;
  const history = historyTopic(config);
  return [
    ...(history === undefined ? [] : [history]),
    ...(config['include.schema.changes'] === 'false' ? [] : [prefix]),
    ...(config['provide.transaction.metadata'] === 'true'
      ? [[prefix, transaction].join(config['topic.delimiter'] ?? '.')]
      : []),
  ];
}

/** A table as the connector names it: a table's database stands where others have its schema. */
export function connectorTable(database: string, table: TableId): string {
  return `${database}.${table.slice(table.indexOf('.') + 1)}`;
}

/** Configuration of Debezium's connector. */
export function sourceConnectorConfig(
  options: SourceConfigOptions,
  { connect }: Pick<Flavour, 'connect'>,
): Record<string, string> {
  const { server, database, prefix, tables, brokers } = options;
  return {
    'connector.class': connect.className,
    ...sourceSettings(options, connectorTable(database, SIGNAL_TABLE)),
    ...connect.settings,
    // Two readers of one server's log must not have one id: the second would end the first.
    'database.server.id': String(serverId(server, prefix)),
    // By default it looks after a minute whether it is still connected, and goes on saying that it runs.
    'connect.keep.alive.interval.ms': '1000',
    'database.include.list': nameList([database]),
    'table.include.list': nameList([...tables, SIGNAL_TABLE].map((table) => connectorTable(database, table))),
    // By default an unsigned bigint above 2^63 wraps around.
    'bigint.unsigned.handling.mode': 'precise',
    // By default the driver makes a date of a year, which it cannot of 0000: the snapshot fails.
    'driver.yearIsDateType': 'false',
    // By default years below 100 are taken for abbreviations: the server has made whole years of those already.
    'enable.time.adjuster': 'false',
    // By default a tinyint(1), which the manual calls a boolean, becomes a number, and a sink's boolean refuses it.
    converters: 'truth',
    'truth.type': 'io.debezium.connector.binlog.converters.TinyIntOneToBooleanConverter',
    // An event alone says where its transaction starts, and not which of its events it is.
    'provide.transaction.metadata': 'true',
    'include.schema.changes': 'false',
    'schema.history.internal.kafka.bootstrap.servers': brokers.join(','),
    [HISTORY]: `${prefix}.schema-history`,
    'schema.history.internal.store.only.captured.tables.ddl': 'true',
  };
}

/**
 * An id among a server's replicas that follows from a name, so that a connector keeps it, and from who else may use the server.
 * The lab's own server has 1.
 */
export function serverId({ ownPrefix = '' }: Pick<DatabaseServer, 'ownPrefix'>, name: string): number {
  let hash = 0;
  for (const char of ownPrefix + name) hash = (Math.imul(hash, 31) + char.charCodeAt(0)) >>> 0;
  return 1000 + (hash % 1_000_000_000);
}
