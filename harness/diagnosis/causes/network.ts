import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, quoted } from '../reading.ts';

const JDBC_SINK = 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html';

/** What drivers report of a connection that broke under them: pgjdbc, MariaDB Connector/J, Connector/J, mssql-jdbc. A registry's client is none. */
const BROKEN =
  /An I\/O error occurred while sending to the backend|This connection has been closed|Socket error|Communications link failure|(?<!RestClientException: )Connection reset/;

const sinkConnection: CauseEntry = {
  code: 'sink-connection-lost',
  title: "The sink connector's connection to its database broke, and its task ended with it.",
  docs: JDBC_SINK,
  anomalies: ['stalled', 'lost', 'stale', 'orphan'],
  seenOn: 'Debezium 3.5.0, pgjdbc 42.7',
  reported: 'MariaDB Connector/J, MySQL Connector/J, mssql-jdbc',
  find(facts) {
    const { subject } = facts;
    if (subject.kind !== 'connect-sink') return undefined;
    const matched = heard(facts, BROKEN, ['sink-task']);
    if (matched === undefined) return undefined;
    return {
      says: `The connection of ${subject.name} to its database broke, and the task failed: it does not start again by itself.`,
      evidence: [quoted(matched)],
      remedy: [
        'restart the tasks that have failed, and have that done whenever one fails: POST /connectors/<name>/restart?includeTasks=true&onlyFailed=true (autoRestart of a KafkaConnector resource does it)',
      ],
      certainty: 'shown',
      explains: findingsOf(facts, ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'], ['log-to-sink']),
    };
  },
};

const sentAgain: CauseEntry = {
  code: 'sent-again-after-cut',
  title: 'Something was sent again, because a connection broke before it was known whether it had arrived.',
  docs: 'https://debezium.io/documentation/faq/#why_may_there_be_duplicate_events',
  anomalies: ['duplicate'],
  find(facts) {
    const { fault, subject } = facts;
    // What a blind insert leaves has a cause of its own.
    if (!fault.kind.startsWith('network-') || !fault.bit || subject.mode === 'insert') return undefined;
    return {
      says: `${subject.name} applied events twice after the network had been cut: what was on its way then was sent again.`,
      evidence: ['the sink has several rows for each of these keys, and the network was cut before them'],
      remedy: [
        'write by primary key (upsert), so that an event that is delivered again changes nothing',
        "commit the consumer's offsets in the sink's transaction, and read on from there",
      ],
      certainty: 'likely',
      explains: findingsOf(facts, ['duplicate']),
    };
  },
};

export const NETWORK: readonly CauseEntry[] = [sinkConnection, sentAgain];
