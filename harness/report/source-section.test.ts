import { expect, test } from 'vitest';
import type { Cause } from '#model/cause.ts';
import type { RunEvent } from '#model/run-event.ts';
import { canonicalHistory, failingHistory } from '#testing/canonical-history.ts';
import { buildReport } from './build.ts';
import { html } from './html/page.ts';
import { junitXml } from './junit.ts';
import { markdown } from './markdown.ts';
import { closingLines } from './text.ts';

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

const cause: Cause = {
  ...{ code: 'heartbeat-missing', certainty: 'shown', anomalies: [], docs: 'https://debezium.io/documentation/' },
  says: 'The log of the source grows without bound.',
  evidence: ['3.0 MB could not be confirmed'],
  remedy: ['in source.json: heartbeat.interval.ms and heartbeat.action.query'],
};
const slot = (unconfirmedBytes: number) => ({
  ...{ slot: 'bank_slot', active: false, restartLsn: '0/1', confirmedLsn: '0/2' },
  ...{ retainedBytes: unconfirmedBytes + 2048, unconfirmedBytes },
});

test('a slot that grows without bound is reported with its figures and what to set', () => {
  const grows = { slots: [slot(3 * MB)], writtenBytes: 3 * MB, unbounded: ['bank_slot'] };
  const { report, text } = reported({ at: 3, type: 'source-log', mode: 'restart', ...grows, causes: [cause] });
  expect(report.subject?.source_log).toMatchObject([
    { fault: 'restart', slot: 'bank_slot', written_bytes: 3 * MB, unconfirmed_bytes: 3 * MB, unbounded: true },
  ]);
  expect(text).toContain('grows without bound');
  expect(text).toContain('([`heartbeat-missing`](https://debezium.io/');
  expect(text).toContain('- **to fix it:** in source.json: heartbeat.interval.ms and heartbeat.action.query');
  expect(report.modes.find(({ id }) => id === 'restart')?.causes).toEqual([cause]);
});

test('it is reported of a scenario of the lab as well, in every format, though all converged', () => {
  const [start, ...rest] = canonicalHistory();
  const grows = { slots: [slot(3 * MB)], writtenBytes: 3 * MB, unbounded: ['bank_slot'], causes: [cause] };
  const report = buildReport([start as RunEvent, { at: 3, type: 'source-log', mode: 'restart', ...grows }, ...rest]);
  for (const told of [markdown(report), html(report), junitXml(report), closingLines(report).join('\n')])
    expect(told).toContain(cause.says);
});

test('a slot that keeps up is reported without advice', () => {
  const bounded = { slots: [slot(1000)], writtenBytes: 3 * MB, unbounded: [] };
  const { text } = reported({ at: 3, type: 'source-log', mode: 'restart', ...bounded });
  expect(text).toContain('✅ bounded');
  expect(text).not.toContain('heartbeat.action.query');
});
