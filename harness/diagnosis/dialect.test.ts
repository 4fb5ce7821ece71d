import { expect, test } from 'vitest';
import { jdbcSink, sourceConnector } from '#testing/diagnosis-facts.ts';
import { type SinkDialect, sinkDialect, sinkWords, stands } from './dialect.ts';

test.each([
  ['io.debezium.connector.jdbc.JdbcSinkConnector', 'debezium'],
  ['io.confluent.connect.jdbc.JdbcSinkConnector', 'confluent'],
  ['io.aiven.connect.jdbc.JdbcSinkConnector', 'aiven'],
  ['io.confluent.connect.jdbc.JdbcSourceConnector', undefined],
])('%s is of %s', (name, dialect) => {
  expect(sinkDialect(jdbcSink({ 'connector.class': name }))).toBe(dialect);
});

test('a connector without a class is of nobody', () => {
  expect(sinkDialect(sourceConnector({}))).toBeUndefined();
});

const CONFLUENT = [
  ...['insert.mode', 'pk.mode', 'pk.fields', 'table.name.format', 'delete.enabled', 'auto.evolve=true'],
  'https://docs.confluent.io/kafka-connectors/jdbc/current/sink-connector/sink_config_options.html',
];
const DEBEZIUM = [
  ...['insert.mode', 'primary.key.mode', 'primary.key.fields', 'collection.name.format', 'delete.enabled'],
  ...['schema.evolution=basic', 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html'],
];

test.each([
  ['debezium', DEBEZIUM],
  ['confluent', CONFLUENT],
  [
    'aiven',
    CONFLUENT.with(
      -1,
      'https://github.com/Aiven-Open/jdbc-connector-for-apache-kafka/blob/master/docs/sink-connector-config-options.rst',
    ),
  ],
] as const satisfies readonly (readonly [SinkDialect, readonly string[]])[])(
  'the properties of %s',
  (dialect, names) => {
    const { insertMode, keyMode, keyFields, tableName, deletes, evolve, docs } = sinkWords(dialect);
    expect([insertMode, keyMode, keyFields, tableName, deletes, evolve, docs]).toEqual(names);
  },
);

test('a property is as its file sets it, or the default', () => {
  expect(stands(jdbcSink({ 'insert.mode': 'insert' }), 'insert.mode', 'insert')).toBe(
    'insert.mode=insert in sink.json',
  );
  expect(stands(jdbcSink(), 'pk.mode', 'none')).toBe('pk.mode is not set in sink.json (default: none)');
});
