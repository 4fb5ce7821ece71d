import type { Anomaly, Hop } from '#model/finding.ts';

type Advice = Readonly<Partial<Record<Hop, string>>>;

const NOT_CAPTURED =
  'The connector never produced this change: look at its log for a restart, a dropped or recreated slot, and the publication and table filters; then snapshot the table again.';
const EXPIRED =
  "The topic's retention passed the consumer: raise retention.ms above the longest outage, alert at 0.8 of it, and read the missing rows again with a snapshot.";

/** The likely cause and what to do, by class and by the hop at which it happened. docs/anomalies.md has them at length. */
const ADVICE: Readonly<Record<Anomaly, Advice>> = {
  lost: {
    'source-to-log': NOT_CAPTURED,
    log: EXPIRED,
    'log-to-sink':
      'The consumer passed the event without applying it: look for skipped errors, a dead-letter queue, and offsets committed before the write; then read the row again with a snapshot.',
  },
  orphan: {
    'source-to-log':
      'The delete never reached the log: look for a snapshot after an outage, which sees no deletes, and for skipped.operations; delete the row at the sink or load the table anew.',
    log: 'The delete had left the log before the consumer got there: raise retention above the longest outage, and load the table anew, for a snapshot removes no rows.',
    'log-to-sink':
      'The sink ignores deletes, or something other than the pipeline writes there: set delete.enabled on a JDBC sink, keep tombstones, and look at who may write to the sink.',
  },
  duplicate: {
    'log-to-sink':
      'Events were delivered again and inserted blindly: give the sink table a primary key and write by it (upsert), or drop events that were seen before.',
  },
  stale: {
    'source-to-log': NOT_CAPTURED,
    log: EXPIRED,
    'log-to-sink':
      'An older version was written over a newer one, or an update was dropped: write only where the LSN is higher than that of the row, also in jobs that bypass the stream.',
  },
  resurrected: {
    'source-to-log': NOT_CAPTURED,
    log: EXPIRED,
    'log-to-sink':
      'An older version was written after the delete, by a job or by a replay: remember deletes with their LSN, and let no older write pass.',
  },
  corrupt: {
    'source-to-log':
      'The event holds the wrong value already: look at how the connector represents the type (decimal, time, interval, binary handling modes).',
    log: EXPIRED,
    'log-to-sink':
      "Compare the event with the sink's row: look at the consumer's conversion of the type, placeholders for unchanged TOAST values, and defaults of columns added later.",
  },
  'missing-column': {
    'log-to-sink':
      'The sink does not follow the schema of the source: add the column with its default, or let the consumer evolve the schema, then snapshot the table again.',
  },
  'extra-column': {
    'log-to-sink':
      'The source has dropped or renamed the column, or someone added it at the sink: drop it there once nothing reads it.',
  },
  reordered: {
    'log-to-sink':
      'Changes of one row were applied in another order than that of the log: keep all events of a key in one partition and one batch order, or guard by LSN.',
  },
  invariant: {
    'log-to-sink':
      'Rows that are lost, twice there or old break what holds of them together: mend those first; without such a finding, the sink was read at no point between two transactions.',
  },
  'partial-transaction': {
    log: 'Some of its events had left the log before the consumer got there: raise retention above the longest outage, and load the tables anew.',
    'log-to-sink':
      'Some events of the transaction were applied and others passed over: see the findings of its rows; where it must never be seen in part, apply it whole by its transaction metadata, or read aggregates only at a watermark.',
  },
  stalled: {
    'source-to-log': "The connector makes no progress: its task's trace says why; mend that and restart the task.",
    'log-to-sink': 'The consumer makes no progress: its error says why; mend that and start it again.',
  },
};

export function adviceFor(anomaly: Anomaly, hop: Hop): string | undefined {
  return ADVICE[anomaly][hop];
}
