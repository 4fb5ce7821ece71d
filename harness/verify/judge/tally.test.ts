import { expect, test } from 'vitest';
import type { Finding } from '#model/finding.ts';
import { judgeVariant, unjudged } from './judge-variant.ts';
import { createTally, FINDINGS_MAX, tableVerdict } from './tally.ts';

const TABLE = 'public.t';
const figures = { table: TABLE, sourceRows: 100, sinkRows: 100, inFlight: 0, behind: true };
const NO_LAG = { records: 0, ms: 0 };

const duplicate = (copies: number, value = 'a'): Finding => ({
  anomaly: 'duplicate',
  table: TABLE,
  key: '["1"]',
  source: { id: '1', value: 'a' },
  sink: [{ id: '1', value: 'a', _cdc_lsn: '1' }, ...Array.from({ length: copies }, () => ({ id: '1', value }))],
  detail: 'd.',
});

function tallyOf(...findings: Finding[]) {
  const tally = createTally();
  for (const finding of findings) tally.add(finding);
  return tally;
}

test('a few copies that equal the source are a warning; at a tenth of the rows they are a failure', () => {
  expect(tableVerdict(tallyOf(duplicate(9)), figures).verdict).toBe('WARN');
  expect(tableVerdict(tallyOf(duplicate(10)), figures).verdict).toBe('FAIL');
  expect(tableVerdict(tallyOf(duplicate(5), duplicate(5)), figures).verdict).toBe('FAIL');
});

test('one copy with another value makes it a failure, and so does any other finding', () => {
  expect(tableVerdict(tallyOf(duplicate(1, 'b')), figures).verdict).toBe('FAIL');
  expect(tableVerdict(tallyOf(duplicate(1), { anomaly: 'lost', detail: 'd.' }), figures).verdict).toBe('FAIL');
});

test('keys in flight are a sync in progress only for a consumer that is behind', () => {
  expect(tableVerdict(createTally(), { ...figures, inFlight: 3 }).verdict).toBe('SYNC_IN_PROGRESS');
  expect(tableVerdict(createTally(), { ...figures, inFlight: 3, behind: false }).verdict).toBe('PASS');
  expect(tableVerdict(tallyOf(duplicate(1)), { ...figures, inFlight: 3 }).verdict).toBe('WARN');
});

test('a stalled variant has failed though no row is wrong, and says why', () => {
  const verdict = judgeVariant({
    variant: 'strict',
    tables: [{ tally: createTally(), figures: { ...figures, inFlight: 4 } }],
    lag: { records: 12, ms: 3400 },
    stalled: { hop: 'log-to-sink', reason: 'unknown column "tier"' },
  });
  expect(verdict).toMatchObject({
    verdict: 'FAIL',
    inFlight: 4,
    counts: { stalled: 1 },
    reason: 'unknown column "tier"',
  });
  expect(verdict.findings[0]?.detail).toContain('12 records waiting, the oldest for 3.4 s: unknown column');
});

test('all findings are counted, the first of each class are kept', () => {
  const many = tallyOf(...Array.from({ length: 50 }, () => duplicate(1)), { anomaly: 'lost', detail: 'd.' });
  const verdict = judgeVariant({
    variant: 'insert',
    tables: [
      { tally: many, figures },
      { tally: many, figures },
    ],
    lag: NO_LAG,
  });
  expect(verdict.counts).toEqual({ duplicate: 100, lost: 2 });
  expect(verdict.findings).toHaveLength(FINDINGS_MAX + 2);
});

test('what could not be judged is unknown', () => {
  expect(unjudged('upsert', 'the sink could not be read: gone')).toMatchObject({ verdict: 'UNKNOWN', counts: {} });
});
