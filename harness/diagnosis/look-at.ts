import type { Anomaly, Hop } from '#model/finding.ts';

type Places = Readonly<Partial<Record<Hop, readonly string[]>>>;

const NOT_CAPTURED = [
  "the source connector's log: a restart, a slot that was dropped or created again, a table that its filters leave out",
  'what else writes to the source: rows that are written with another replication origin or past the log are not captured',
];
const EXPIRED = [
  "the topic's retention.ms and retention.bytes against the longest time for which the consumer stood still",
];
const CONSUMER =
  "the consumer's log at the time of the event: an error that was skipped, or offsets that were committed before the write";

/** Where a person finds more, by class and by the hop at which it went wrong, where no known cause fits. */
const LOOK_AT: Readonly<Record<Anomaly, Places>> = {
  lost: { 'source-to-log': NOT_CAPTURED, log: EXPIRED, 'log-to-sink': [CONSUMER, 'who else deletes rows at the sink'] },
  orphan: {
    'source-to-log': [
      ...NOT_CAPTURED,
      'a snapshot after an outage: it sees no deletes that were made while the connector was away',
    ],
    log: EXPIRED,
    'log-to-sink': [CONSUMER, 'who else writes to the sink'],
  },
  duplicate: {
    'log-to-sink': [
      "whether the sink's table has a primary key by which the consumer writes",
      'whether the consumer drops events that come again after a restart',
    ],
  },
  stale: {
    'source-to-log': NOT_CAPTURED,
    log: EXPIRED,
    'log-to-sink': [CONSUMER, 'jobs that write older rows past the stream', 'whether several workers share a key'],
  },
  resurrected: {
    'source-to-log': NOT_CAPTURED,
    log: EXPIRED,
    'log-to-sink': ['jobs and replays that write older rows after the delete', CONSUMER],
  },
  corrupt: {
    'source-to-log': [
      "the event in the topic beside the source's row: which setting of the connector makes this value of that type",
    ],
    log: EXPIRED,
    'log-to-sink': [
      "the event in the topic beside the sink's row: where the consumer converts the type",
      'triggers and defaults of the sink',
    ],
  },
  'missing-column': {
    'source-to-log': ['whether the events have the column at all'],
    'log-to-sink': ['whether the consumer adds columns to the sink (schema evolution)'],
  },
  'extra-column': {
    'log-to-sink': ['who added the column at the sink, or whether the source has dropped or renamed it'],
  },
  reordered: {
    'log-to-sink': ['whether several workers or threads of the consumer share a key, and in which order they commit'],
  },
  invariant: {
    'log-to-sink': ['whether the query read the sink between two transactions of the source'],
  },
  'partial-transaction': {
    'source-to-log': NOT_CAPTURED,
    log: EXPIRED,
    'log-to-sink': [CONSUMER],
  },
  stalled: {
    'source-to-log': ["the source connector's log and the source database's log at the time of the stall"],
    'log-to-sink': ["the consumer's log and the sink database's log at the time of the stall: locks, errors, memory"],
  },
};

export function lookAt(anomaly: Anomaly, hop: Hop | undefined): readonly string[] {
  const places = LOOK_AT[anomaly];
  return hop === undefined ? Object.values(places).flat() : (places[hop] ?? []);
}
