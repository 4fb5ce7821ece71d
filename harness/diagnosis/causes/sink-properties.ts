import type { DiagnosisFacts } from '#model/cause.ts';
import type { Anomaly, Hop } from '#model/finding.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { sinkDialect, sinkWords, stands } from '../dialect.ts';
import type { CauseEntry, Found } from '../entry.ts';
import { findingsOf } from '../reading.ts';
import { movedAway } from './routing.ts';

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
    if (found === undefined || kept.length === 0) return undefined;
    const { sink, words } = found;
    return {
      says: `${stands(sink, words.deletes, 'false')}: deletes are ignored, and their rows stay at the sink.`,
      evidence: [`the log has the delete of ${kept.length} of the rows shown`],
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
    if (found === undefined || kept.length === 0) return undefined;
    const { sink } = found;
    const confluent = sinkDialect(sink) !== 'debezium';
    return {
      says: confluent
        ? `This connector (${sink.config['connector.class']}) cannot apply a TRUNCATE: the rows stay at the sink.`
        : `${stands(sink, 'truncate.enabled', 'false')}: a TRUNCATE is ignored, and the rows stay at the sink.`,
      evidence: [`the log has a truncate event as the last of ${kept.length} of the rows shown`],
      remedy: [
        confluent
          ? "empty the sink's table by hand, or use a sink that applies truncates"
          : `in ${sink.file}: truncate.enabled=true`,
      ],
      certainty: 'shown',
      explains: kept,
    };
  },
};

const tolerated: CauseEntry = {
  code: 'sink-errors-tolerated',
  title: 'errors.tolerance=all drops records that fail, with no dead-letter queue.',
  anomalies: ['lost', 'stale', 'orphan', 'missing-column', 'partial-transaction'],
  docs: 'https://kafka.apache.org/documentation/#connect_errorreporting',
  find(facts) {
    const sink = facts.subject.connectors.find(
      ({ config }) => config['errors.tolerance'] === 'all' && !config['errors.deadletterqueue.topic.name'],
    );
    if (sink === undefined) return undefined;
    return likely(facts, tolerated.anomalies, ['log-to-sink'], {
      says: `errors.tolerance=all in ${sink.file} without a dead-letter queue: a record that fails is dropped, and only the worker's log knows.`,
      evidence: [`errors.tolerance=all and no errors.deadletterqueue.topic.name in ${sink.file}`],
      remedy: [
        `in ${sink.file}: errors.tolerance=none`,
        `errors.deadletterqueue.topic.name, errors.deadletterqueue.context.headers.enable=true, and an alert on that topic`,
      ],
    });
  },
};

const deadLetters: CauseEntry = {
  code: 'sink-dead-letters',
  title: 'Records that failed went to the dead-letter queue, and the connector went on without them.',
  anomalies: tolerated.anomalies,
  docs: tolerated.docs,
  find(facts) {
    const sink = facts.subject.connectors.find(
      ({ config }) => config['errors.tolerance'] === 'all' && config['errors.deadletterqueue.topic.name'],
    );
    if (sink === undefined) return undefined;
    const queue = sink.config['errors.deadletterqueue.topic.name'];
    return likely(facts, deadLetters.anomalies, ['log-to-sink'], {
      says: `errors.tolerance=all in ${sink.file}: records that failed went to the dead-letter queue ${queue}, and the connector went on without them.`,
      evidence: [`errors.deadletterqueue.topic.name=${queue} in ${sink.file}`],
      remedy: [`read ${queue} (its headers say why), fix the cause, and replay its records`, 'alert on that topic'],
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
    if (lacking.length === 0) return undefined;
    const tables = lacking.map(({ table }) => table);
    const topics = [...new Set(lacking.map(({ topic }) => topic))];
    const sink = connectors[0];
    const property = sink?.config['topics.regex'] === undefined ? 'topics' : 'topics.regex';
    const where = sink === undefined ? name : `${property}=${sink.config[property] ?? ''} in ${sink.file}`;
    return {
      says: `${where} leaves out ${topics.join(', ')}: nothing of ${tables.join(', ')} arrives in this sink.`,
      evidence: [`the log has records in ${topics.join(', ')}, and no connector of ${name} subscribes to it`],
      remedy: [
        `add ${topics.join(', ')} to ${property}`,
        'say under mapping that the table is not compared (false), if that is meant',
      ],
      certainty: 'shown',
      explains: findingsOf(facts, ['lost', 'stale'], ['log-to-sink']).filter(({ table }) =>
        tables.includes(table ?? ''),
      ),
    };
  },
};

export const SINK_PROPERTIES: readonly CauseEntry[] = [leftOut, deletesOff, truncateOff, tolerated, deadLetters];
