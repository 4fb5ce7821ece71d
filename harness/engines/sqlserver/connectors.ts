import { nameList, sourceSettings } from '#engines/debezium.ts';
import type { SourceConfigOptions } from '#engines/port/source.ts';
import type { TableId } from '#model/catalog.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { OWN_SCHEMA } from './capture.ts';
import { quoteLiteral, quoteTable } from './quote.ts';

/** The table through which Debezium is told to snapshot again, and in which it marks the windows of its chunks. */
export const SIGNAL_TABLE: TableId = `${OWN_SCHEMA}.signal`;

/** Makes the signal table; its columns and sizes are Debezium's. It must be captured, as any table of the connector's. */
export const SIGNAL_SQL = `IF OBJECT_ID(${quoteLiteral(quoteTable(SIGNAL_TABLE))}, N'U') IS NULL
  CREATE TABLE ${quoteTable(SIGNAL_TABLE)} ([id] varchar(42) NOT NULL PRIMARY KEY, [type] varchar(32) NOT NULL, [data] varchar(2048) NULL)`;

/** Asks for an incremental snapshot of tables, named as {@link connectorTable} does. */
export function signalSql(id: string, tables: readonly string[]): string {
  const data = JSON.stringify({ type: 'incremental', 'data-collections': tables });
  return `INSERT INTO ${quoteTable(SIGNAL_TABLE)} ([id], [type], [data]) VALUES (${quoteLiteral(id)}, N'execute-snapshot', ${quoteLiteral(data)})`;
}

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

/** A table as signals and topics name it: `database.schema.table`. */
export function connectorTable(database: string, table: TableId): string {
  return `${database}.${table}`;
}

/** Before a connector's own name in what its connections say of themselves: by it the server's sessions are known as its. */
export const CONNECTOR_PROGRAM = 'driftlab connector ';

/** The server keeps so many characters of it. */
const PROGRAM_NAME_MAX = 128;

/** As what the connections of a connector with this prefix are known to the server. */
export function programOf(prefix: string): Record<string, string> {
  return { 'driver.applicationName': `${CONNECTOR_PROGRAM}${prefix}`.slice(0, PROGRAM_NAME_MAX) };
}

/** How the connector's driver reaches the server: as the server's parameters say, and else encrypted and with its certificate checked. */
export function driverSettings({ parameters = {} }: Pick<DatabaseServer, 'parameters'>): Record<string, string> {
  const { encrypt = 'true', trustServerCertificate = 'false', hostNameInCertificate } = parameters;
  return {
    'driver.encrypt': encrypt,
    'driver.trustServerCertificate': trustServerCertificate,
    ...(hostNameInCertificate === undefined ? {} : { 'driver.hostNameInCertificate': hostNameInCertificate }),
  };
}

/** Configuration of Debezium's SQL Server connector. */
export function sourceConnectorConfig(options: SourceConfigOptions): Record<string, string> {
  const { server, database, prefix, tables, brokers } = options;
  return {
    'connector.class': 'io.debezium.connector.sqlserver.SqlServerConnector',
    // One task a database at most.
    ...sourceSettings(options, connectorTable(database, SIGNAL_TABLE)),
    'database.names': database,
    ...driverSettings(server),
    ...programOf(prefix),
    'table.include.list': nameList([...tables, SIGNAL_TABLE]),
    // In the order of their LSNs, so that the positions of one transaction's events rise; by default they come by its commands.
    'data.query.mode': 'function',
    // By default rows stay locked until the snapshot has read all tables, and writers wait.
    'snapshot.isolation.mode': 'snapshot',
    'include.schema.changes': 'false',
    'schema.history.internal.kafka.bootstrap.servers': brokers.join(','),
    [HISTORY]: `${prefix}.schema-history`,
    'schema.history.internal.store.only.captured.tables.ddl': 'true',
  };
}
