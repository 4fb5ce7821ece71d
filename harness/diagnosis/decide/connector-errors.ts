import type { ConnectorFacts } from '#model/decision.ts';
import type { Branch, Fork, Tree } from './tree.ts';

const CONNECTORS = 'driftlab connector-status';
const DIAGNOSE = 'driftlab diagnose';

/** A server's words in a connector's trace, and what they mean. */
interface ErrorRow {
  readonly outcome: string;
  readonly asks: string;
  /** Over the whole trace. */
  readonly pattern: RegExp;
  /** The versions on which the words were seen. */
  readonly seenOn: string;
  readonly cause: string;
  readonly recovery?: string;
  readonly why: string;
  readonly next?: readonly string[];
}

const ROWS: readonly ErrorRow[] = [
  {
    outcome: 'slot-gone',
    asks: 'Is the error "replication slot does not exist"?',
    pattern:
      /replication slot "[^"]*" does not exist|no longer available on the server|can no longer (?:access|get changes from) replication slot/i,
    seenOn: 'PostgreSQL 18.4, Debezium 3.5.0',
    cause: 'The replication slot was dropped or invalidated: what was committed since is in no log that can be read.',
    recovery: 'restart',
    why: 'the connector needs a new slot and a snapshot; rows that were committed in between are repaired by comparing both sides',
    next: [DIAGNOSE],
  },
  {
    outcome: 'wal-removed',
    asks: 'Is the error "could not access file", or was a segment of the log removed?',
    pattern:
      /could not access file|requested WAL segment \S+ has already been removed|Could not find first log file name|binlog [^\n]*purged|purged required binary logs/i,
    seenOn: 'PostgreSQL 18.4, MariaDB 11.4',
    cause: 'The source removed a part of its log that the connector had not read: its retention is too short.',
    recovery: 'restart',
    why: 'check wal_keep_size and max_slot_wal_keep_size (binlog_expire_logs_seconds in MariaDB) first; then the connector needs a new snapshot',
    next: [DIAGNOSE],
  },
  {
    outcome: 'unreachable-database',
    asks: 'Is the error "connection refused", or is the host or the network not to be reached?',
    pattern:
      /connection (?:to \S+ )?refused|UnknownHostException|timed out|Communications link failure|No route to host/i,
    seenOn: 'pgjdbc 42.7, MariaDB Connector/J',
    cause: "The worker does not reach the connector's database.",
    recovery: 'restart',
    why: 'start the server or correct network and address first; then the connector goes on where it was',
    next: [DIAGNOSE],
  },
  {
    outcome: 'credentials',
    asks: 'Are the credentials refused?',
    pattern: /password authentication failed|Access denied for user|Login failed for user|permission denied/i,
    seenOn: 'PostgreSQL 18.4, MariaDB 11.4',
    cause: 'The database refuses the user of the connector, or its password.',
    recovery: 'restart',
    why: 'correct user, password or rights first; then the connector goes on where it was',
    next: [DIAGNOSE],
  },
  {
    outcome: 'schema-refused',
    asks: 'Does the sink lack a table or a column, or not take a type?',
    pattern:
      /(?:column|relation) [^\n]* does not exist|Unknown column|Invalid column name|is missing fields|SchemaException|of type [\w ]+ but expression is of type/i,
    seenOn: 'PostgreSQL 18.4, Debezium JDBC sink 3.5.0',
    cause: 'The schema of the source was changed, and the sink was not changed with it.',
    recovery: 'schema',
    why: 'it adds the columns that are missing, has the connector run again, and fills the old rows from the source',
  },
  {
    outcome: 'poison-record',
    asks: 'Can a record not be read?',
    pattern:
      /DataException|SerializationException|Converting byte\[\] to Kafka Connect data failed|tolerance exceeded/i,
    seenOn: 'Kafka Connect 4.3.1',
    cause: 'A record of the topics cannot be read or converted.',
    why: 'find the record and why it is refused; the connector stops at it again until then',
    next: [DIAGNOSE],
  },
];

/** What has failed, as the worker reports it, whole. */
function wordsOf({ error, tasks }: ConnectorFacts): string {
  return [error ?? '', ...tasks.map(({ trace }) => trace ?? '')].join('\n');
}

/** The line that a pattern was found in, cut to what a person reads. */
function quoteOf(words: string, pattern: RegExp): string | undefined {
  const line = words.split('\n').find((one) => pattern.test(one));
  return line?.trim().slice(0, 300);
}

const otherError: Branch<ConnectorFacts> = {
  outcome: 'other-error',
  cause: ({ error, causes }) =>
    causes[0]?.says ?? `The connector has failed: ${error?.split('\n')[0] ?? 'no trace was kept'}`,
  recovery: 'restart',
  why: 'a failed task does not start by itself; look at what the diagnosis names first',
  next: [DIAGNOSE],
};

function forkOf(row: ErrorRow, no: Branch<ConnectorFacts>): Fork<ConnectorFacts> {
  const { outcome, asks, pattern, cause, recovery, why, next } = row;
  return {
    ...{ asks, at: CONNECTORS, no },
    look: (facts) => {
      const quote = quoteOf(wordsOf(facts), pattern);
      return { yes: quote !== undefined, evidence: quote ?? 'the trace does not say so' };
    },
    yes: {
      ...{ outcome, why, cause: () => cause },
      ...(recovery === undefined ? {} : { recovery }),
      ...(next === undefined ? {} : { next }),
    },
  };
}

const stateText = ({ connector, state, tasks }: ConnectorFacts): string =>
  `${connector} ${[state, ...tasks.map((task) => `task ${task.id} ${task.state}`)].join(', ')}`;

const STILL = ['PAUSED', 'STOPPED'];

/** The background document's "connector shows errors", with further errors that it does not list. */
export const CONNECTOR_ERRORS: Tree<ConnectorFacts> = {
  id: 'connector-errors',
  title: 'connector shows errors',
  root: {
    asks: 'Does a worker answer for the connector?',
    at: CONNECTORS,
    look: (facts) => ({ yes: facts.state !== 'UNREACHABLE', evidence: facts.error ?? `${facts.worker} answers` }),
    no: {
      outcome: 'worker-down',
      cause: ({ worker }) => `No worker of ${worker} answers.`,
      why: 'start the worker; what it had not committed comes again, and a sink without dedup then has it twice',
      next: [CONNECTORS],
    },
    yes: {
      asks: 'Have the connector or a task of it failed?',
      at: CONNECTORS,
      look: (facts) => ({
        yes: facts.state === 'FAILED' || facts.tasks.some(({ state }) => state === 'FAILED'),
        evidence: stateText(facts),
      }),
      yes: ROWS.reduceRight<Branch<ConnectorFacts>>((no, row) => forkOf(row, no), otherError),
      no: {
        asks: 'Is it paused or stopped?',
        at: CONNECTORS,
        look: (facts) => ({ yes: STILL.includes(facts.state), evidence: stateText(facts) }),
        yes: {
          outcome: 'connector-stopped',
          cause: ({ connector, state }) => `${connector} is ${state}: somebody has stopped it.`,
          recovery: 'restart',
          why: 'it has the connector run again, waits until it has read everything, and repairs the rows that differ',
        },
        no: {
          outcome: 'connector-runs',
          sound: true,
          cause: ({ connector }) => `${connector} runs.`,
          why: 'nothing is to be done',
        },
      },
    },
  },
};
