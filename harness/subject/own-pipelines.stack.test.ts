import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Stack } from '#model/stack.ts';
import { pythonPackages } from '#testing/python.ts';
import { startTestStack } from '#testing/stack.ts';
import { runPipelineFile, type TestedPipeline } from '#testing/subject.ts';

/** One stack for all: schemas, writers and consumers of others, and input that cannot work. */
let stack: Stack;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-own-'));
  stack = await startTestStack();
});
afterAll(async () => {
  await stack[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const run = (file: string): Promise<TestedPipeline> =>
  runPipelineFile(join(import.meta.dirname, 'fixtures', file), { stack, folder });

describe('thirteen tables of all kinds, with the generic writer', () => {
  let ran: TestedPipeline;
  beforeAll(async () => {
    ran = await run('rich/pipeline.yaml');
  });

  test('every table was written and is compared: none is wrong', () => {
    const { dedup } = ran.report.modes[0]?.variants ?? {};
    expect(dedup?.tables.filter(({ verdict }) => verdict !== 'PASS')).toEqual([]);
    expect(dedup?.tables).toHaveLength(13);
    const empty = dedup?.tables.filter(({ source_rows }) => source_rows === 0).map(({ table }) => table);
    expect(empty).toEqual([]);
    expect(ran.cell('none', 'dedup').survived).toBe(true);
  });

  test('a replay shows in the table without a key, and there alone', () => {
    const { dedup } = ran.report.modes[1]?.variants ?? {};
    expect(Object.keys(dedup?.anomalies ?? {})).toEqual(['duplicate']);
    expect(dedup?.tables.filter(({ verdict }) => verdict !== 'PASS').map(({ table }) => table)).toEqual([
      'public.audit_log',
    ]);
    expect(ran.cell('restart-connector', 'dedup').replayed).toBeGreaterThan(0);
  });

  test('what is not checked is said', () => {
    const told = ran.report.subject?.unchecked.join('\n') ?? '';
    expect(told).toContain('public.audit_log has no primary key');
    expect(told).toContain('fleet.vehicles.area_cm2 is not compared');
  });
});

const hasPgbench = spawnSync('pgbench', ['--version']).status === 0;

test.skipIf(!hasPgbench)(
  "pgbench's own schema with pgbench as the writer: the ledger comes from the source's log",
  async () => {
    const ran = await run('bank/pipeline.yaml');
    expect(ran.report.reason).toBeUndefined();
    expect(ran.cell('none', 'dedup').survived).toBe(true);
    const history = ran.report.modes[0]?.variants.dedup?.tables.find(({ table }) => table === 'public.pgbench_history');
    expect(history?.source_rows).toBeGreaterThan(10);
    expect(history?.sink_rows).toBe(history?.source_rows);
  },
);

test('a consumer in Python that forgets deletes is caught; the sound one beside it survives a crash', async () => {
  process.env.PYTHONPATH = await pythonPackages();
  const ran = await run('python/pipeline.yaml');
  expect(ran.report.reason).toBeUndefined();
  expect(['none', 'crash-consumers'].map((fault) => ran.cell(fault, 'careful').survived)).toEqual([true, true]);
  const caught = ran.cell('none', 'forgetful');
  expect(caught).toMatchObject({ survived: false, hops: ['log-to-sink'] });
  expect(caught.change.join()).toContain('handle op d');
});

test('a mapping makes other names, computed values, soft deletes and history comparable', async () => {
  process.env.PYTHONPATH = await pythonPackages();
  const ran = await run('python/warehouse.yaml');
  expect(ran.report.reason).toBeUndefined();
  expect(ran.unchecked).toEqual([]);
  expect(ran.cell('none', 'careful')).toMatchObject({ seen: 'converged', survived: true });
  expect(ran.cell('none', 'control').survived).toBe(true);
  expect(ran.cell('none', 'forgetful')).toMatchObject({ survived: false, hops: ['log-to-sink'] });
  const rows = ran.report.modes[0]?.variants.careful?.tables.map((table) => [
    table.table,
    table.source_rows - table.sink_rows,
  ]);
  expect(rows).toEqual([
    ['public.accounts', 0],
    ['public.tickets', 0],
  ]);
  expect(ran.report.subject?.unchecked).toContainEqual(
    expect.stringContaining('public.accounts.credit is not compared'),
  );
});

test.each([
  ['broken-schema.yaml', 'sql-refused', /broken\.sql: PostgreSQL refuses this SQL: relation "nowhere" does not exist/],
  ['mapping.yaml', 'mapping-unknown', /mapping\.yaml:4: public\.a has no column nam/],
  ['mapping-table.yaml', 'mapping-unknown', /mapping-table\.yaml:3: the source has no table public\.aa/],
  ['mapping-sink.yaml', 'mapping-unknown', /mapping-sink\.yaml:5: the sink has no table public\.aa/],
  ['refused.yaml', 'connect-refused', /refused\.json.*snapshot\.mode/s],
  ['missing-plugin.yaml', 'plugin-missing', /io\.example\.NoSuchConnector/],
  ['missing-transform.yaml', 'connect-refused', /missing-transform\.json.*com\.example\.MaskEverything/s],
  ['ends.yaml', 'command-ended', /the program of mine ended with exit status 7/],
  ['writer-ends.yaml', 'writer-ended', /the writer's program ended with exit status 9/],
])('%s is refused with one clear error', async (file, code, words) => {
  await expect(run(`bad/${file}`)).rejects.toMatchObject({ code, exit: 2, message: expect.stringMatching(words) });
});
