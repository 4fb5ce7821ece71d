import type { Cause } from '#model/cause.ts';
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

const EVENT = {
  topic: 'lab.public.orders',
  partition: 0,
  offset: 5123n,
  lsn: 26543912n,
  position: '0/1950728',
  op: 'update',
  txn: '8123',
};

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
  },
  orphan: {
    ...BASE,
    anomaly: 'orphan',
    hop: 'log-to-sink',
    sink: [OLDER],
    event: { ...EVENT, op: 'delete' },
    detail: 'The sink holds a row that the source has deleted.',
  },
  duplicate: {
    ...BASE,
    anomaly: 'duplicate',
    hop: 'log-to-sink',
    source: SOURCE,
    sink: [SOURCE, SOURCE],
    detail: 'The sink holds 2 rows with the key 1043, the source 1.',
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
  },
};

/** The first finding of each class that is counted. */
export function exampleFindings(counts: AnomalyCounts): Finding[] {
  return ANOMALIES.flatMap((anomaly) => ((counts[anomaly] ?? 0) > 0 ? [EXAMPLES[anomaly]] : []));
}

/** A cause of all that is counted, with everything that a report can show; none where nothing is. */
export function exampleCauses(counts: AnomalyCounts): Cause[] {
  const anomalies = ANOMALIES.filter((anomaly) => (counts[anomaly] ?? 0) > 0);
  if (anomalies.length === 0) return [];
  return [
    {
      code: 'writes-not-guarded',
      says: 'Rows that a job had read earlier were written over newer ones.',
      evidence: ['a job copied rows past the stream while <b>writers</b> went on'],
      remedy: ["write only where the LSN is higher than the row's", 'stop the stream while such a job runs'],
      docs: 'https://debezium.io/documentation/reference/stable/connectors/postgresql.html',
      certainty: 'likely',
      anomalies,
    },
  ];
}
