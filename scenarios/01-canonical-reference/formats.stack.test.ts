import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { knownMatrix, matrixOf, runCanonical, withoutJdbcSink } from '#testing/canonical-run.ts';
import { hasDocker } from '#testing/with-docker.ts';

let reports: string;

beforeAll(() => {
  reports = mkdtempSync(join(tmpdir(), 'driftlab-formats-'));
});
afterAll(() => rmSync(reports, { recursive: true, force: true }));

test('with records in Avro every variant shows in every step what it shows with JSON', async () => {
  const { outcome, report } = await runCanonical(reports, '--format', 'avro');
  expect([outcome.exit, report.verdict]).toEqual([0, 'PASS']);
  expect(matrixOf(report)).toEqual(knownMatrix());
}, 900_000);

// Where there are containers, they write such records: see canonical.stack.test.ts.
test.skipIf(hasDocker)(
  'so does every variant that can read JSON without schemas',
  async () => {
    const { outcome, report } = await runCanonical(reports, '--format', 'plain');
    expect([outcome.exit, report.verdict]).toEqual([0, 'PASS']);
    expect(outcome.out).toContain('debezium-jdbc is left out');
    expect(matrixOf(report)).toEqual(withoutJdbcSink());
  },
  900_000,
);
