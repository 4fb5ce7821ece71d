import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Stack } from '#model/stack.ts';
import { startTestStack } from '#testing/stack.ts';
import { runPipelineFile, type TestedPipeline } from '#testing/subject.ts';
import { expectConverged } from './converged.fixture.ts';

/** A MariaDB source with its owner's connector, and sinks of PostgreSQL. */
let stack: Stack;
let folder: string;
let ran: TestedPipeline;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-mariadb-own-'));
  stack = await startTestStack({ source: 'mariadb' });
  ran = await runPipelineFile(join(import.meta.dirname, 'fixtures/mariadb/to-postgres.yaml'), { stack, folder });
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

test('a sound sink connector and the lab’s own applier converge, with rows of both tables', () => {
  expectConverged(ran);
});

test('a sink connector that keeps what was deleted is found out, by its property', () => {
  const keeping = ran.cell('none', 'keeping');
  expect(keeping).toMatchObject({ survived: false, hops: ['log-to-sink'] });
  expect(keeping.change).toEqual([expect.stringContaining('delete.enabled=false in sink-keeps.json')]);
  expect(ran.result).toEqual({ verdict: 'PASS', exit: 0 });
});

test('the database has its owner’s name, and what differs from their configuration is told', () => {
  const replaced = ran.report.subject?.replaced ?? [];
  expect(replaced.map(({ property }) => property)).not.toContain('database.include.list');
  expect(replaced).toContainEqual(
    expect.objectContaining({ property: 'database.ssl.mode', theirs: 'verify-ca', here: 'disable' }),
  );
  expect(replaced).toContainEqual(
    expect.objectContaining({ property: 'provide.transaction.metadata', theirs: null, here: 'true' }),
  );
});
