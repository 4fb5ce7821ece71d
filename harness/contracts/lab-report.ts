import { countsShape, verdictShape } from './anomaly.ts';
import { causeShape } from './cause.ts';
import { findingProperties } from './finding.ts';
import { faultShape } from './lab-fault.ts';
import { list, map, nullable, number, oneOf, optional, type Said, shape, text, time, whole } from './schema.ts';

/*
 * What the live lab says over HTTP (docs/http.md): plain JSON with snake_case names, times as ISO 8601 texts in UTC unless the
 * name ends in `_ms`, offsets and LSNs as texts because they may exceed what a JSON number holds.
 */

export const labLagShape = shape({ records: whole(), ms: number() });

const findingShape = shape({ ...findingProperties, found_at: time('when the lab first said it') });

export type LabFinding = Said<typeof findingShape>;

const tableShape = shape({
  table: text(),
  status: verdictShape,
  source_rows: whole(),
  sink_rows: whole(),
  in_flight: whole(),
  anomalies: countsShape,
});

export type LabTable = Said<typeof tableShape>;

const variantShape = shape({
  variant: text(),
  title: text(),
  status: verdictShape,
  consumer: text("running, paused, stopped or failed: its consumer's own word"),
  in_flight: whole(),
  partial_transactions: optional(
    whole(
      'transactions of the source of which the consumer has applied a part; absent where no check has counted them',
    ),
  ),
  lag: labLagShape,
  anomalies: countsShape,
  tables: list(tableShape),
  examples: list(findingShape, 'the first findings of each class; anomalies counts all. Newest found first'),
  causes: list(causeShape, 'why, first cause first: looked for again when what the variant shows changes'),
  reason: optional(text('why it could not be judged, or why it has stalled')),
});

export type LabVariant = Said<typeof variantShape>;

const alertShape = shape({
  id: text(),
  kind: oneOf(['lag-near-retention', 'lag-past-retention']),
  variant: text(),
  group: text(),
  lag_ms: number(),
  retention_ms: number(),
  records_gone: whole('records that the log no longer holds and that the group has not read'),
  since: time(),
  until: nullable(time(), 'null while it stands'),
  text: text('one sentence: what is wrong'),
  cause: causeShape,
});

/** A consumer group that is about to lose, or has lost, records to the topics' retention. */
export type LabAlert = Said<typeof alertShape>;

export const writersShape = shape({
  state: oneOf(['running', 'paused']),
  rate: number('transactions per second that the writers aim at'),
  transactions_per_second: number('that they reach'),
  committed: whole(),
  failure: nullable(text(), 'the first error that was not on purpose'),
});

export type LabWriters = Said<typeof writersShape>;

/** Body of `POST /api/v1/writers`: any of the two. */
export const writersRequestShape = shape(
  {
    state: optional(oneOf(['running', 'paused'])),
    rate: optional(number('transactions per second', { minimum: 0.1, maximum: 100_000 })),
  },
  undefined,
  { minProperties: 1 },
);

export type LabWritersRequest = Said<typeof writersRequestShape>;

const phaseShape = oneOf(
  ['starting', 'running', 'faulted', 'stopping', 'failed'],
  'starting: not ready yet. running: writers write, or are paused. faulted: a fault is in, or settling',
);

export type LabPhase = Said<typeof phaseShape>;

export const recoveredShape = shape({
  type: text('the mode'),
  duration_seconds: number('from the injection until every variant had applied everything, or was found unable to'),
  events_replayed: number(),
});

export type LabRecovery = Said<typeof recoveredShape>;

/** The shape that agents keep of a pipeline. */
export const pipelineStateShape = shape({
  last_verified_at: nullable(time()),
  source_row_counts: map(whole(), 'by table name without its schema'),
  sink_row_counts: map(whole(), 'of the soundest variant: the one with the best status, the last listed among equals'),
  known_issues: list(text()),
  recent_failures: list(text()),
});

export type LabPipelineState = Said<typeof pipelineStateShape>;

/** `GET /api/v1/report` */
export const reportShape = shape({
  status: verdictShape,
  lab: shape({ id: text(), phase: phaseShape, seed: whole(), started_at: time(), now: time() }),
  judged_at: nullable(time()),
  cut_lsn: nullable(
    text(),
    "position in the source's log up to which the last check compared: every change at or below it was looked at",
  ),
  check_took_ms: nullable(number()),
  writers: writersShape,
  variants: list(variantShape),
  faults: list(faultShape, 'oldest first; the last 100'),
  alerts: list(alertShape, 'those that stand first, then the newest'),
  recovery_history: list(recoveredShape),
  pipeline_state: pipelineStateShape,
});

export type LabReport = Said<typeof reportShape>;
