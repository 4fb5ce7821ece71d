import { consumerGroup } from '#model/pipeline-names.ts';
import type { SetUpFacts, SetUpFix } from '#model/set-up.ts';
import { UNREACHABLE } from '../causes/registry.ts';
import type { SetUpEntry } from './entry.ts';
import { AT_BROKERS, kafkaTool } from './kafka-tools.ts';
import type { Failed } from './traces.ts';
import { entryOf, inConfiguration, type Said } from './words.ts';

const KAFKA = 'https://kafka.apache.org/documentation';

const clientOf = ({ side }: Failed): string => (side === 'source' ? 'producer' : 'consumer');
const userOf = ({ read: { kafkaUser = '…' } }: Failed): string => kafkaUser;

/** Gives a right, and starts the task that failed for want of it. */
function allow(failed: Failed, facts: SetUpFacts, ...what: readonly string[]): SetUpFix {
  const rights = what.map((one) =>
    kafkaTool(facts, 'kafka-acls', `--add --allow-principal User:${userOf(failed)} ${one}`),
  );
  return { by: 'command', at: AT_BROKERS, run: [...rights, ...facts.pipeline.commands.start] };
}

const names = (said = ''): readonly string[] => said.split(', ');

const BROKERS: readonly Said[] = [
  {
    code: 'connector-broker-login',
    title: "The brokers do not take a connector's user and password.",
    docs: `${KAFKA}/#security_sasl`,
    pattern: /SaslAuthenticationException: ([^\n]*)/,
    says: ([, said], failed) =>
      `The brokers do not take ${userOf(failed)}, as whom ${failed.read.name} signs in: ${said}`,
    fix: (_, failed) =>
      inConfiguration(
        failed,
        `${clientOf(failed)}.override.sasl.jaas.config=… username="${userOf(failed)}" password="…"`,
      ),
    notes: () => [
      "or change the password at the brokers: kafka-configs.sh --alter --entity-type users for SCRAM, the listener's sasl.jaas.config for PLAIN",
    ],
  },
  {
    code: 'connector-topic-denied',
    title: "The brokers' ACLs do not let a connector's user write or read a topic.",
    docs: `${KAFKA}/#security_authz`,
    pattern: /TopicAuthorizationException: [^\n]*?\[([^\]\n]*)\]/,
    says: ([, topics], failed) =>
      `${userOf(failed)}, as whom ${failed.read.name} signs in, may not ${failed.side === 'source' ? 'write' : 'read'} ${topics}.`,
    fix: ([, topics], failed, facts) =>
      allow(
        failed,
        facts,
        ...names(topics).map(
          (topic) => `--operation ${failed.side === 'source' ? 'Write' : 'Read'} --operation Describe --topic ${topic}`,
        ),
      ),
    notes: ([, topics], failed) => [
      `kafka-acls.sh --list --topic ${names(topics)[0]} says who may`,
      ...(failed.side === 'sink' ? [`it needs Read on its group, too: ${groupOf(failed)}`] : []),
    ],
  },
  {
    code: 'connector-group-denied',
    title: "The brokers' ACLs do not let a sink connector's user read as its consumer group.",
    docs: `${KAFKA}/#security_authz`,
    pattern: /GroupAuthorizationException: [^\n]*?group: ([^\n]*)/,
    says: ([, group], failed) =>
      `${userOf(failed)}, as whom ${failed.read.name} signs in, may not read as the group ${group}.`,
    fix: ([, group], failed, facts) => allow(failed, facts, `--operation Read --group ${group}`),
  },
  {
    code: 'connector-broker-refuses',
    title: "The brokers refuse something else that a connector's user does.",
    docs: `${KAFKA}/#security_authz`,
    reported: true,
    pattern: /(?:Cluster|TransactionalId)AuthorizationException: ([^\n]*)/,
    says: ([, said], { read }) => `The brokers refuse ${read.name}: ${said}`,
    fix: (_, failed, facts) => allow(failed, facts, '…'),
  },
];

function groupOf({ read: { name, config = {} } }: Failed): string {
  return consumerGroup(name, config);
}

const INSTANCE = 'consumer.override.group.instance.id';
const RESET = 'consumer.override.auto.offset.reset';

const GROUPS: readonly Said[] = [
  {
    code: 'connector-group-fenced',
    title: 'Two consumers have the same group.instance.id: the later one has put the earlier one out of the group.',
    docs: `${KAFKA}/#consumerconfigs_group.instance.id`,
    pattern: /FencedInstanceIdException/,
    says: (_, failed) => {
      const { name, config = {} } = failed.read;
      const tasks = Number(config['tasks.max'] ?? 1);
      const who = tasks > 1 ? `each of its ${tasks} tasks has it` : 'another member of the group has it as well';
      return `A consumer of ${name} is fenced by ${INSTANCE}=${config[INSTANCE] ?? '…'}: ${who}.`;
    },
    fix: (_, failed) => inConfiguration(failed, `take ${INSTANCE} away, or set tasks.max=1`),
    notes: (_, failed) => [
      `kafka-consumer-groups.sh --describe --members --group ${groupOf(failed)} says who is in the group`,
    ],
  },
  {
    code: 'connector-position-gone',
    title: 'A sink connector has no position in a topic any more, and is told not to choose one.',
    docs: `${KAFKA}/#consumerconfigs_auto.offset.reset`,
    pattern: /(?:NoOffsetForPartition|OffsetOutOfRange)Exception: [^\n]*?partitions?:? ?[[{]([^\]}=\n]*)/,
    says: ([, partition], { read }) =>
      `${read.name} has no position in ${partition} any more, and ${RESET}=none keeps it from choosing one.`,
    fix: (_, failed) => inConfiguration(failed, `${RESET}=earliest`),
    notes: () => [
      'a group forgets its positions when it is empty for offsets.retention.minutes, and when the topic is deleted',
      'what lies before the first record that is still there is lost: compare source and target with driftlab reconcile',
    ],
  },
];

/** Where a converter of either kind finds its registry. */
function registryOf({ read: { config = {} } }: Failed): string | undefined {
  const found = Object.entries(config).find(([property]) =>
    /\.(?:schema\.registry|apicurio\.registry)\.url$/.test(property),
  );
  return found?.[1];
}

/** Confluent's interface of a registry, which Apicurio's has beside its own. */
const confluentOf = (url = '…'): string =>
  url.replace(/\/apis\/registry\/v\d+\/?$/, '/apis/ccompat/v7').replace(/\/$/, '');

const REGISTRY: readonly Said[] = [
  {
    code: 'registry-unreachable',
    title: 'The schema registry does not answer the converters of a connector.',
    docs: 'https://www.apicur.io/registry/docs/',
    pattern: UNREACHABLE,
    says: (_, failed) => `The schema registry does not answer ${failed.read.name}${at(registryOf(failed))}.`,
    fix: (_, failed) => ({
      ...{ by: 'hand', at: 'the schema registry' },
      run: [`start it, or correct its address in the configuration of ${failed.read.name}${at(registryOf(failed))}`],
    }),
    notes: () => ['connectors that run go on with the schemas that they know: those that start need it'],
  },
  {
    code: 'registry-incompatible',
    title: "The schema registry refuses a connector's schema: it is not compatible with the one before (409).",
    docs: 'https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html',
    pattern:
      /RuleViolationException: Incompatible artifact: (\S+)[^\n]*|incompatible with an earlier schema for subject "([^"]+)"[^\n]*/,
    says: ([, own, confluents], { read }) =>
      `The schema registry refuses the schema that ${read.name} has for ${own ?? confluents}: it is not compatible with the one before.`,
    fix: ([, own, confluents], failed, { pipeline: { commands } }) => ({
      ...{ by: 'command', at: 'a shell that reaches the registry, where readers can do with the change' },
      run: [
        `curl -X PUT -H 'Content-Type: application/vnd.schemaregistry.v1+json' -d '{"compatibility":"NONE"}' ${confluentOf(registryOf(failed))}/config/${own ?? confluents}`,
        ...commands.start,
      ],
    }),
    notes: () => [
      'or change the table so that the mode allows it: under BACKWARD a new column may be NULL, or has a default',
    ],
  },
];

const at = (address: string | undefined): string => (address === undefined ? '' : ` at ${address}`);

/** What the brokers and a schema registry say to a connector. */
export const BROKER_WORDS: readonly SetUpEntry[] = [...BROKERS, ...GROUPS, ...REGISTRY].map(entryOf);
