// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { SetUpDiagnosis } from '#model/set-up.ts';
import { until } from '#std/wait.ts';
import { answeringPipeline, type PipelineBench, runPipeline, startPipelineBench } from '#testing/pipelines.ts';
import { PLANTS, runFix, type ShopBench } from '#testing/set-up-plants.ts';

let bench: PipelineBench;
let folder: string;
let env: NodeJS.ProcessEnv;
let shop: ShopBench;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-diagnose-'));
  bench = await startPipelineBench(folder);
});
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  env = { ...bench.env };
  shop = openShop();
  await bench.source.query(`CREATE ROLE app LOGIN REPLICATION PASSWORD 'sesame'; GRANT CREATE ON DATABASE source TO app;
    CREATE TABLE items (id int PRIMARY KEY, note text); ALTER TABLE items OWNER TO app;
    INSERT INTO items SELECT i, 'x' FROM generate_series(1, 100) AS i`);
  await bench.target.query('GRANT CREATE ON SCHEMA public TO app');
});
afterEach(async () => {
  await shop.after.disposeAsync();
  await bench.source.query('SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots');
  await bench.state.query('DROP TABLE IF EXISTS pipelines_version, pipelines, pipeline_definitions, pipeline_loads');
  for (const database of [bench.target, bench.source])
    await database.query(`DROP TABLE IF EXISTS items; DO $$ DECLARE name text; BEGIN
      FOR name IN SELECT pubname FROM pg_publication LOOP EXECUTE format('DROP PUBLICATION %I', name); END LOOP; END $$;
      DROP OWNED BY app`);
  await bench.source.query('DROP ROLE app');
});

const run = (...args: readonly string[]) => runPipeline(folder, env, ...args);
const create = (...more: readonly string[]) =>
  run(
    ...['create', 'shop', '--source', '${env:SOURCE}', '--target', '${env:TARGET}', '--tables', 'items'],
    ...['--connect', 'http://127.0.0.1:1', '--brokers', '127.0.0.1:1', ...more],
  );

async function diagnose(): Promise<SetUpDiagnosis & { readonly status: string }> {
  const { status, out, err } = await run('diagnose', 'shop', '--json');
  expect([status, err]).toEqual([(JSON.parse(out) as SetUpDiagnosis).causes.length === 0 ? 0 : 1, '']);
  expect(out).not.toContain('sesame');
  return JSON.parse(out) as SetUpDiagnosis;
}
const codes = async () => (await diagnose()).causes.map(({ code }) => code);

function openShop(): ShopBench {
  const opened: ShopBench = {
    ...{ source: bench.source, target: bench.target, restart: bench.restart, pipeline: run, create },
    after: new AsyncDisposableStack(),
    load: async () => expect((await run('start', 'shop')).out).toContain('Step 1: full load completed'),
    mark: async () =>
      (await bench.state.query<{ mark: string }>('SELECT mark FROM pipeline_definitions'))[0]?.mark ?? '',
    set(side, change = ({ href }) => href) {
      const right = Object.assign(new URL(bench[side].url), { username: 'app', password: 'sesame' });
      env[side.toUpperCase()] = change(right);
    },
  };
  for (const side of ['source', 'target'] as const) opened.set(side);
  return opened;
}

test.for(PLANTS)('$code is named first, and its fix takes it away', async (planted) => {
  const { code, loaded, plant, says, on, known, mend } = planted;
  await create();
  if (loaded === true) await shop.load();
  await plant(shop);
  const seen = async () => {
    const { causes } = await diagnose();
    return causes[0]?.code === code ? causes[0] : undefined;
  };
  // What a server reads from its files again it does a moment later.
  const cause = await until(seen, { what: `${code} to be first`, limitMs: 10_000 });
  expect(cause).toMatchObject({ code, says: expect.stringContaining(says), certainty: 'shown' });
  expect(cause.evidence.join()).not.toBe('');
  if (on !== undefined) await runFix(cause, shop[on], known);
  await mend?.(shop, cause);
  await until(async () => !(await codes()).includes(code), { what: `${code} to go`, limitMs: 10_000 });
});

test('a pipeline of which nothing is wrong has no cause; servers that do not answer are causes by themselves', async () => {
  await create('--mode', 'full_load_only');
  expect(await run('diagnose', 'shop')).toMatchObject({
    status: 0,
    out: expect.stringMatching(
      /^shop \(CREATED\): nothing wrong was found\n\nlooked at:\n {2}the state: status CREATED/,
    ),
  });
  await run('delete', 'shop');
  await create();
  expect(await codes()).toEqual(['brokers-unreachable', 'source-connect-unreachable']);
  await shop.load();
  expect((await run('diagnose', 'shop')).out).toMatch(
    /\nlast error, 20[^\n]*:\n {2}Step 2: Kafka Connect does not answer/,
  );
});

test('--fix gives a right as somebody who may, and starts what then comes up; what is refused, and a no, change nothing', async () => {
  await create('--mode', 'full_load_only');
  await bench.target.query('REVOKE CREATE ON SCHEMA public FROM app');
  const fix = (answers: readonly string[], ...more: readonly string[]) =>
    answeringPipeline(folder, { ...env, ADMIN: bench.target.url }, answers, 'diagnose', 'shop', '--fix', ...more);
  const missing = /shop \(CREATED\): 1 cause\n\n1\. app may not make public\.items/;
  expect(await fix(['no'])).toMatchObject({ status: 1, err: '', out: expect.stringMatching(missing) });
  const refused = await fix(['y']);
  expect(refused).toMatchObject({ status: 1, out: expect.stringMatching(missing) });
  expect(refused.err).toMatch(/the target does not run GRANT CREATE[^\n]*\n[\s\S]*--target-admin URL/);
  const done = await fix(['yes'], '--target-admin', '${env:ADMIN}');
  expect(done).toMatchObject({ status: 0, err: '', out: expect.stringContaining('Step 1: full load completed') });
  expect(done.out).toMatch(/\ndone\nshop \(COMPLETED\): nothing wrong was found\n/);
  expect(await bench.target.query('SELECT count(*)::int AS n FROM items')).toEqual([{ n: '100' }]);
});

test('where no cause fits, the last error stands in its place', async () => {
  await create('--mode', 'full_load_only');
  await bench.target.query(
    'CREATE TABLE items (id int PRIMARY KEY, note text); INSERT INTO items VALUES (1); ALTER TABLE items OWNER TO app',
  );
  expect((await run('start', 'shop')).status).toBe(1);
  const { causes } = await diagnose();
  expect(causes).toMatchObject([{ code: 'unexplained', certainty: 'unknown' }]);
  expect(causes[0]?.evidence[0]).toContain('Step 1: ');
});
