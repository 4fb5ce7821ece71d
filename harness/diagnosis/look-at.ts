import type { Anomaly, Hop } from '#model/finding.ts';

type Places = Readonly<Partial<Record<Hop, readonly string[]>>>;

const NOT_CAPTURED = [
  "the source connector's log: restarts, a slot that was dropped or recreated, tables that its filters leave out",
  'what else writes to the source: changes with a replication origin, or to unlogged tables, may not be captured',
];
const EXPIRED = ["whether the topic's retention.ms and retention.bytes cover the longest outage of the consumer"];
const CONSUMER =
  "the consumer's log at the time of the event: an error that was skipped, or offsets that were committed before the write";

/** What to look at where no known cause fits, by class and by the hop at which it went wrong. */
const LOOK_AT: Readonly<Record<Anomaly, Places>> = {
  lost: {
    'source-to-log': NOT_CAPTURED,
    log: EXPIRED,
    'log-to-sink': [CONSUMER, 'whether anything else deletes rows at the sink'],
  },
  orphan: {
    'source-to-log': [
      ...NOT_CAPTURED,
      'whether a snapshot followed an outage: it does not see deletes made in between',
    ],
    log: EXPIRED,
    'log-to-sink': [CONSUMER, 'whether anything else writes to the sink'],
  },
  duplicate: {
    'log-to-sink': [
      "whether the sink's table has a primary key by which the consumer writes",
      'whether the consumer skips events that are delivered again after a restart',
    ],
  },
  stale: {
    'source-to-log': NOT_CAPTURED,
    log: EXPIRED,
    'log-to-sink': [
      CONSUMER,
      'jobs that write older rows directly to the sink',
      'whether several workers write the same key',
    ],
  },
  resurrected: {
    'source-to-log': NOT_CAPTURED,
    log: EXPIRED,
    'log-to-sink': ['jobs and replays that write older rows after the delete', CONSUMER],
  },
  corrupt: {
    'source-to-log': [
      "the event in the topic next to the source's row: which property of the connector changes values of this type",
    ],
    log: EXPIRED,
    'log-to-sink': [
      "the event in the topic next to the sink's row: where the consumer converts values of this type",
      "the sink's triggers and defaults",
    ],
  },
  'missing-column': {
    'source-to-log': ['whether the events have the column at all'],
    'log-to-sink': ['whether the consumer adds columns to the sink (schema evolution)'],
  },
  'extra-column': {
    'log-to-sink': ['what added the column at the sink, or whether the source dropped or renamed it'],
  },
  reordered: {
    'log-to-sink': [
      'whether several workers or threads of the consumer write the same key, and in which order they commit',
    ],
  },
  invariant: {
    'log-to-sink': ['whether the query read the sink while a transaction of the source was only partly applied'],
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
