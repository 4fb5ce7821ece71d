import { expect, test } from 'vitest';
import type { RegistryConverter } from '#model/registry-converter.ts';
import type { OperatorError } from '#std/errors.ts';
import { refuseSinkElsewhere, refuseSourceElsewhere } from './elsewhere.ts';

const source =
  (config: Record<string, string>, ...converters: RegistryConverter[]) =>
  () =>
    refuseSourceElsewhere({ file: 'source.json', config, converters }, 'p.yaml:2');
const sink = (config: Record<string, string>) => () => refuseSinkElsewhere({ file: 'sink.json', config }, 'p.yaml:4');

const REGISTRY = { 'value.converter.schema.registry.url': 'http://me:hunter2@registry:8081' };
const JDBC = { 'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector' };
const URL = { 'connection.url': 'jdbc:postgresql://db/dw' };

function refusal(refuse: () => void): OperatorError {
  try {
    refuse();
  } catch (error) {
    return error as OperatorError;
  }
  throw new Error('not refused');
}

test.each([
  [
    source({ 'value.converter': 'com.acme.Own', 'value.converter.lookup.url': 'http://prod' }),
    'address-elsewhere',
    'value.converter.lookup.url',
  ],
  [source({ 'mongodb.connection.string': 'mongodb://prod' }), 'address-elsewhere', 'mongodb.connection.string'],
  [source({ 'connection.url': 'jdbc:mysql://prod/shop' }), 'address-elsewhere', 'connection.url'],
  [sink({ ...JDBC, ...URL, 'hibernate.connection.url': 'jdbc:x' }), 'address-elsewhere', 'hibernate.connection.url'],
  [
    sink({ 'connector.class': 'com.mongodb.kafka.connect.MongoSinkConnector' }),
    'sink-elsewhere',
    'p.yaml:4: sink.json',
  ],
  [sink({ 'connection.url': 'http://elastic:9200' }), 'sink-elsewhere', 'is no JDBC sink'],
  [sink({ ...JDBC, 'connection.url': 'mongodb://prod' }), 'sink-elsewhere', 'is no JDBC sink'],
  [sink({ 'connector.class': 'io.confluent.connect.s3.S3SinkConnector' }), 'sink-elsewhere', 'is no JDBC sink'],
])('case %#: what the lab has no counterpart of is refused, and no password told', (refuse, code, words) => {
  const error = refusal(refuse);
  expect(error).toMatchObject({ code, exit: 2, message: expect.stringContaining(words) });
  for (const part of [error.expected, error.found, error.hint]) expect(part).toBeTruthy();
  expect(error.found).not.toContain('hunter2');
});

test.each([
  [source({ 'database.hostname': 'prod', 'signal.kafka.bootstrap.servers': 'prod:9092' })],
  [source({ 'producer.override.sasl.oauthbearer.token.endpoint.url': 'https://prod' })],
  [source({ 'value.converter': 'org.apache.kafka.connect.json.JsonConverter' })],
  [source(REGISTRY, { part: 'value', api: 'confluent', here: 'worker' })],
  [sink({ ...JDBC, ...REGISTRY, ...URL, 'value.converter': 'org.apache.kafka.connect.json.JsonConverter' })],
  [sink({ ...JDBC, ...URL })],
  [sink(JDBC)],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as Connect's configuration providers write it
  [sink({ ...JDBC, 'connection.url': '${file:/secrets:url}' })],
  [sink({ 'connector.class': 'com.acme.Writer', ...URL })],
])('case %#: what is replaced is let through', (refuse) => {
  expect(refuse).not.toThrow();
});
