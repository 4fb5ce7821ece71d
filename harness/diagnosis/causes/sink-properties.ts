import type { DiagnosisFacts } from '#model/cause.ts';
import type { Anomaly, Hop } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { sinkDialect, sinkWords, stands } from '../dialect.ts';
import type { CauseEntry, Found } from '../entry.ts';
import { findingsOf } from '../reading.ts';
import { listed, missingOf, movedAway, subscribe, subscription } from './routing.ts';

/** The first of a subject's JDBC sinks of which something holds, with the words of its dialect. */
function jdbcSink(
  { subject }: DiagnosisFacts,
  holds: (sink: OwnConnector) => boolean,
): { readonly sink: OwnConnector; readonly words: ReturnType<typeof sinkWords> } | undefined {
  for (const sink of subject.connectors) {
    const dialect = sinkDialect(sink);
    if (dialect !== undefined && holds(sink)) return { sink, words: sinkWords(dialect) };
  }
  return undefined;
}

function likely(
  facts: DiagnosisFacts,
  anomalies: readonly Anomaly[],
  hops: readonly Hop[],
  told: Pick<Found, 'says' | 'evidence' | 'remedy'>,
): Found {
  return { ...told, certainty: 'likely', explains: findingsOf(facts, anomalies, hops) };
}

const deletesOff: CauseEntry = {
  code: 'sink-deletes-off',
  title: 'The sink connector ignores deletes.',
  anomalies: ['orphan', 'resurrected'],
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-property-delete-enabled',
  find(facts) {
    const found = jdbcSink(facts, ({ config }) => config['delete.enabled'] !== 'true');
    // Rows that the source deleted, and of which the log has the delete: nothing else is explained by it.
    const kept = findingsOf(facts, ['orphan', 'resurrected'], ['log-to-sink']).filter(
      ({ event }) => event?.op === 'delete',
    );
    if (found === undefined) return undefined;
    const { sink, words } = found;
    return {
      says: `${stands(sink, words.deletes, 'false')}: the connector ignores deletes, so deleted rows remain at the sink.`,
      evidence: [`the last event of ${kept.length} of the rows shown is a delete`],
      remedy: [`in ${sink.file}: ${words.deletes}=true, ${words.keyMode}=record_key`],
      certainty: 'shown',
      explains: kept,
    };
  },
};

const truncateOff: CauseEntry = {
  code: 'sink-truncate-off',
  title: 'The sink connector ignores a TRUNCATE that the log has.',
  anomalies: ['orphan'],
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html#jdbc-property-truncate-enabled',
  find(facts) {
    const found = jdbcSink(facts, ({ config }) => config['truncate.enabled'] !== 'true');
    const kept = findingsOf(facts, ['orphan'], ['log-to-sink']).filter(({ event }) => event?.op === 'truncate');
    if (found === undefined) return undefined;
    const { sink } = found;
    const confluent = sinkDialect(sink) !== 'debezium';
    return {
      says: confluent
        ? `${sink.config['connector.class']} in ${sink.file} cannot apply a TRUNCATE: the rows remain at the sink.`
        : `${stands(sink, 'truncate.enabled', 'false')}: the connector ignores a TRUNCATE, so the rows remain at the sink.`,
      evidence: [`the last event of ${kept.length} of the rows shown is a truncate`],
      remedy: [
        confluent
          ? "empty the sink's table by hand, or use a sink connector that applies a TRUNCATE"
          : `in ${sink.file}: truncate.enabled=true`,
      ],
      certainty: 'shown',
      explains: kept,
    };
  },
};

const PARTITIONS = 'topic.creation.default.partitions';

const truncateOvertakes: CauseEntry = {
  code: 'truncate-overtakes',
  title: 'A TRUNCATE is applied before earlier events of its table that are in other partitions.',
  anomalies: ['orphan'],
  docs: 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html#postgresql-truncate-events',
  find(facts) {
    const found = jdbcSink(facts, ({ config }) => config['truncate.enabled'] === 'true');
    const kept = findingsOf(facts, ['orphan'], ['log-to-sink']).filter(({ event }) => event?.op === 'truncate');
    // In a topic of one partition nothing is overtaken.
    const several = facts.sources.filter(({ config }) => config[PARTITIONS] !== '1');
    if (found === undefined || (facts.sources.length > 0 && several.length === 0)) return undefined;
    return {
      says: `A truncate event has no key and is ordered only within its own partition: ${found.sink.file} applied it before earlier events in other partitions of the topic, whose rows remain at the sink.`,
      evidence: [`the last event of ${kept.length} of the rows shown is a truncate`],
      remedy: [
        several.length === 0
          ? 'create the topic of a table that is truncated with one partition'
          : `in ${several.map(({ file }) => file).join(', ')}: ${PARTITIONS}=1 (recreate topics that already exist)`,
        'at the source: DELETE instead of TRUNCATE, because its events have keys',
      ],
      certainty: 'likely',
      explains: kept,
    };
  },
};

const tolerated: CauseEntry = {
  code: 'sink-errors-tolerated',
  title: 'errors.tolerance=all skips records that fail, without a dead-letter queue.',
  anomalies: ['lost', 'stale', 'orphan', 'missing-column', 'partial-transaction'],
  docs: 'https://kafka.apache.org/documentation/#connect_errorreporting',
  find(facts) {
    const sink = facts.subject.connectors.find(
      ({ config }) => config['errors.tolerance'] === 'all' && !config['errors.deadletterqueue.topic.name'],
    );
    if (sink === undefined) return undefined;
    return likely(facts, tolerated.anomalies, ['log-to-sink'], {
      says: `errors.tolerance=all in ${sink.file} without a dead-letter queue: a record that fails is skipped, and ${sink.config['errors.log.enable'] === 'true' ? "only the worker's log reports it" : 'nothing reports it'}.`,
      evidence: [`errors.tolerance=all in ${sink.file}, which sets no errors.deadletterqueue.topic.name`],
      remedy: [
        `in ${sink.file}: errors.tolerance=none`,
        `in ${sink.file}: errors.deadletterqueue.topic.name and errors.deadletterqueue.context.headers.enable=true, with an alert on that topic`,
      ],
    });
  },
};

const deadLetters: CauseEntry = {
  code: 'sink-dead-letters',
  title: 'Records that failed went to the dead-letter queue, and the connector continued without them.',
  anomalies: tolerated.anomalies,
  docs: tolerated.docs,
  find(facts) {
    const sink = facts.subject.connectors.find(
      ({ config }) => config['errors.tolerance'] === 'all' && config['errors.deadletterqueue.topic.name'],
    );
    if (sink === undefined) return undefined;
    const queue = sink.config['errors.deadletterqueue.topic.name'];
    return likely(facts, deadLetters.anomalies, ['log-to-sink'], {
      says: `errors.tolerance=all in ${sink.file}: records that failed went to the dead-letter queue ${queue}, and the connector continued without them.`,
      evidence: [`errors.deadletterqueue.topic.name=${queue} in ${sink.file}`],
      remedy: [
        `read ${queue}, whose headers name the error, fix it, and replay the records`,
        `set an alert on ${queue}`,
      ],
    });
  },
};

const leftOut: CauseEntry = {
  code: 'sink-topic-left-out',
  title: "The sink connector does not subscribe to a table's topic.",
  anomalies: ['lost'],
  docs: 'https://kafka.apache.org/documentation/#sinkconnectorconfigs_topics',
  find(facts) {
    const { connectors, name } = facts.subject;
    const moved = movedAway(facts);
    const lacking = facts.subject.lacking.filter((one) => !moved.includes(one));
    const tables = listed(lacking.map(({ table }) => table));
    const topics = listed(lacking.map(({ topic }) => topic));
    const [sink] = connectors;
    const where = sink === undefined ? name : subscription(sink);
    return {
      says: `${where} leaves out ${topics}: no event of ${tables} reaches this sink.`,
      evidence: [`the log has records in ${topics}, and ${name} does not subscribe to it`],
      remedy: [
        ...subscribe(facts.subject, topics),
        'if the table is not meant to be at this sink, set it to false under mapping in the pipeline file',
      ],
      certainty: 'shown',
      explains: missingOf(facts, lacking),
    };
  },
};

export const SINK_PROPERTIES: readonly CauseEntry[] = [
  leftOut,
  deletesOff,
  truncateOff,
  truncateOvertakes,
  tolerated,
  deadLetters,
];
