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

describe('fifteen tables of all kinds, with the generic writer', () => {
  let ran: TestedPipeline;
  beforeAll(async () => {
    ran = await run('rich/pipeline.yaml');
  });

  test('every table was written and is compared: none is wrong', () => {
    const { dedup } = ran.report.modes[0]?.variants ?? {};
    expect(dedup?.tables.filter(({ verdict }) => verdict !== 'PASS')).toEqual([]);
    expect(dedup?.tables).toHaveLength(15);
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

test('default subjects: a sink with the types of the source shows what a connector cannot write; the control is sound', async () => {
  const ran = await run('kinds/defaults.yaml');
  const jdbc = ran.report.modes[0]?.variants['debezium-jdbc'];
  expect(jdbc).toMatchObject({ verdict: 'FAIL', anomalies: { stalled: 1 } });
  // Whichever topic it reads first.
  expect(jdbc?.reason).toMatch(/is of type finish but expression is of type character varying|cannot have null schema/);
  expect(['sink-type-enum', 'sink-needs-key']).toContain(jdbc?.causes[0]?.code);
  const control = ran.report.modes[0]?.variants.control;
  expect(control).toMatchObject({ verdict: 'PASS', anomalies: {} });
  expect(control?.tables.map(({ table }) => table)).toEqual(['public.parts', 'public.readings']);
  expect(ran.cell('restart-connector', 'control').replayed).toBeGreaterThan(0);
  expect(ran.report.subject?.unchecked).toEqual([
    ...(ran.report.subject?.unchecked.filter((one) => !one.startsWith('public.visits is not judged')) ?? []),
    'public.visits is not judged for the control: it has no key, so what comes again after a restart cannot be told from a new row',
  ]);
});

test("numbers of another scale are equal and noted, parameters of a sink's URL stay, and sink.schema makes every sink", async () => {
  const ran = await run('kinds/scales.yaml');
  expect(ran.result).toEqual({ verdict: 'PASS', exit: 0 });
  const types = ran.report.subject?.types.map((one) => one.replace(/:.* \(/, ' ('));
  expect(types).toEqual([
    'public.parts.weight is grams at the source, numeric in the sink (warehouse, exacting)',
    'public.parts.price is numeric(10,2) at the source, numeric(14,4) in the sink (warehouse, exacting)',
    'public.parts.rate is numeric at the source, numeric(20,6) in the sink (warehouse, exacting)',
    'public.parts.ratio is real at the source, double precision in the sink (warehouse, exacting)',
    'public.readings.value is numeric at the source, double precision in the sink (warehouse, exacting)',
  ]);
  const url = ran.report.subject?.replaced.find(({ property }) => property === 'connection.url');
  expect(url?.here).toMatch(
    /^jdbc:postgresql:\/\/127.0.0.1:\d+\/none_warehouse\?stringtype=unspecified&ApplicationName=loader$/,
  );
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
  expect(caught.change.join()).toContain('on op d, delete the row');
});

test('a consumer that reads the topics of compared tables alone converges, and in time', async () => {
  process.env.PYTHONPATH = await pythonPackages();
  const ran = await run('python/partly.yaml');
  expect(ran.result).toEqual({ verdict: 'PASS', exit: 0 });
  expect(ran.report.modes[0]?.variants.some).toMatchObject({ met: true, converged_ms: expect.any(Number) });
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

describe('a sink that keeps every version of a row', () => {
  let ran: TestedPipeline;
  beforeAll(async () => {
    process.env.PYTHONPATH = await pythonPackages();
    ran = await run('python/history.yaml');
  });

  test('one that has each version once is right, also after a replay', () => {
    expect(ran.report.reason).toBeUndefined();
    for (const fault of ['none', 'restart-connector']) expect(ran.cell(fault, 'careful').survived).toBe(true);
    const [table] = ran.report.modes[0]?.variants.careful?.tables ?? [];
    // More versions than rows were ever written with the schema: updates are among them.
    expect(table?.source_rows).toBeGreaterThan(50);
    expect(table?.sink_rows).toBe(table?.source_rows);
  });

  test('an update that it took for none is a lost version, of which the log has the event', () => {
    const { skipping } = ran.report.modes[0]?.variants ?? {};
    expect(Object.keys(skipping?.anomalies ?? {})).toEqual(['lost']);
    expect(ran.cell('none', 'skipping').hops).toEqual(['log-to-sink']);
    for (const { event } of skipping?.examples ?? []) expect(event?.op).toBe('update');
  });

  test('a version that was appended again by a replay is there twice', () => {
    expect(ran.cell('none', 'naive').survived).toBe(true);
    expect(Object.keys(ran.report.modes[1]?.variants.naive?.anomalies ?? {})).toEqual(['duplicate']);
  });

  test("what the lab adds to the source is hidden from the user's connector, and told", () => {
    expect(ran.report.subject?.replaced).toContainEqual(
      expect.objectContaining({ property: 'schema.exclude.list', theirs: null, here: 'driftlab' }),
    );
    expect(ran.report.subject?.unchecked.join()).toContain('public.accounts is compared version by version');
  });
});

describe('what a file demands', () => {
  let ran: TestedPipeline;
  beforeAll(async () => {
    process.env.PYTHONPATH = await pythonPackages();
    ran = await run('python/limits.yaml');
  });

  test('converges within: kept by who is quick enough, and no verdict saves who is not', () => {
    const cells = ran.report.modes[0]?.variants;
    expect(cells?.sturdy).toMatchObject({ verdict: 'PASS', met: true, expected: 'converges within 1 min 0 s' });
    expect(cells?.late).toMatchObject({ verdict: 'PASS', met: false, expected: 'converges within 1 ms' });
    expect(ran.result.exit).toBe(1);
  });

  test('a program that is not to be started again stays down after a crash', () => {
    expect(ran.cell('crash-consumers', 'sturdy').survived).toBe(true);
    const fragile = ran.report.modes[1]?.variants.fragile;
    expect(Object.keys(fragile?.anomalies ?? {})).toContain('stalled');
    expect(fragile?.met).toBe(true);
    expect(fragile?.reason).toContain('its program ended with SIGKILL');
  });
});

describe('tables of which none can be truncated, and one that takes no row', () => {
  test('truncate is left out and told, and the verdict is that of all else', async () => {
    const ran = await run('circle/pipeline.yaml');
    expect(ran.report.reason).toBeUndefined();
    expect(ran.report.modes.map(({ id }) => id)).toEqual(['none', 'restart-connector', 'pause-consumers']);
    expect(ran.result).toEqual({ verdict: 'PASS', exit: 0 });
    const told = ran.report.subject?.unchecked ?? [];
    expect(told).toContainEqual(
      expect.stringMatching(
        /^truncate is not run: no table can be truncated: .*public\.teams: a foreign key of public\.people/,
      ),
    );
  });

  test('the table is given up and told, be it in the last mode of the run', async () => {
    const ran = await run('circle/once.yaml');
    expect(ran.result).toEqual({ verdict: 'PASS', exit: 0 });
    const sealed = ran.report.subject?.unchecked.filter((one) => one.startsWith('public.sealed is not written'));
    expect(sealed).toEqual([expect.stringContaining('the last with: the archive is sealed')]);
  });

  test.each([
    ['expecting.yaml', 'expect-not-run', /expecting\.yaml:6: expect\.truncate: .* no table can be truncated/],
    ['named.yaml', 'fault-impossible', /named\.yaml:6: truncate .* public\.people: a foreign key of public\.teams/],
    ['misnamed.yaml', 'unknown-table', /misnamed\.yaml:6: the source has no table pepole/],
  ])('%s asks for it all the same, and is refused', async (file, code, message) => {
    const error = { code, exit: 2, message: expect.stringMatching(message) };
    await expect(run(`circle/${file}`)).rejects.toMatchObject(error);
  });

  test('so is who asks for it on the command line', async () => {
    const file = join(import.meta.dirname, 'fixtures/circle/pipeline.yaml');
    const asked = runPipelineFile(file, { stack, folder, only: ['truncate'] });
    await expect(asked).rejects.toMatchObject({ code: 'mode-impossible', exit: 2 });
  });
});

test.each([
  [
    'broken-schema.yaml',
    'sql-refused',
    /broken\.sql:2: PostgreSQL refuses this SQL: relation "nowhere" does not exist/,
  ],
  ['mapping.yaml', 'mapping-unknown', /mapping\.yaml:4: public\.a has no column nam/],
  ['mapping-table.yaml', 'mapping-unknown', /mapping-table\.yaml:3: the source has no table public\.aa/],
  ['mapping-sink.yaml', 'mapping-unknown', /mapping-sink\.yaml:5: the sink has no table public\.aa/],
  ['mapping-made.yaml', 'mapping-unknown', /mapping-made\.yaml:5: the sink has no table dwh\.dim_a/],
  ['mapping-transform.yaml', 'mapping-sql', /mapping-transform\.yaml:4: PostgreSQL refuses .* function uper\(text\)/],
  [
    'mapping-deleted.yaml',
    'mapping-sql',
    /mapping-deleted\.yaml:5: PostgreSQL refuses .* column "gone" does not exist/,
  ],
  ['refused.yaml', 'connect-refused', /refused\.json.*snapshot\.mode/s],
  ['missing-plugin.yaml', 'plugin-missing', /io\.example\.NoSuchConnector/],
  ['missing-transform.yaml', 'connect-refused', /missing-transform\.json.*com\.example\.MaskEverything/s],
  ['ends.yaml', 'command-ended', /the program of mine ended with exit status 7/],
  ['ends-again.yaml', 'command-ended', /the program of mine ended with exit status 2 .* 3 times/],
  ['nothing-to-write.yaml', 'nothing-to-write', /the built-in writer finds no table that it could write/],
  ['plugins.yaml', 'file-missing', /plugins\.yaml:4: there is no folder nowhere/],
  ['writer-ends.yaml', 'writer-ended', /the writer's program ended with exit status 9/],
])('%s is refused with one clear error', async (file, code, words) => {
  await expect(run(`bad/${file}`)).rejects.toMatchObject({ code, exit: 2, message: expect.stringMatching(words) });
});
