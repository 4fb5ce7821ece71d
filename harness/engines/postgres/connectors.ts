import { jdbcSinkSettings, nameList, sourceSettings } from '#engines/debezium.ts';
import type { SinkConfigOptions } from '#engines/port/sink.ts';
import type { SourceConfigOptions } from '#engines/port/source.ts';
import type { TableId } from '#model/catalog.ts';
import type { DatabaseServer } from '#model/stack.ts';

const NAME_MAX = 63;

/** The table through which Debezium is told to snapshot again, and in which it marks the windows of its chunks. */
export const SIGNAL_TABLE: TableId = 'driftlab.signal';

/** Makes the signal table; its columns and sizes are Debezium's. */
export const SIGNAL_SQL = `
CREATE SCHEMA IF NOT EXISTS driftlab;
CREATE TABLE IF NOT EXISTS driftlab.signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
`;

/** A server's slots are of all its databases, and their names have lower case letters, digits and underscores alone. */
export function slotName({ ownPrefix = 'driftlab_' }: Pick<DatabaseServer, 'ownPrefix'>, name: string): string {
  // A name that has been made so stays.
  if (name.startsWith(ownPrefix)) return name;
  return `${ownPrefix}${name.toLowerCase().replaceAll(/[^a-z0-9_]/g, '_')}`.slice(0, NAME_MAX);
}

/** Configuration of Debezium's PostgreSQL connector. */
export function sourceConnectorConfig(options: SourceConfigOptions): Record<string, string> {
  const { server, database, prefix, tables } = options;
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    ...sourceSettings(options, SIGNAL_TABLE),
    'database.dbname': database,
    'plugin.name': 'pgoutput',
    'slot.name': slotName(server, prefix),
    'publication.name': slotName(server, prefix),
    'publication.autocreate.mode': 'filtered',
    // A partitioned table's changes come under its own name, not under its partitions'.
    'publish.via.partition.root': 'true',
    'table.include.list': nameList([...tables, SIGNAL_TABLE]),
    // By default an interval becomes a count of microseconds, and its months and days are lost.
    'interval.handling.mode': 'string',
  };
}

/** Configuration of the Debezium JDBC sink connector. */
export function sinkConnectorConfig(options: SinkConfigOptions): Record<string, string> {
  const { server, database, foreign = false } = options;
  return jdbcSinkSettings(options, {
    url: `jdbc:postgresql://${server.host}:${server.port}/${database}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the connector's own placeholders
    collectionName: foreign ? 'public."${source.table}"' : '"${source.schema}"."${source.table}"',
  });
}
