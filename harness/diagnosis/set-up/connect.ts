import type { Asked, ConnectSetUp, SetUpFacts } from '#model/set-up.ts';
import { nearest } from '#std/nearest.ts';
import { again } from './anew.ts';
import { answered, listed, type SetUpEntry } from './entry.ts';
import { evidenceOf, failedConnectors, GROUPS, type Side } from './traces.ts';

const KAFKA = 'https://kafka.apache.org/documentation';
const CONNECT = `${KAFKA}/#connect_rest`;

const brokersAway: SetUpEntry = {
  code: 'brokers-unreachable',
  title: "None of Kafka's brokers can be reached at the addresses of the pipeline.",
  docs: `${KAFKA}/#brokerconfigs_advertised.listeners`,
  find({ brokers }) {
    if (brokers === undefined || !('refusal' in brokers)) return undefined;
    const { place, refusal } = brokers;
    return {
      says: `Kafka does not answer at ${place.where}.`,
      evidence: [`connecting to ${place.where}: ${refusal.says}`],
      fix: { by: 'hand', at: place.where, run: ['start the brokers, or correct --brokers'] },
      notes: [
        'what a broker advertises (advertised.listeners) must be reachable from here, too; TLS and SASL are not spoken',
      ],
      certainty: 'shown',
    };
  },
};

type Group = (facts: SetUpFacts) => Asked<ConnectSetUp> | undefined;

const CAPTURES = "Debezium's connectors are archives of jars at Maven Central, io.debezium:debezium-connector-…:plugin";

function connectAway(side: Side, of: Group): SetUpEntry {
  return {
    code: `${side}-connect-unreachable`,
    title: `No Connect worker of the ${side} connector answers.`,
    docs: CONNECT,
    find(facts) {
      const group = of(facts);
      if (group === undefined || !('refusal' in group)) return undefined;
      const { place, refusal } = group;
      // One group for both connectors is one cause.
      if (side === 'sink' && facts.sourceConnect?.place.where === place.where) return undefined;
      return {
        says: `Kafka Connect does not answer at ${place.where}, the workers of the ${side} connector.`,
        evidence: [`GET ${place.where}/connector-plugins: ${refusal.says}`],
        fix: {
          by: 'hand',
          at: place.where,
          run: [`start the workers, or correct ${side === 'source' ? '--connect' : '--sink-connect'}`],
        },
        notes: ['a worker that starts answers once it has joined its group; its log says what it waits for'],
        check: [`curl -s ${place.where}/ gives its version`],
        certainty: 'shown',
      };
    },
  };
}

function pluginMissing(side: Side, of: Group): SetUpEntry {
  return {
    code: `${side}-plugin-missing`,
    title: `The Connect workers do not have the plugin of the ${side} connector.`,
    docs: `${KAFKA}/#connectconfigs_plugin.path`,
    find: answered(of, ({ plugins, connectorClass }, { where }) => {
      if (connectorClass === undefined || plugins.includes(connectorClass)) return undefined;
      const near = nearest(connectorClass, plugins);
      return {
        says: `The Connect workers at ${where} do not have ${connectorClass}, the ${side} connector.`,
        evidence: [`GET ${where}/connector-plugins: ${listed(plugins) || 'none'}`],
        fix: {
          by: 'hand',
          at: 'every worker of the group',
          run: ['put its folder into one of plugin.path, and start the worker anew'],
        },
        notes: [CAPTURES, ...(near.length === 0 ? [] : [`there is ${near.join(' and ')}`])],
        check: [`curl -s ${where}/connector-plugins lists ${connectorClass}`],
        certainty: 'shown',
      };
    }),
  };
}

function connectorMissing(side: Side, of: Group): SetUpEntry {
  return {
    code: `${side}-connector-missing`,
    title: `The ${side} connector is not at its Connect workers: it was never created, or somebody deleted it.`,
    docs: CONNECT,
    find: answered(of, ({ connector, name, inferred, names }, { where }, { pipeline }) => {
      if (connector !== undefined || pipeline.cdcStatus === 'NOT_STARTED') return undefined;
      const { lastError } = pipeline;
      return {
        says: `There is no connector ${name} at ${where}.`,
        evidence: [
          `GET ${where}/connectors: ${listed(names) || 'none'}`,
          ...(inferred
            ? [`the state has no name of it: ${name} is what a start would call it, by the pipeline's mark`]
            : []),
          ...(lastError === undefined ? [] : [`the last error of the pipeline: ${lastError}`]),
        ],
        fix: again({ pipeline }),
        certainty: 'shown',
      };
    }),
  };
}

function connectorFailed(side: Side): SetUpEntry {
  return {
    code: `${side}-connector-failed`,
    title: `The ${side} connector or its task has failed, for a reason that it reports itself.`,
    docs: CONNECT,
    find(facts) {
      const failed = failedConnectors(facts).find((one) => one.side === side);
      const [first] = failed?.failures ?? [];
      if (failed === undefined || first === undefined) return undefined;
      const { pipeline } = facts;
      return {
        says: `${failed.read.name} has failed: ${first.reason}`,
        evidence: failed.failures.map((failure) => evidenceOf(failed, failure)),
        fix: { ...again({ pipeline }), at: `${pipeline.commands.at}, once that is fixed` },
        notes: ['a cause above this one may be why'],
        check: [pipeline.commands.status],
        certainty: 'shown',
      };
    },
  };
}

function connectorHalted(side: Side, of: Group): SetUpEntry {
  return {
    code: `${side}-connector-halted`,
    title: `Somebody has paused or stopped the ${side} connector.`,
    docs: `${KAFKA}/#connect_stopped`,
    find: answered(of, ({ connector, name }, { where }, { pipeline }) => {
      const state = connector?.state ?? '';
      if (!['PAUSED', 'STOPPED'].includes(state) || (pipeline.cdcStatus === 'STOPPED' && !pipeline.foreign))
        return undefined;
      return {
        says: pipeline.foreign
          ? `${name} is ${state}: it carries nothing.`
          : `${name} is ${state}, and the pipeline's cdc_status is ${pipeline.cdcStatus}: it was not ${state.toLowerCase()} by this manager.`,
        evidence: [`GET ${where}/connectors/${name}/status: ${state}`],
        fix: again({ pipeline }),
        notes:
          side === 'source'
            ? [
                "PostgreSQL's slot keeps the log meanwhile; MariaDB and MySQL keep theirs for binlog_expire_logs_seconds",
              ]
            : [],
        certainty: 'shown',
      };
    }),
  };
}

const topicsMissing: SetUpEntry = {
  code: 'topics-missing',
  title: "Topics of the pipeline's tables are missing, and its connectors are there.",
  docs: `${KAFKA}/#brokerconfigs_auto.create.topics.enable`,
  find: answered(
    ({ brokers }) => brokers,
    ({ wanted, topics }, { where }, { pipeline, sourceConnect, sinkConnect }) => {
      const gone = wanted.filter((topic) => !topics.includes(topic));
      const isThere = (group: Asked<ConnectSetUp> | undefined): boolean =>
        group !== undefined && 'read' in group && group.read.connector !== undefined;
      // A start makes them before its connectors.
      if (pipeline.foreign || gone.length === 0 || !(isThere(sourceConnect) || isThere(sinkConnect))) return undefined;
      return {
        says: `${listed(gone)} ${gone.length === 1 ? 'is' : 'are'} not at the brokers any more: records in ${gone.length === 1 ? 'it' : 'them'} that the sink had not read are gone.`,
        evidence: [`the topics at ${where}: ${topics.length}, without ${listed(gone)}`],
        fix: again({ pipeline }),
        notes: [
          'compare source and target with driftlab reconcile: a start makes the topics, and not the records that were in them',
        ],
        certainty: 'shown',
      };
    },
  ),
};

const each = (made: (side: Side, of: Group) => SetUpEntry): readonly SetUpEntry[] => [
  made('source', GROUPS.source),
  made('sink', GROUPS.sink),
];

export const CONNECTORS: readonly SetUpEntry[] = [
  brokersAway,
  ...each(connectAway),
  ...each(pluginMissing),
  topicsMissing,
  ...each(connectorMissing),
];

/** What connectors say of themselves. */
export const STATES: readonly SetUpEntry[] = [...each(connectorFailed), ...each(connectorHalted)];
