import { expect, test } from 'vitest';
import type { RunEvent } from '#model/run-event.ts';
import { failingHistory } from '#testing/canonical-history.ts';
import { buildReport } from './build.ts';
import { markdown } from './markdown.ts';

const MB = 1024 * 1024;
const facts: RunEvent = { at: 2, type: 'subject', replaced: [], unchecked: [] };

function reported(...events: readonly RunEvent[]): {
  readonly report: ReturnType<typeof buildReport>;
  readonly text: string;
} {
  const [start, ...rest] = failingHistory();
  const report = buildReport([start as RunEvent, facts, ...events, ...rest]);
  return { report, text: markdown(report) };
}

const slot = (unconfirmedBytes: number) => ({
  ...{ slot: 'bank_slot', active: false, restartLsn: '0/1', confirmedLsn: '0/2' },
  ...{ retainedBytes: unconfirmedBytes + 2048, unconfirmedBytes },
});

test('a slot that grows without bound is reported with its figures and what to set', () => {
  const grows = { slots: [slot(3 * MB)], writtenBytes: 3 * MB, unbounded: ['bank_slot'] };
  const { report, text } = reported({ at: 3, type: 'source-log', mode: 'restart', ...grows });
  expect(report.subject?.source_log).toMatchObject([
    { fault: 'restart', slot: 'bank_slot', written_bytes: 3 * MB, unconfirmed_bytes: 3 * MB, unbounded: true },
  ]);
  expect(text).toContain('grows without bound');
  expect(text).toContain('heartbeat.action.query');
});

test('a slot that keeps up is reported without advice', () => {
  const bounded = { slots: [slot(1000)], writtenBytes: 3 * MB, unbounded: [] };
  const { text } = reported({ at: 3, type: 'source-log', mode: 'restart', ...bounded });
  expect(text).toContain('✅ bounded');
  expect(text).not.toContain('heartbeat.action.query');
});

test('statements that a publication makes fail are reported with the replica identity as the remedy', () => {
  const refused = [{ table: 'readings', operation: 'UPDATE', publications: ['plant_pub'], count: 3 }] as const;
  const { text } = reported({ at: 3, type: 'writes-refused', mode: 'restart', refused });
  expect(text).toContain('refused UPDATE on `readings` under `restart` (3 ×)');
  expect(text).toContain('REPLICA IDENTITY FULL');
});
