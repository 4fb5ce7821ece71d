import type { BrokersSetUp, ConnectSetUp, SeenRecord } from '#model/set-up.ts';
import { at, brokers as both, type Change, pipeline, reading, reads, SOUND, saying } from './facts.fixture.ts';

const [first = ''] = both.wanted;

const own = (more: Partial<BrokersSetUp>): Change => ({
  ...pipeline({ foreign: true }),
  brokers: { place: at('kafka:9092, other:9092'), read: { ...both, ...more } },
});

/** A source connector of somebody's own. */
export const source = (more: Partial<ConnectSetUp>, of: Partial<BrokersSetUp>): Change => {
  const { sinkConnect: _, target: __, ...alone } = SOUND;
  return { ...alone, sinkConnect: undefined, target: undefined, ...own(of), ...reading(more) } as Change;
};

const PLAIN = { 'value.converter': 'org.apache.kafka.connect.json.JsonConverter' };
const BYTES = 'DataException: Converting byte[] to Kafka Connect data failed due to serialization error:';
const record: SeenRecord = { topic: first, partition: 0, offset: '7', form: 'registry' };
const written = { name: 'shop_source', converters: { 'value.converter': 'io.confluent.connect.avro.AvroConverter' } };

/** A sink connector that cannot read its records, which are like these. */
export const unreadable = (records: readonly SeenRecord[], more: Partial<ConnectSetUp> = {}): Change => {
  const said = saying('sink', BYTES, PLAIN);
  const { sinkConnect: sink } = said;
  return {
    ...said,
    brokers: { place: at('kafka:9092'), read: { ...both, records } },
    ...(sink !== undefined && 'read' in sink && { sinkConnect: { ...sink, read: { ...sink.read, ...more } } }),
  };
};
export const SEEN = record;

/** What the brokers and the registry say, or show. */
export const KAFKA: Readonly<Record<string, readonly [Change, string]>> = {
  'connector-topic-missing': [
    source({}, { topics: [], autoCreates: false }),
    `kafka-topics.sh --bootstrap-server kafka:9092,other:9092 --create --topic ${first}`,
  ],
  'connector-topic-deleted': [source({ seenTopics: [first] }, { topics: [] }), `--create --topic ${first}`],
  'connect-topic-not-compacted': [
    source(
      {},
      {
        uncompacted: [
          { topic: 'offsets', holds: 'offsets', policy: 'delete', key: `["${reads.name}",{"server":"s"}]` },
        ],
      },
    ),
    '--entity-name offsets --add-config cleanup.policy=compact',
  ],
  'connector-broker-login': [
    saying('source', 'org.apache.kafka.common.errors.SaslAuthenticationException: Authentication failed: Invalid …'),
    'producer.override.sasl.jaas.config=',
  ],
  'connector-topic-denied': [
    saying('source', 'TopicAuthorizationException: Not authorized to access topics: [a, b]'),
    '--add --allow-principal User:… --operation Write --operation Describe --topic b',
  ],
  'connector-group-denied': [
    saying('sink', 'org.apache.kafka.common.errors.GroupAuthorizationException: Not authorized to access group: g'),
    '--operation Read --group g',
  ],
  'connector-broker-refuses': [
    saying('source', 'org.apache.kafka.common.errors.ClusterAuthorizationException: Cluster authorization failed.'),
    'kafka-acls.sh',
  ],
  'connector-group-fenced': [
    saying('sink', 'org.apache.kafka.common.errors.FencedInstanceIdException: The broker rejected …'),
    'consumer.override.group.instance.id',
  ],
  'connector-position-gone': [
    saying('sink', 'NoOffsetForPartitionException: Undefined offset with no reset policy for partitions: [a.b-0]'),
    'consumer.override.auto.offset.reset=earliest',
  ],
  'registry-unreachable': [
    saying(
      'source',
      'io.apicurio.registry.rest.client.exception.RestClientException\n\tat io.apicurio.registry.rest.client.impl.ErrorHandler.parseError(ErrorHandler.java:95)',
      { 'value.converter.apicurio.registry.url': 'http://registry/apis/registry/v2' },
    ),
    'start it, or correct its address in the configuration of mark_source at http://registry',
  ],
  'registry-incompatible': [
    saying('source', 'RuleViolationException: Incompatible artifact: mark.public.items-value [AVRO], num of …', {
      'value.converter.apicurio.registry.url': 'http://registry/apis/registry/v2',
    }),
    'http://registry/apis/ccompat/v7/config/mark.public.items-value',
  ],
  'converter-mismatch': [
    unreadable([record], { writers: [written] }),
    'value.converter=io.confluent.connect.avro.AvroConverter',
  ],
  'connector-poison-record': [
    unreadable([record, { ...record, offset: '8', form: 'json-with-schema' }]),
    'errors.tolerance=all',
  ],
};
