import { notificationTopic } from '#model/pipeline-names.ts';
import type { SinkConfigOptions } from './port/sink.ts';
import type { SourceConfigOptions } from './port/source.ts';

/**
 * What Debezium's source connectors of all engines are told alike, as a careful team would deploy them. `signals` is the
 * signal table as the connector names it.
 */
export function sourceSettings(
  { server, prefix, snapshot = 'initial' }: SourceConfigOptions,
  signals: string,
): Record<string, string> {
  return {
    'tasks.max': '1',
    'database.hostname': server.host,
    'database.port': String(server.port),
    'database.user': server.user,
    'database.password': server.password,
    'topic.prefix': prefix,
    'snapshot.mode': snapshot,
    // By default a TRUNCATE is skipped, and the sink keeps every row.
    'skipped.operations': 'none',
    'signal.enabled.channels': 'source',
    'signal.data.collection': signals,
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

/** What the lab alone asks of a connector: there is no signal table in a database of somebody's. */
const OF_THE_LAB = /^(signal|notification|incremental)\./;

/** The settings for a database of somebody's. */
export function withoutLab(config: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(config).filter(([name]) => !OF_THE_LAB.test(name)));
}

/** What a connector of this configuration calls a column in its records, by `field.name.adjustment.mode`. */
export function fieldName(config: Readonly<Record<string, string>>, column: string): string {
  switch (config['field.name.adjustment.mode']?.trim().toLowerCase()) {
    case 'avro':
      // A digit at the beginning is kept behind an underscore.
      return column.replace(/^\d/, '_$&').replaceAll(/[^A-Za-z0-9_]/g, '_');
    case 'avro_unicode':
      // The underscore marks what is escaped, and is escaped itself.
      return column.replaceAll(/^\d|[^A-Za-z0-9]/g, (char) => `_u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
    default:
      return column;
  }
}

/** A property's list of names takes regular expressions that must match the whole of a name; a comma in one is escaped. */
export function nameList(names: readonly string[]): string {
  return names.map((name) => escaped(name).replaceAll(',', '\\,')).join(',');
}

/** A regular expression that a name alone matches. */
export function escaped(name: string): string {
  return name.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** What Debezium's JDBC sink is told at a database of any engine: upsert by the record's key, deletes on, basic schema evolution. */
export function jdbcSinkSettings(
  { server, topics }: SinkConfigOptions,
  own: { readonly url: string; readonly collectionName: string },
): Record<string, string> {
  return {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    'tasks.max': '1',
    topics: topics.join(','),
    'connection.url': own.url,
    'connection.username': server.user,
    'connection.password': server.password,
    'insert.mode': 'upsert',
    'delete.enabled': 'true',
    'primary.key.mode': 'record_key',
    'schema.evolution': 'basic',
    'collection.name.format': own.collectionName,
    // By default names reach the database without quotes: a reserved word, a space or an upper case letter ends the task.
    'quote.identifiers': 'true',
    // The default reads the header with a changed key's new values as a map, and fails where these are of several types.
    'header.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'connection.pool.min_size': '1',
    'connection.pool.max_size': '2',
    'batch.size': '1000',
    'consumer.override.auto.offset.reset': 'earliest',
    'consumer.override.max.poll.records': '1000',
    'consumer.override.fetch.max.wait.ms': '100',
  };
}
