import type { TSchema } from 'typebox';
import { countsShape, verdictShape } from '#contracts/anomaly.ts';
import { causeShape } from '#contracts/cause.ts';
import * as words from '#contracts/schema.ts';
import { ANOMALIES } from '#model/finding.ts';
import { ALL_MODES } from '#model/lab.ts';
import { ROWS_MAX, SECONDS_MAX } from '../plan.ts';

/**
 * The shapes of model/lab.ts as JSON schemas: what requests are checked against, and what the OpenAPI document is made
 * from. A test checks what the lab answers against them.
 */
type Schema = Readonly<Record<string, unknown>>;

const text = words.text();
const number = words.number();
const whole = words.whole();
const flag = words.flag();
const time = words.time();
const verdict = verdictShape;
const { list, map, nullable } = words;

/** Every property must be there but for those named with a `?`; no other may. */
function shape(properties: Readonly<Record<string, TSchema>>): TSchema {
  const named = Object.entries(properties).map(
    ([name, schema]) => [name.replace('?', ''), name.endsWith('?') ? words.optional(schema) : schema] as const,
  );
  return words.shape(Object.fromEntries(named));
}

const counts = countsShape;
const row = map(nullable(text));
const lag = shape({ records: whole, ms: number });

const finding = shape({
  anomaly: { type: 'string', enum: ANOMALIES },
  'table?': text,
  'key?': text,
  'column?': text,
  'hop?': { type: 'string', enum: ['source-to-log', 'log', 'log-to-sink'] },
  'source?': row,
  'sink?': list(row),
  'copies?': whole,
  'differs?': list(shape({ column: text, source: nullable(text), sink: nullable(text) })),
  'event?': shape({
    topic: text,
    partition: whole,
    offset: text,
    'lsn?': text,
    'position?': text,
    op: text,
    'txn?': text,
  }),
  'collides?': text,
  detail: text,
  found_at: time,
});

const cause = causeShape;

const table = shape({
  table: text,
  status: verdict,
  source_rows: whole,
  sink_rows: whole,
  in_flight: whole,
  anomalies: counts,
});

const variant = shape({
  variant: text,
  title: text,
  status: verdict,
  consumer: text,
  in_flight: whole,
  'partial_transactions?': whole,
  lag,
  anomalies: counts,
  tables: list(table),
  examples: list(finding),
  causes: list(cause),
  'reason?': text,
});

const outcome = shape({
  status: verdict,
  expected: text,
  seen: text,
  met: nullable(flag),
  anomalies: counts,
  carried: counts,
  converged_ms: nullable(number),
});

export const faultSchema = shape({
  id: text,
  mode: { type: 'string', enum: ALL_MODES },
  step: text,
  title: text,
  kind: text,
  state: { type: 'string', enum: ['injecting', 'settling', 'settled', 'failed'] },
  requested_at: time,
  healed_at: nullable(time),
  settled_at: nullable(time),
  heals_in_ms: nullable(number),
  healed_early: flag,
  doing: text,
  watch_for: text,
  verdict: nullable(verdict),
  evidence: nullable(shape({ bit: flag, text, figures: map(words.numberOrText()) })),
  variants: map(outcome),
  error: nullable(text),
});

const alert = shape({
  id: text,
  kind: { type: 'string', enum: ['lag-near-retention', 'lag-past-retention'] },
  variant: text,
  group: text,
  lag_ms: number,
  retention_ms: number,
  records_gone: whole,
  since: time,
  until: nullable(time),
  text,
  cause,
});

export const writersSchema = shape({
  state: { type: 'string', enum: ['running', 'paused'] },
  rate: number,
  transactions_per_second: number,
  committed: whole,
  failure: nullable(text),
});

export const reportSchema = shape({
  status: verdict,
  lab: shape({
    id: text,
    phase: { type: 'string', enum: ['starting', 'running', 'faulted', 'stopping', 'failed'] },
    seed: whole,
    started_at: time,
    now: time,
  }),
  judged_at: nullable(time),
  cut_lsn: nullable(text),
  check_took_ms: nullable(number),
  writers: writersSchema,
  variants: list(variant),
  faults: list(faultSchema),
  alerts: list(alert),
  recovery_history: list(shape({ type: text, duration_seconds: number, events_replayed: number })),
  pipeline_state: shape({
    last_verified_at: nullable(time),
    source_row_counts: map(whole),
    sink_row_counts: map(whole),
    known_issues: list(text),
    recent_failures: list(text),
  }),
});

export const stackSchema = shape({
  runtime: text,
  daemon: shape({ pid: whole, uptime_seconds: number, memory_bytes: number }),
  nodes: list(
    shape({
      name: text,
      state: { type: 'string', enum: ['stopped', 'starting', 'running', 'paused', 'killed', 'failed'] },
      healthy: flag,
      pid: nullable(whole),
      address: text,
      version: text,
      log: text,
      restarts: whole,
    }),
  ),
});

export const lagSchema = shape({
  at: time,
  retention_ms: nullable(number),
  groups: list(
    shape({
      group: text,
      variant: text,
      lag,
      partitions: list(
        shape({
          topic: text,
          partition: whole,
          committed: text,
          end: text,
          start: text,
          lag_records: whole,
          lag_ms: number,
        }),
      ),
    }),
  ),
});

export const connectorsSchema = shape({
  connectors: list(
    shape({
      name: text,
      type: { type: 'string', enum: ['source', 'sink'] },
      worker: text,
      state: text,
      tasks: list(shape({ id: whole, state: text, trace: nullable(text) })),
      captured_lsn: nullable(text),
      error: nullable(text),
    }),
  ),
});

export const healthSchema = shape({
  status: { type: 'string', enum: ['healthy', 'unhealthy'] },
  'reasons?': list(text),
});

export const faultRequestSchema: Schema = {
  // Without a body it is the mode's first step as it is.
  type: ['object', 'null'],
  properties: {
    step: {
      ...text,
      description: 'a step of the mode other than its first: retention of lag, direct-copy of backfill',
    },
    seconds: { ...number, minimum: 0.1, maximum: SECONDS_MAX, description: 'how long the fault is held' },
    rows: { ...whole, minimum: 1, maximum: ROWS_MAX, description: 'how many rows the backfill writes' },
  },
  additionalProperties: false,
};

export const writersRequestSchema: Schema = {
  type: 'object',
  properties: {
    state: { type: 'string', enum: ['running', 'paused'] },
    rate: { ...number, minimum: 0.1, maximum: 100_000, description: 'transactions per second' },
  },
  additionalProperties: false,
  minProperties: 1,
};
