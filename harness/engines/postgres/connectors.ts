import { jdbcSinkSettings, nameList, sourceSettings } from '#engines/debezium.ts';
import type { SinkConfigOptions } from '#engines/port/sink.ts';
import type { SourceConfigOptions } from '#engines/port/source.ts';
import type { TableId } from '#model/catalog.ts';

/** The table through which Debezium is told to snapshot again, and in which it marks the windows of its chunks. */
export const SIGNAL_TABLE: TableId = 'driftlab.signal';

/** Makes the signal table; its columns and sizes are Debezium's. */
export const SIGNAL_SQL = `
CREATE SCHEMA IF NOT EXISTS driftlab;
CREATE TABLE IF NOT EXISTS driftlab.signal (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048));
`;

/** Identifiers of slots and publications: lower case letters, digits and underscores. */
function slotName(prefix: string): string {
  return `driftlab_${prefix.replaceAll(/[^a-z0-9_]/g, '_')}`;
}

/** Configuration of Debezium's PostgreSQL connector. */
export function sourceConnectorConfig(options: SourceConfigOptions): Record<string, string> {
  const { database, prefix, tables } = options;
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    ...sourceSettings(options, SIGNAL_TABLE),
    'database.dbname': database,
    'plugin.name': 'pgoutput',
    'slot.name': slotName(prefix),
    'publication.name': slotName(prefix),
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
    collectionName: foreign ? 'public.${source.table}' : '${source.schema}.${source.table}',
  });
}
