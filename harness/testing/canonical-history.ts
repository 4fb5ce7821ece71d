import type { RunEvent } from '#model/run-event.ts';
import type { HistoryScript, ModeScript, StepOutcome, StepScript } from './history.ts';
import { scriptedHistory } from './history.ts';

const CONVERGES: StepOutcome = {};
const VARIANTS = ['insert', 'upsert', 'dedup', 'debezium-jdbc'];

function others(insert: StepOutcome): Readonly<Record<string, StepOutcome>> {
  return { insert, upsert: CONVERGES, dedup: CONVERGES, 'debezium-jdbc': CONVERGES };
}

const restart: StepScript = {
  id: 'kill',
  title: 'Connect dies before it has flushed its offsets',
  kind: 'kill-connect',
  evidence: '412 events came a second time after the worker was back.',
  figures: { events_replayed: 412, down_ms: 2210 },
  peak: 210,
  variants: others({ must: ['duplicate'], seen: { duplicate: 398 } }),
};

const pause: StepScript = {
  id: 'pause',
  title: 'Every consumer paused while writers go on',
  kind: 'pause-consumers',
  evidence: 'Lag rose to 612 records, 3.1 s, and fell to 0.',
  figures: { lag_records_max: 612, lag_ms_max: 3100 },
  peak: 612,
  variants: { insert: CONVERGES, upsert: CONVERGES, dedup: CONVERGES, 'debezium-jdbc': CONVERGES },
};

const lost: StepOutcome = { must: ['lost'], may: ['stale', 'orphan'], seen: { lost: 143, stale: 57 } };

const retention: StepScript = {
  id: 'retention',
  title: 'Retention passes a paused consumer',
  kind: 'expire-log',
  evidence: 'The log now starts 840 records past where the consumers stood.',
  figures: { records_expired: 840 },
  peak: 900,
  variants: { insert: lost, upsert: lost, dedup: lost, 'debezium-jdbc': lost },
};

const schema: StepScript = {
  id: 'add-column',
  title: 'ALTER TABLE customers ADD COLUMN tier, used at once',
  kind: 'add-column',
  evidence: '96 events carried the new column.',
  figures: { events_with_column: 96 },
  peak: 18,
  variants: {
    ...others(CONVERGES),
    strict: {
      must: ['stalled'],
      may: ['lost', 'stale', 'missing-column'],
      seen: { stalled: 1, lost: 31, 'missing-column': 1 },
      reason: 'unknown column "tier" in public.customers',
    },
    ignore: { must: ['missing-column'], seen: { 'missing-column': 1 } },
  },
};

const duplicate: StepScript = {
  id: 'snapshot',
  title: 'The connector reads every table again',
  kind: 'snapshot-again',
  evidence: '2,052 rows were read again as snapshot events.',
  figures: { snapshot_reads: 2052 },
  peak: 1400,
  variants: others({ must: ['duplicate'], may: ['orphan'], seen: { duplicate: 2040, orphan: 12 } }),
};

const history: StepScript = {
  id: 'history',
  title: 'Years of history inserted at the source',
  kind: 'bulk-history',
  evidence: '5,000 rows with a business time of 2019 to 2024 arrived today.',
  figures: { rows: 5000, business_to_cdc_days_max: 2561 },
  peak: 5000,
  variants: others(CONVERGES),
};

const stale: StepOutcome = { must: ['stale'], may: ['resurrected'], seen: { stale: 64 } };

const copy: StepScript = {
  id: 'copy-in',
  title: 'A job copies rows that it read earlier straight into the sinks',
  kind: 'copy-in',
  evidence: '120 rows were copied in, 64 of them older than what the sinks held.',
  figures: { rows_copied: 120, rows_outdated: 64 },
  peak: 12,
  variants: {
    insert: { must: ['duplicate'], may: ['stale'], seen: { duplicate: 120 } },
    upsert: stale,
    dedup: CONVERGES,
    'debezium-jdbc': stale,
  },
};

export const canonicalModes: readonly ModeScript[] = [
  {
    id: 'restart',
    title: 'Connector restart',
    story: 'At-least-once replay: a blind INSERT keeps both copies, an upsert must not.',
    steps: [restart],
  },
  {
    id: 'lag',
    title: 'Consumer lag',
    story: 'Lag is not loss, until retention passes the consumer.',
    steps: [pause, retention],
  },
  {
    id: 'schema',
    title: 'Schema evolution',
    story: 'A column appears under load; some sinks follow, some stop, some look away.',
    steps: [schema],
  },
  {
    id: 'duplicate',
    title: 'Duplicate events',
    story: 'A second snapshot sends every row again.',
    steps: [duplicate],
  },
  {
    id: 'backfill',
    title: 'Backfill',
    story: 'Old rows arrive late, and a job writes past the stream.',
    steps: [history, copy],
  },
];

/** A canonical run of which everything came as expected; `changes` bend it. */
export function canonicalHistory(changes: Partial<HistoryScript> = {}): RunEvent[] {
  return scriptedHistory({ variants: VARIANTS, modes: canonicalModes, ...changes });
}

/** One mode with one step of which one variant did not show what it should. */
export function failingHistory(): RunEvent[] {
  const broken: StepScript = { ...restart, variants: { ...restart.variants, dedup: { seen: { stale: 3, lost: 1 } } } };
  const [mode] = canonicalModes;
  if (mode === undefined) throw new Error('no canonical modes');
  return canonicalHistory({ modes: [{ ...mode, steps: [broken] }] });
}

/** A run whose fault did not bite. */
export function toothlessHistory(): RunEvent[] {
  const [mode] = canonicalModes;
  if (mode === undefined) throw new Error('no canonical modes');
  const step: StepScript = {
    ...restart,
    bit: false,
    evidence: 'No event came a second time.',
    figures: { events_replayed: 0 },
    variants: { ...restart.variants, insert: { must: ['duplicate'], seen: {} } },
  };
  return canonicalHistory({ modes: [{ ...mode, steps: [step] }] });
}

/** A run that begins with two modes which cannot be run in it. */
export function skippingHistory(): RunEvent[] {
  const [mode] = canonicalModes;
  if (mode === undefined) throw new Error('no canonical modes');
  return skipping(canonicalHistory({ modes: [mode] }));
}

/** A run of which no mode can be run. */
export function allSkippedHistory(): RunEvent[] {
  const reason = 'every failure mode was skipped';
  return skipping(canonicalHistory({ modes: [] })).map((event) =>
    event.type === 'run-ended' ? { ...event, verdict: 'UNKNOWN', exit: 3, reason } : event,
  );
}

function skipping(events: readonly RunEvent[]): RunEvent[] {
  const unable = [
    { mode: 'binlog', why: 'the source has no binary log' },
    { mode: 'truncate', why: 'no table can be truncated: public.a|b<c>' },
  ];
  const planned = unable.map(({ mode: id }) => ({ id, title: id, story: id, steps: [{ id, title: id }] }));
  return events.flatMap((event): RunEvent[] => {
    if (event.type === 'run-started') return [{ ...event, modes: [...planned, ...event.modes] }];
    if (event.type !== 'stack-ready') return [event];
    return [event, ...unable.map((one): RunEvent => ({ at: event.at, type: 'mode-skipped', ...one }))];
  });
}
