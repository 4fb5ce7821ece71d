import type { BrokersSetUp, ConnectSetUp, Place, SetUpFacts, UncompactedTopic } from '#model/set-up.ts';
import { listed, type SetUpEntry, type SetUpFound } from './entry.ts';
import { AT_BROKERS, kafkaTool } from './kafka-tools.ts';
import { GROUPS, type Side } from './traces.ts';
import { entryOf } from './words.ts';

const KAFKA = 'https://kafka.apache.org/documentation';

/** A connector of somebody's own, at brokers that were asked. */
interface AtBrokers {
  readonly side: Side;
  readonly connect: ConnectSetUp;
  readonly workers: Place;
  readonly brokers: BrokersSetUp;
  readonly place: Place;
  /** Topics that it names, and that are not there. */
  readonly gone: readonly string[];
}

function atBrokers(facts: SetUpFacts): AtBrokers | undefined {
  const { brokers, pipeline } = facts;
  const side = facts.sourceConnect === undefined ? 'sink' : 'source';
  const group = GROUPS[side](facts);
  // A start of a pipeline makes its topics.
  if (!pipeline.foreign || brokers === undefined || !('read' in brokers)) return undefined;
  if (group === undefined || !('read' in group)) return undefined;
  const { wanted, topics } = brokers.read;
  const gone = wanted.filter((topic) => !topics.includes(topic));
  return { side, connect: group.read, workers: group.place, brokers: brokers.read, place: brokers.place, gone };
}

const create = (facts: SetUpFacts, topics: readonly string[]): readonly string[] => [
  ...topics.map((topic) => kafkaTool(facts, 'kafka-topics', `--create --topic ${topic}`)),
  // One that still runs waits for them.
  ...(facts.pipeline.status === 'ERROR' ? facts.pipeline.commands.start : []),
];

const CREATION = 'topic.creation.default.replication.factor=-1 and topic.creation.default.partitions=-1';
const CREATES = /^topic\.creation\.default\./;

/** Words of a producer that was told to wait for a time only; by Connect's default it waits for ever, and its task is said to run. */
const NOT_IN_METADATA = /Topic (\S+) not present in metadata after/;

const byWords = entryOf({
  code: 'connector-topic-missing',
  title: 'A topic that a connector writes or reads is missing, and nobody makes it.',
  docs: `${KAFKA}/#brokerconfigs_auto.create.topics.enable`,
  pattern: NOT_IN_METADATA,
  says: ([, topic], { read }) => `${read.name} has no topic ${topic}, and the brokers make none by themselves.`,
  fix: ([, topic = ''], _failed, facts) => ({ by: 'command', at: AT_BROKERS, run: create(facts, [topic]) }),
  notes: () => [`or have Connect make them: ${CREATION}`],
});

const topicMissing: SetUpEntry = {
  ...byWords,
  seenOn: 'Kafka 4.3.1',
  find: (facts) => missingByBrokers(facts) ?? byWords.find(facts),
};

function missingByBrokers(facts: SetUpFacts): SetUpFound | undefined {
  const at = atBrokers(facts);
  if (at?.brokers.autoCreates !== false) return undefined;
  const { side, connect, place, brokers } = at;
  const { name, config = {}, seenTopics = [] } = connect;
  if (side === 'source' && Object.keys(config).some((property) => CREATES.test(property))) return undefined;
  const never = at.gone.filter((topic) => !seenTopics.includes(topic));
  if (never.length === 0) return undefined;
  return {
    says: `${name} has no topic ${listed(never)}, and the brokers make none by themselves${side === 'source' ? ': it waits for it, and is said to run' : ''}.`,
    evidence: [
      `the topics at ${place.where}: ${brokers.topics.length}, without ${listed(never)}`,
      `the configuration of the brokers at ${place.where}: auto.create.topics.enable=false`,
      ...(side === 'source' ? [`the configuration of ${name}: no topic.creation.default.…`] : []),
    ],
    fix: { by: 'command', at: AT_BROKERS, run: create(facts, never) },
    notes: side === 'source' ? [`or have Connect make them: ${CREATION}`] : ['or start the connector that writes it'],
    check: [kafkaTool(facts, 'kafka-topics', '--list'), facts.pipeline.commands.status],
    certainty: 'shown',
    explains: side,
  };
}

const topicDeleted: SetUpEntry = {
  code: 'connector-topic-deleted',
  title: 'A topic that a connector wrote or read was deleted under it.',
  docs: `${KAFKA}/#basic_ops_add_topic`,
  seenOn: 'Kafka 4.3.1, Debezium 3.5.0',
  find(facts) {
    const at = atBrokers(facts);
    if (at === undefined) return undefined;
    const { side, connect, workers, place, brokers } = at;
    const { name, seenTopics = [] } = connect;
    const deleted = at.gone.filter((topic) => seenTopics.includes(topic));
    if (deleted.length === 0) return undefined;
    const does =
      side === 'source'
        ? 'it waits for it with what it has read, and is said to run'
        : 'it reads nothing, and is said to run';
    return {
      says: `${listed(deleted)}, which ${name} ${side === 'source' ? 'wrote' : 'read'}, was deleted: ${does}.`,
      evidence: [
        `GET ${workers.where}/connectors/${name}/topics: ${listed(deleted)}`,
        `the topics at ${place.where}: ${brokers.topics.length}, without ${listed(deleted)}`,
      ],
      fix: { by: 'command', at: AT_BROKERS, run: create(facts, deleted) },
      notes: [
        'records in it that its readers had not read are gone: compare source and target with driftlab reconcile',
        ...(side === 'source' ? ['a connector makes a topic once: not again before it is restarted'] : []),
      ],
      check: [kafkaTool(facts, 'kafka-topics', '--list')],
      certainty: 'shown',
    };
  },
};

const LOSES: Readonly<Record<UncompactedTopic['holds'], string>> = {
  configurations: 'connectors vanish when the workers start next',
  offsets: 'source connectors begin anew once their offsets are removed',
  states: 'what is known of connectors is forgotten',
};

const uncompacted: SetUpEntry = {
  code: 'connect-topic-not-compacted',
  title: 'A topic in which Connect keeps configurations, offsets or states is not compacted: old records are removed.',
  docs: `${KAFKA}/#connect_running`,
  find(facts) {
    const at = atBrokers(facts);
    const found = at?.brokers.uncompacted ?? [];
    if (at === undefined || found.length === 0) return undefined;
    return {
      says: found
        .map(
          ({ topic, holds, policy }) =>
            `${topic} holds Connect's ${holds} with cleanup.policy=${policy}: ${LOSES[holds]}.`,
        )
        .join(' '),
      evidence: found.flatMap(({ topic, policy, key }) => [
        `the configuration of ${topic} at ${at.place.where}: cleanup.policy=${policy}`,
        `a record of ${topic}: its key is ${key}`,
      ]),
      fix: {
        ...{ by: 'command', at: AT_BROKERS },
        run: found.map(({ topic }) =>
          kafkaTool(
            facts,
            'kafka-configs',
            `--alter --entity-type topics --entity-name ${topic} --add-config cleanup.policy=compact`,
          ),
        ),
      },
      notes: ['a worker that runs does not notice; the next one that starts refuses to'],
      check: found.map(({ topic }) => kafkaTool(facts, 'kafka-topics', `--describe --topic ${topic}`)),
      certainty: 'shown',
    };
  },
};

/** What is wrong with a connector's own topics. */
export const TOPICS: readonly SetUpEntry[] = [topicDeleted, topicMissing];

/** What does no harm yet. */
export const WORKERS_TOPICS: readonly SetUpEntry[] = [uncompacted];
