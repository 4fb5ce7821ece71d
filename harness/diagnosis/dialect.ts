import type { OwnConnector } from '#model/pipeline.ts';

/** Whose JDBC sink connector it is: each has its own names for the same properties. */
export type SinkDialect = 'debezium' | 'confluent' | 'aiven';

const CLASSES: ReadonlyMap<string, SinkDialect> = new Map([
  ['io.debezium.connector.jdbc.JdbcSinkConnector', 'debezium'],
  ['io.confluent.connect.jdbc.JdbcSinkConnector', 'confluent'],
  ['io.aiven.connect.jdbc.JdbcSinkConnector', 'aiven'],
]);

/** Undefined for a connector that is none of them. */
export function sinkDialect({ config }: OwnConnector): SinkDialect | undefined {
  return CLASSES.get(`${config['connector.class']}`);
}

/** Debezium's sink then writes a batch in one statement, and casts the values itself, whatever the driver's settings. */
export const UNNEST = 'dialect.postgres.unnest.insert.enabled';

interface Words {
  readonly insertMode: string;
  readonly keyMode: string;
  readonly keyFields: string;
  readonly tableName: string;
  readonly deletes: string;
  /** What makes the sink add columns that are new at the source. */
  readonly evolve: string;
  readonly docs: string;
}

const CONFLUENT: Words = {
  insertMode: 'insert.mode',
  keyMode: 'pk.mode',
  keyFields: 'pk.fields',
  tableName: 'table.name.format',
  deletes: 'delete.enabled',
  evolve: 'auto.evolve=true',
  docs: 'https://docs.confluent.io/kafka-connectors/jdbc/current/sink-connector/sink_config_options.html',
};

/** What each property is called, by the connector it belongs to. */
const WORDS: Readonly<Record<SinkDialect, Words>> = {
  debezium: {
    insertMode: 'insert.mode',
    keyMode: 'primary.key.mode',
    keyFields: 'primary.key.fields',
    tableName: 'collection.name.format',
    deletes: 'delete.enabled',
    evolve: 'schema.evolution=basic',
    docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html',
  },
  confluent: CONFLUENT,
  aiven: {
    ...CONFLUENT,
    docs: 'https://github.com/Aiven-Open/jdbc-connector-for-apache-kafka/blob/master/docs/sink-connector-config-options.rst',
  },
};

export function sinkWords(dialect: SinkDialect): Words {
  return WORDS[dialect];
}

/** How a property is set: `delete.enabled=false in sink.json`, or that it is not, and its default. */
export function stands(
  { file, config }: Pick<OwnConnector, 'file' | 'config'>,
  property: string,
  otherwise: string,
): string {
  const value = config[property];
  return value === undefined
    ? `${property} is not set in ${file} (default: ${otherwise})`
    : `${property}=${value} in ${file}`;
}
