import { countsShape, verdictShape } from './anomaly.ts';
import {
  flag,
  map,
  nullable,
  number,
  numberOrText,
  oneOf,
  optional,
  orNothing,
  type Said,
  shape,
  text,
  time,
  whole,
} from './schema.ts';

/** How long a fault may be held at most. */
const SECONDS_MAX = 3600;
/** A backfill's transactions are made before the first is written: so many fit into the daemon's memory. */
const ROWS_MAX = 100_000;

/** What a person may say of a fault when they inject it. What a step does not take is refused. */
const wish = shape({
  step: optional(text('a step of the mode other than its first; GET /api/v1/catalogue lists them')),
  seconds: optional(number('how long the fault is held', { minimum: 0.1, maximum: SECONDS_MAX })),
  rows: optional(whole('how many rows the backfill writes', { minimum: 1, maximum: ROWS_MAX })),
});

/** Body of `POST /api/v1/faults/{mode}`; without one it is the mode's first step as it is. */
export const faultRequestShape = orNothing(wish);

export type LabFaultRequest = Said<typeof wish>;

const outcomeShape = shape({
  status: verdictShape,
  expected: text(
    'in words: converges, or the anomalies that a variant of its kind shows; nothing where its step does not say',
  ),
  seen: text('in words: what this fault added to what was there before it'),
  met: nullable(
    flag(),
    'it showed what was expected; null where nothing was, or an earlier fault had damaged it so that nothing can be said',
  ),
  anomalies: countsShape,
  carried: shape(countsShape.properties, 'anomalies that this variant already had when the fault came'),
  converged_ms: nullable(number()),
});

/** What one variant showed once a fault had settled. */
export type LabOutcome = Said<typeof outcomeShape>;

export const faultShape = shape({
  id: text('restart-1, lag-2: the mode, and a number that rises over all faults of the lab'),
  mode: text('a failure mode of the catalogue'),
  step: text(),
  title: text(),
  kind: text(),
  state: oneOf(
    ['injecting', 'settling', 'settled', 'failed'],
    'injecting: on its way in, or in. settling: healed; everything must arrive. Then an outcome, or failed',
  ),
  requested_at: time(),
  healed_at: nullable(time()),
  settled_at: nullable(time()),
  heals_in_ms: nullable(
    number(),
    'while a fault that lasts is kept up: when it will be healed by itself, in ms from the time of the answer',
  ),
  healed_early: flag('it was healed by DELETE before its time'),
  doing: text('what it is doing now, in words, and what it waits for'),
  watch_for: text('what to watch for'),
  verdict: nullable(verdictShape, 'null until it has settled'),
  evidence: nullable(shape({ bit: flag(), text: text(), figures: map(numberOrText()) })),
  variants: map(outcomeShape),
  error: nullable(text(), 'why it failed, where it did'),
});

export type LabFault = Said<typeof faultShape>;
