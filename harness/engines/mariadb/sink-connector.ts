import type { SinkConfigOptions } from '#engines/port/sink.ts';

/** Without it the driver writes a moment as a clock shows it where the worker lives. */
const ZONE = 'connectionTimeZone=UTC&preserveInstants=true';

/**
 * By default the driver finds the columns of a table in all databases of the server: the connector then takes a column that
 * another one's table of this name has for its own, and does not add it.
 */
const OWN_DATABASE = 'nullDatabaseMeansCurrent=true';

/** Configuration of the Debezium JDBC sink connector: upsert by the record's key, deletes on, basic schema evolution. */
export function sinkConnectorConfig({ server, database, topics }: SinkConfigOptions): Record<string, string> {
  return {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'tasks.max': '1',
    topics: topics.join(','),
    'connection.url': `jdbc:mariadb://${server.host}:${server.port}/${encodeURIComponent(database)}?${ZONE}&${OWN_DATABASE}`,
    'connection.username': server.user,
    'connection.password': server.password,
    'insert.mode': 'upsert',
    'delete.enabled': 'true',
    'primary.key.mode': 'record_key',
    'schema.evolution': 'basic',
    // A database has no schemas.
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the connector's own placeholder
    'collection.name.format': '${source.table}',
    'connection.pool.min_size': '1',
    'connection.pool.max_size': '2',
    'batch.size': '1000',
    'consumer.override.auto.offset.reset': 'earliest',
    'consumer.override.max.poll.records': '1000',
    'consumer.override.fetch.max.wait.ms': '100',
  };
}
