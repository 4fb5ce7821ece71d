import type { SetUpCause } from '#model/set-up.ts';
import { avroOf, type Config, JSON_OF_BOTH, type KafkaBench, type Login } from './kafka-bench.ts';

type Bench = KafkaBench & { readonly login: Login };

/** A connector of somebody's own that works, what is broken for it at Kafka or at the registry, and the cause that says so. */
export interface KafkaPlant {
  readonly name: string;
  readonly code: string;
  deploy(bench: Bench, name: string): Promise<unknown>;
  break(bench: Bench, name: string): Promise<unknown>;
  /** A part of what the cause says, and of its evidence; `%` stands for the connector's name. */
  readonly says: string;
  readonly read: string;
  /** What a person does where the cause has no command or property for it, or not they alone. */
  mend?(bench: Bench, name: string, cause: SetUpCause): Promise<unknown>;
}

const FEED = 'feed.public.t_feed';

/** A property that is taken away. */
const NONE = '';
const UNMADE: Config = {
  'topic.creation.default.replication.factor': NONE,
  'topic.creation.default.partitions': NONE,
};

const topicOf = (name: string): string => `${name}.public.t_${name}`;
const remove = ({ admin }: Bench, topic: string): Promise<void> => admin.deleteTopics({ topics: [topic] });
const groupOf = (name: string): string => `connect-${name}`;

/** What others read: they are not broken, or by a plant beside them. */
export const WRITERS: readonly Pick<KafkaPlant, 'name' | 'deploy'>[] = [
  { name: 'feed', deploy: ({ source }, name) => source(name) },
  { name: 'avro', deploy: (bench, name) => bench.source(name, avroOf(bench.stack)) },
  { name: 'bare', deploy: ({ source }, name) => source(name) },
];

const OF_SOURCES: readonly KafkaPlant[] = [
  {
    ...{ name: 'added', code: 'connector-topic-missing' },
    deploy: ({ source }, name) => source(name),
    async break({ configure, sql }, name) {
      await sql(`CREATE TABLE u_${name} (id int PRIMARY KEY)`);
      await configure(name, { ...UNMADE, 'table.include.list': `public.t_${name},public.u_${name}` });
      await sql(`INSERT INTO u_${name} VALUES (1)`);
    },
    ...{ says: '% has no topic %.public.u_%', read: 'auto.create.topics.enable=false' },
  },
  {
    ...{ name: 'gone', code: 'connector-topic-deleted' },
    deploy: ({ source }, name) => source(name),
    break: (bench, name) => remove(bench, topicOf(name)),
    ...{ says: 'which % wrote, was deleted', read: '/connectors/%/topics: %.public.t_%' },
  },
  {
    ...{ name: 'login', code: 'connector-broker-login' },
    async deploy({ source, allow, login }, name) {
      await allow('writer', { topic: topicOf(name), operations: ['Write', 'Describe'] });
      await source(name, login('producer', 'writer'));
    },
    break: ({ configure, login }, name) => configure(name, login('producer', 'writer', 'other')),
    ...{ says: 'do not take writer, as whom % signs in', read: 'SaslAuthenticationException' },
    mend: ({ configure, login }, name) => configure(name, login('producer', 'writer')),
  },
  {
    ...{ name: 'denied', code: 'connector-topic-denied' },
    async deploy({ source, allow, login }, name) {
      await allow('other_writer', { topic: topicOf(name), operations: ['Write', 'Describe'] });
      await source(name, login('producer', 'other_writer'));
    },
    break: ({ allow }, name) =>
      allow('other_writer', { topic: topicOf(name), operations: ['Write', 'Describe'] }, false),
    ...{ says: 'other_writer, as whom % signs in, may not write %.public.t_%', read: 'TopicAuthorizationException' },
  },
  {
    ...{ name: 'schema', code: 'registry-incompatible' },
    deploy: (bench, name) => bench.source(name, avroOf(bench.stack)),
    async break({ stack, sql }, name) {
      await fetch(`${stack.registry?.url}/config/${topicOf(name)}-value`, {
        method: 'PUT',
        headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
        body: '{"compatibility":"BACKWARD"}',
      });
      await sql(`ALTER TABLE t_${name} ADD more int; UPDATE t_${name} SET more = 1; ALTER TABLE t_${name}
        ALTER more SET NOT NULL, ALTER note SET NOT NULL; INSERT INTO t_${name} VALUES (9000, 'b', 1)`);
    },
    ...{ says: 'refuses the schema that % has for %.public.t_%-value', read: 'Incompatible artifact' },
  },
];

const OF_SINKS: readonly KafkaPlant[] = [
  {
    ...{ name: 'reads_json', code: 'converter-mismatch' },
    deploy: (bench, name) => bench.sink(name, topicOf('avro'), avroOf(bench.stack)),
    break: ({ configure }, name) => configure(name, JSON_OF_BOTH),
    ...{ says: '% reads JSON with schemas, and its records are written as the wire format', read: 'AvroConverter' },
  },
  {
    ...{ name: 'reads_avro', code: 'converter-mismatch' },
    deploy: ({ sink }, name) => sink(name, FEED),
    break: (bench, name) => bench.configure(name, avroOf(bench.stack)),
    ...{ says: '% reads the wire format of a schema registry', read: `the record ${FEED}-0 @ 0: JSON with schemas` },
  },
  {
    ...{ name: 'no_schemas', code: 'converter-mismatch' },
    deploy: ({ sink }, name) => sink(name, topicOf('bare')),
    async break({ configure }) {
      await configure('bare', { 'key.converter.schemas.enable': 'false', 'value.converter.schemas.enable': 'false' });
    },
    ...{ says: '% needs records with schemas', read: 'the configuration of bare, which writes it' },
    mend: ({ configure }, name) => configure(name, { 'errors.tolerance': 'all' }),
  },
  {
    ...{ name: 'no_topic', code: 'connector-topic-denied' },
    async deploy({ sink, allow, login }, name) {
      await allow('reader', { topic: FEED, operations: ['Read', 'Describe'] });
      await allow('reader', { group: groupOf(name), operations: ['Read'] });
      await sink(name, FEED, login('consumer', 'reader'));
    },
    async break({ allow, restart }, name) {
      await allow('reader', { topic: FEED, operations: ['Read', 'Describe'] }, false);
      await restart(name);
    },
    ...{ says: `reader, as whom % signs in, may not read ${FEED}`, read: 'TopicAuthorizationException' },
  },
  {
    ...{ name: 'no_group', code: 'connector-group-denied' },
    async deploy({ sink, allow, login }, name) {
      await allow('other_reader', { topic: FEED, operations: ['Read', 'Describe'] });
      await allow('other_reader', { group: groupOf(name), operations: ['Read'] });
      await sink(name, FEED, login('consumer', 'other_reader'));
    },
    async break({ allow, restart }, name) {
      await allow('other_reader', { group: groupOf(name), operations: ['Read'] }, false);
      await restart(name);
    },
    ...{ says: 'other_reader, as whom % signs in, may not read as the group connect-%', read: 'GroupAuthorization' },
  },
  {
    ...{ name: 'fenced', code: 'connector-group-fenced' },
    async deploy({ sink, admin }, name) {
      await admin.createTopics({ topics: [{ topic: 'two', numPartitions: 2 }] });
      await sink(name, 'two', { 'consumer.override.group.instance.id': 'one' });
    },
    break: ({ configure }, name) => configure(name, { 'tasks.max': '2' }),
    ...{ says: 'each of its 2 tasks has it', read: 'FencedInstanceIdException' },
    mend: ({ configure }, name) => configure(name, { 'consumer.override.group.instance.id': NONE }),
  },
  {
    ...{ name: 'shares', code: 'connectors-share-group' },
    async deploy({ sink }, name) {
      await sink(name, FEED);
      await sink('is_shared', FEED);
    },
    break: ({ configure }, name) => configure(name, { 'consumer.override.group.id': groupOf('is_shared') }),
    ...{ says: '% and is_shared have the same group', read: '/connectors/is_shared/config' },
    mend: ({ configure }, name) => configure(name, { 'consumer.override.group.id': NONE }),
  },
  {
    ...{ name: 'lost_place', code: 'connector-position-gone' },
    deploy: ({ sink }, name) => sink(name, FEED, { 'consumer.override.auto.offset.reset': 'earliest' }),
    break: ({ configure }, name) =>
      configure(name, {
        'consumer.override.group.id': 'forgotten',
        'consumer.override.auto.offset.reset': 'none',
      }),
    ...{ says: `% has no position in ${FEED}-0 any more`, read: 'NoOffsetForPartitionException' },
  },
  {
    ...{ name: 'reads_gone', code: 'connector-topic-deleted' },
    async deploy({ sink, admin, send }, name) {
      await admin.createTopics({ topics: [{ topic: name }] });
      await send(name);
      await sink(name, name);
    },
    break: (bench, name) => remove(bench, name),
    ...{ says: '%, which % read, was deleted', read: '/connectors/%/topics: %' },
  },
  {
    ...{ name: 'reads_none', code: 'connector-topic-missing' },
    deploy: ({ sink }, name) => sink(name, FEED),
    break: ({ configure }, name) => configure(name, { topics: `${FEED},never` }),
    ...{ says: '% has no topic never', read: 'without never' },
  },
];

/** The last one to be broken, and the first to be mended: others need the registry. */
const AWAY: KafkaPlant = {
  ...{ name: 'away', code: 'registry-unreachable' },
  deploy: (bench, name) => bench.source(name, avroOf(bench.stack)),
  async break({ registry, restart, write }, name) {
    await registry.kill();
    await restart(name);
    await write(name);
  },
  ...{ says: 'The schema registry does not answer % at http', read: 'RestClientException' },
  mend: ({ registry }) => registry.start(),
};

export const KAFKA_PLANTS: readonly KafkaPlant[] = [...OF_SOURCES, ...OF_SINKS, AWAY];
