import type { Anomaly, AnomalyCounts, Finding } from '#model/finding.ts';
import { ANOMALIES } from '#model/finding.ts';
import type { Row } from '#model/values.ts';

const SOURCE: Row = {
  id: '1043',
  customer_id: '17',
  status: 'shipped',
  total: '129.90',
  note: 'leave <b>at the door</b> & ring',
  updated_at: '2026-01-05 10:00:21.483112+00',
};

const OLDER: Row = { ...SOURCE, status: 'new', total: '99.90', updated_at: '2026-01-05 10:00:02.100004+00' };

const EVENT = { topic: 'lab.public.orders', partition: 0, offset: 5123n, lsn: 26543912n, op: 'update', txn: '8123' };

const BASE = { table: 'public.orders', key: '["1043"]', event: EVENT } as const;

/** One plausible finding of each class, with everything that a report can show. */
const EXAMPLES: Readonly<Record<Anomaly, Finding>> = {
  lost: {
    ...BASE,
    anomaly: 'lost',
    hop: 'log',
    source: SOURCE,
    sink: [],
    detail: 'The row is at the source and not at the sink; its last event expired from the log before it was consumed.',
    advice: 'Retention passed the consumer: keep the log longer than the longest outage, and alert at 0.8 of it.',
  },
  orphan: {
    ...BASE,
    anomaly: 'orphan',
    hop: 'log-to-sink',
    sink: [OLDER],
    event: { ...EVENT, op: 'delete' },
    detail: 'The sink holds a row that the source has deleted.',
    advice: 'The delete was consumed and not applied: turn deletes on in the sink.',
  },
  duplicate: {
    ...BASE,
    anomaly: 'duplicate',
    hop: 'log-to-sink',
    source: SOURCE,
    sink: [SOURCE, SOURCE],
    detail: 'The sink holds 2 rows with the key 1043, the source 1.',
    advice: 'A replayed event was inserted again: write by key (upsert), or drop events seen before (dedup).',
  },
  stale: {
    ...BASE,
    anomaly: 'stale',
    hop: 'log-to-sink',
    source: SOURCE,
    sink: [OLDER],
    differs: [
      { column: 'status', source: 'shipped', sink: 'new' },
      { column: 'total', source: '129.90', sink: '99.90' },
      { column: 'updated_at', source: SOURCE.updated_at ?? null, sink: OLDER.updated_at ?? null },
    ],
    detail: 'The sink holds an earlier version of the row, though the newer one had been consumed.',
    advice: 'An older write came after a newer one: guard every write with the LSN.',
  },
  resurrected: {
    ...BASE,
    anomaly: 'resurrected',
    hop: 'log-to-sink',
    sink: [OLDER],
    detail: 'The row was deleted at the source, then came back at the sink.',
  },
  corrupt: {
    ...BASE,
    anomaly: 'corrupt',
    column: 'total',
    hop: 'log-to-sink',
    source: SOURCE,
    sink: [{ ...SOURCE, total: '129.9' }],
    differs: [{ column: 'total', source: '129.90', sink: '129.9' }],
    detail: 'A value at the sink never was a value at the source.',
  },
  'missing-column': {
    anomaly: 'missing-column',
    table: 'public.customers',
    column: 'tier',
    hop: 'log-to-sink',
    detail: 'The source has the column tier, the sink has not.',
    advice:
      'The sink ignores new columns: let it evolve (schema.evolution=basic), or add the column before the source does.',
  },
  'extra-column': {
    anomaly: 'extra-column',
    table: 'public.customers',
    column: 'nickname',
    detail: 'The sink has the column nickname, the source has not.',
  },
  reordered: { ...BASE, anomaly: 'reordered', detail: 'Two updates of the key were applied in the wrong order.' },
  'partial-transaction': {
    anomaly: 'partial-transaction',
    detail: 'Transaction 8123 is at the sink only in part: 2 of 5 rows.',
  },
  invariant: {
    anomaly: 'invariant',
    hop: 'log-to-sink',
    detail: 'violated once: the sum of all accounts stays the same; first: total 99.00.',
  },
  stalled: {
    anomaly: 'stalled',
    hop: 'log-to-sink',
    detail: 'Nothing was applied for 5.3 s while 412 records waited: unknown column "tier" in public.customers.',
    advice: 'The applier is strict about the schema: add the column at the sink, then start it again.',
  },
};

/** The first finding of each class that is counted. */
export function exampleFindings(counts: AnomalyCounts): Finding[] {
  return ANOMALIES.flatMap((anomaly) => ((counts[anomaly] ?? 0) > 0 ? [EXAMPLES[anomaly]] : []));
}
