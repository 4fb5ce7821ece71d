import type { SinkConfigOptions } from '#engines/port/sink.ts';
import type { SourceConfigOptions } from '#engines/port/source.ts';
import type { TableId } from '#model/catalog.ts';
import { notificationTopic } from '#model/pipeline-names.ts';

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

/** Configuration of Debezium's PostgreSQL connector, as a careful team would deploy it. */
export function sourceConnectorConfig(options: SourceConfigOptions): Record<string, string> {
  const { server, database, prefix, tables, snapshot = 'initial' } = options;
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': '1',
    'database.hostname': server.host,
    'database.port': String(server.port),
    'database.user': server.user,
    'database.password': server.password,
    'database.dbname': database,
    'topic.prefix': prefix,
    'plugin.name': 'pgoutput',
    'slot.name': slotName(prefix),
    'publication.name': slotName(prefix),
    'publication.autocreate.mode': 'filtered',
    // A partitioned table's changes come under its own name, not under its partitions'.
    'publish.via.partition.root': 'true',
    // The list takes regular expressions that must match the whole name.
    'table.include.list': [...tables, SIGNAL_TABLE].map(escapeRegex).join(','),
    'snapshot.mode': snapshot,
    // By default an interval becomes a count of microseconds, and its months and days are lost.
    'interval.handling.mode': 'string',
    // By default a TRUNCATE is skipped, and the sink keeps every row.
    'skipped.operations': 'none',
    'signal.enabled.channels': 'source',
    'signal.data.collection': SIGNAL_TABLE,
    'signal.poll.interval.ms': '100',
    // Each chunk of a later snapshot costs two writes to the signal table and their way through the log.
    'incremental.snapshot.chunk.size': '8192',
    'notification.enabled.channels': 'sink',
    'notification.sink.topic.name': notificationTopic(prefix),
    'poll.interval.ms': '50',
    'max.batch.size': '4096',
    'max.queue.size': '16384',
    'producer.override.linger.ms': '5',
    // Idempotent production keeps the order within a partition also when a request is sent again.
    'producer.override.enable.idempotence': 'true',
  };
}

/** Configuration of the Debezium JDBC sink connector: upsert by the record's key, deletes on, basic schema evolution. */
export function sinkConnectorConfig(options: SinkConfigOptions): Record<string, string> {
  const { server, database, topics, foreign = false } = options;
  return {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'tasks.max': '1',
    topics: topics.join(','),
    'connection.url': `jdbc:postgresql://${server.host}:${server.port}/${database}`,
    'connection.username': server.user,
    'connection.password': server.password,
    'insert.mode': 'upsert',
    'delete.enabled': 'true',
    'primary.key.mode': 'record_key',
    'schema.evolution': 'basic',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the connector's own placeholders
    'collection.name.format': foreign ? 'public.${source.table}' : '${source.schema}.${source.table}',
    'connection.pool.min_size': '1',
    'connection.pool.max_size': '2',
    'batch.size': '1000',
    'consumer.override.auto.offset.reset': 'earliest',
    'consumer.override.max.poll.records': '1000',
    'consumer.override.fetch.max.wait.ms': '100',
  };
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
