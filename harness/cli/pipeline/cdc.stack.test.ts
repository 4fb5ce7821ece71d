// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kafkaClient } from '#clients/kafka.ts';
import { openDesk } from '#manager/desk.ts';
import { openStore } from '#manager/state/store.ts';
import type { SetUpDiagnosis } from '#model/set-up.ts';
import { type Random, random } from '#std/random.ts';
import { until } from '#std/wait.ts';
import { type CdcBench, startCdcBench } from '#testing/cdc-bench.ts';
import { CONNECT_PLANTS, connectsOf, type IllBench } from '#testing/connect-plants.ts';
import { hereWith } from '#testing/here.ts';
import { type Moment, runPipeline, said } from '#testing/pipelines.ts';

let bench: CdcBench;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-cdc-'));
  bench = await startCdcBench(folder);
}, 180_000);
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const ROWS = 1_000_000;

test('a full load of a million rows under writes, then CDC from exactly its LSN: nothing is lost or doubled', async () => {
  const { source } = bench;
  await source.query(`CREATE TABLE moving (id int PRIMARY KEY, n int, note text, doc jsonb);
    INSERT INTO moving SELECT i, 0, 'x' FROM generate_series(1, ${ROWS}) AS i;
    INSERT INTO moving SELECT -1, 0, string_agg(md5(i::text), ''), to_jsonb(string_agg(md5(i::text), '')) FROM generate_series(1, 4000) AS i`);
  expect(await bench.create('mover', 'moving')).toMatchObject({ status: 0, err: '' });
  let writing = true;
  const writer = (async () => {
    for (let n = 1; writing; n++)
      await source.query(`INSERT INTO moving VALUES (${ROWS + n}, 1, 'new', NULL); DELETE FROM moving WHERE id = ${n};
        UPDATE moving SET n = n + 1 WHERE id BETWEEN ${(n * 7919) % ROWS} AND ${((n * 7919) % ROWS) + 2};
        UPDATE moving SET n = n + 1 WHERE id = -1 AND ${n % 50} = 0; SELECT pg_sleep(0.02)`);
  })();
  // Killed twice: with a slot and a load that is under way, and with one of the two connectors.
  expect(await bench.killAt('mover', said('Step 1: full load of'))).toBe(true);
  const first = (await bench.row('mover')).full_load_lsn;
  expect(await bench.killAt('mover', said('_source: RUNNING'))).toBe(true);
  expect(await bench.row('mover')).toMatchObject({ full_load_status: 'COMPLETED', cdc_status: 'STARTING' });
  const started = await bench.pipeline('start', 'mover');
  writing = false;
  await writer;
  expect(started).toMatchObject({ status: 0, err: '' });
  const { full_load_lsn: lsn, ...after } = await bench.row('mover');
  expect(lsn).not.toBe(first);
  expect(after).toMatchObject({
    ...{ status: 'RUNNING', full_load_status: 'COMPLETED', cdc_status: 'RUNNING', last_error: null },
    full_load_rows: String(ROWS + 1),
  });
  const { debezium_connector_name: reader, sink_connector_name: writes } = after;
  expect(started.out).toContain(`Step 2: changes are carried from LSN ${lsn} on: ${reader}, ${writes}`);
  expect(await bench.converged('moving')).toEqual([`moving MATCH ${ROWS + 1}`]);
}, 240_000);

test('stopped, its target stands; started again, it goes on where it was', async () => {
  expect(await bench.pipeline('stop', 'mover')).toMatchObject({
    status: 0,
    out: expect.stringContaining('STOPPED; the slot'),
  });
  expect(await bench.row('mover')).toMatchObject({ status: 'STOPPED', cdc_status: 'STOPPED' });
  await bench.source.query('UPDATE moving SET note = $$while stopped$$ WHERE id BETWEEN 20000 AND 20010');
  expect(await bench.pipeline('start', 'mover')).toMatchObject({ status: 0, err: '' });
  expect(await bench.row('mover')).toMatchObject({ status: 'RUNNING', cdc_status: 'RUNNING' });
  expect(await bench.converged('moving')).toEqual([`moving MATCH ${ROWS + 1}`]);
  expect(await bench.target.query('SELECT count(*) AS n FROM moving WHERE note = $$while stopped$$')).toEqual([
    { n: '11' },
  ]);
}, 120_000);

test('a connector that fails later: its status is kept in its own words, and start has it run again', async () => {
  await bench.target.query('ALTER TABLE moving ADD CONSTRAINT none_above CHECK (id < 2000000)');
  await bench.source.query('INSERT INTO moving VALUES (2000000)');
  const failed = async () => (await bench.pipeline('status', 'mover')).status === 1;
  await until(failed, { what: 'the sink connector to fail', limitMs: 90_000 });
  expect(await bench.row('mover')).toMatchObject({
    ...{ status: 'ERROR', cdc_status: 'ERROR', full_load_status: 'COMPLETED' },
    last_error: expect.stringMatching(/^driftlab_mover_\w+_sink: .*none_above/),
  });
  await bench.target.query('ALTER TABLE moving DROP CONSTRAINT none_above');
  expect(await bench.pipeline('start', 'mover')).toMatchObject({ status: 0, err: '' });
  expect(await bench.pipeline('status', 'mover')).toMatchObject({ status: 0 });
  expect(await bench.row('mover')).toMatchObject({ status: 'RUNNING', cdc_status: 'RUNNING', last_error: null });
  expect(await bench.converged('moving')).toEqual([`moving MATCH ${ROWS + 2}`]);
}, 180_000);

test('cdc_only makes the tables and carries what comes; deleting removes what bears the mark, and nothing else', async () => {
  await bench.source.query('CREATE TABLE later (id int PRIMARY KEY, n int); INSERT INTO later VALUES (1, 1)');
  await bench.create('late', 'later', '--mode', 'cdc_only');
  expect(await bench.pipeline('start', 'late')).toMatchObject({ status: 0, err: '' });
  expect(await bench.row('late')).toMatchObject({ full_load_status: 'NOT_STARTED', cdc_status: 'RUNNING' });
  await bench.source.query('INSERT INTO later VALUES (2, 2)');
  const ids = async () => (await bench.target.query<{ id: string }>('SELECT id FROM later')).map(({ id }) => id);
  await until(async () => (await ids()).length > 0, { what: 'the new row', limitMs: 60_000 });
  expect(await ids()).toEqual(['2']);
  const admin = kafkaClient(bench.stack.brokers).admin();
  await admin.connect();
  const marks = async () => ({
    slots: (await bench.source.query<{ slot_name: string }>('SELECT slot_name FROM pg_replication_slots')).map(
      ({ slot_name }) => slot_name,
    ),
    topics: (await admin.listTopics()).filter((topic) => topic.startsWith('driftlab_')),
    publications: (await bench.source.query<{ pubname: string }>('SELECT pubname FROM pg_publication')).map(
      ({ pubname }) => pubname,
    ),
    groups: (await admin.listGroups()).groups
      .map(({ groupId }) => groupId)
      .filter((id) => id.startsWith('connect-driftlab_')),
  });
  const ofLate = (all: Record<string, readonly string[]>) =>
    Object.values(all).map((names) => names.filter((name) => name.includes('late')).length);
  const before = await marks();
  expect(ofLate(before)).toEqual([1, 1, 1, 1]);
  expect(await bench.pipeline('delete', 'late')).toMatchObject({ status: 0, err: '' });
  const left = await marks();
  expect(ofLate(left)).toEqual([0, 0, 0, 0]);
  expect(left.slots).toEqual(before.slots.filter((name) => !name.includes('late')));
  expect(await ids()).toEqual(['2']);
  await admin.disconnect();
  expect(await bench.row('mover')).toMatchObject({ status: 'RUNNING' });
}, 120_000);

test('names that need quotes are carried, and keys of several columns that change; what would be left out is refused', async () => {
  const { source, target, pipeline } = bench;
  await source.query(`CREATE SCHEMA "Große Läden"; CREATE TABLE "Große Läden"."Kasse 1, links" (id int PRIMARY KEY, "Wert" text);
    CREATE TABLE "user" ("order" int, "group" text, "a?b" text, "x$1" text, PRIMARY KEY ("order", "group"));
    INSERT INTO "user" VALUES (1, 'a', '', ''), (2, 'b', '', ''); CREATE TABLE "a.b" (id int PRIMARY KEY, "say""so" int)`);
  const named = async (name: string, ...tables: readonly string[]) => {
    const given = { name, source: '${env:SOURCE}', target: '${env:TARGET}', tables, brokers: bench.stack.brokers };
    writeFileSync(
      join(folder, 'named.yaml'),
      JSON.stringify({ ...given, connect: ['${env:C1}'], sink_connect: ['${env:C2}'] }),
    );
    expect(await pipeline('create', '--file', join(folder, 'named.yaml'))).toMatchObject({ status: 0, err: '' });
    return pipeline('start', name);
  };
  expect(await named('named', 'Große Läden.Kasse 1, links', 'user')).toMatchObject({ status: 0, err: '' });
  await source.query(`INSERT INTO "Große Läden"."Kasse 1, links" VALUES (1, 'x'); UPDATE "user" SET "group" = 'c' WHERE "order" = 1;
    UPDATE "user" SET "x$1" = 'y' WHERE "order" = 2; ALTER TABLE "user" ADD "Neu" int; INSERT INTO "user" VALUES (3, 'c', '', '', 4)`);
  const there = async () =>
    (await target.query('SELECT 1 FROM "user" WHERE "order" = 3')).length === 1 &&
    (await target.query('SELECT 1 FROM "Große Läden"."Kasse 1, links" WHERE "Wert" = $$x$$')).length === 1;
  await until(there, { what: 'the last changes', limitMs: 60_000 });
  const rows = 'SELECT array_agg(u::text ORDER BY u) AS rows FROM "user" AS u';
  expect(await target.query(rows)).toEqual(await source.query(rows));
  expect(await pipeline('delete', 'named')).toMatchObject({ status: 0, err: '' });
  expect(await named('quoted', 'public.a.b')).toMatchObject({
    status: 1,
    err: expect.stringContaining('the column "say\\"so"'),
  });
  await pipeline('delete', 'quoted');
}, 120_000);

test('what keeps a connector from running is stored in its own words', async () => {
  await bench.source.query('CREATE TABLE keyless (n int); CREATE TABLE fine (id int PRIMARY KEY)');
  const start = async (name: string, ...more: readonly string[]) => {
    await bench.create(name, ...(more as [string]));
    const { status } = await bench.pipeline('start', name);
    return `${status} ${(await bench.row(name)).cdc_status} ${(await bench.row(name)).last_error}`;
  };
  expect(await start('unkeyed', 'keyless')).toMatch(/^1 NOT_STARTED Step 0: public\.keyless has no primary key/);
  expect(await start('nowhere', 'fine', '--connect', 'http://127.0.0.1:1')).toMatch(
    /^1 ERROR Step 2: Kafka Connect does not answer; .*ECONNREFUSED/,
  );
  expect(await bench.pipeline('delete', 'nowhere')).toMatchObject({
    status: 1,
    err: expect.stringContaining('Kafka Connect does not answer'),
  });
  const forgotten = await bench.pipeline('delete', 'nowhere', '--forget');
  expect(forgotten).toMatchObject({
    status: 0,
    out: expect.stringContaining('whose names begin with driftlab_nowhere_'),
  });
  await bench.source.query('CREATE TABLE lost (id int PRIMARY KEY)');
  await bench.create('slotless', 'lost');
  await bench.pipeline('start', 'slotless');
  await bench.pipeline('stop', 'slotless');
  const slot = "SELECT slot_name FROM pg_replication_slots WHERE slot_name LIKE 'driftlab_slotless%' AND NOT active";
  await until(async () => (await bench.source.query(slot)).length === 1, {
    what: 'the slot to be free',
    limitMs: 30_000,
  });
  const [{ slot_name: mark = '' } = {}] = await bench.source.query<{ slot_name: string }>(slot);
  const again = async () =>
    `${(await bench.pipeline('start', 'slotless')).status} ${(await bench.row('slotless')).last_error}`;
  await bench.source.query(`ALTER PUBLICATION ${mark} RENAME TO other`);
  expect(await again()).toMatch(/^1 Step 2: the publication driftlab_slotless_\w+ is gone/);
  await bench.source.query(`ALTER PUBLICATION other RENAME TO ${mark}; SELECT pg_drop_replication_slot('${mark}')`);
  expect(await again()).toMatch(/^1 Step 2: the replication slot driftlab_slotless_\w+ is gone/);
}, 180_000);

test('a source connector that is said to run and reads nothing is not up', async () => {
  await bench.source.query(`CREATE ROLE reader LOGIN REPLICATION PASSWORD 'word'; GRANT CREATE ON DATABASE own TO reader;
    CREATE TABLE readable (id int PRIMARY KEY); ALTER TABLE readable OWNER TO reader`);
  const url = Object.assign(new URL(bench.source.url), { username: 'reader', password: 'word' }).href;
  const env = { ...bench.env, READER: url };
  const as = ['--source', '${env:READER}', '--target', '${env:TARGET}', '--tables', 'readable'];
  const servers = ['--connect', '${env:C1}', '--sink-connect', '${env:C2}', '--brokers', bench.stack.brokers.join(',')];
  await bench.pipeline('create', 'served', ...as, ...servers);
  expect(await runPipeline(folder, env, 'start', 'served')).toMatchObject({ status: 0, err: '' });
  expect(await runPipeline(folder, env, 'stop', 'served')).toMatchObject({ status: 0 });
  await bench.source.query('ALTER ROLE reader NOREPLICATION');
  const unread = await runPipeline(folder, env, 'start', 'served');
  expect(unread).toMatchObject({
    status: 1,
    err: expect.stringMatching(/waited in vain for \w+_source to read the source's log/),
  });
  expect(await bench.row('served')).toMatchObject({ status: 'ERROR', cdc_status: 'ERROR' });
  await bench.source.query('ALTER ROLE reader REPLICATION');
  expect(await runPipeline(folder, env, 'start', 'served')).toMatchObject({ status: 0, err: '' });
  expect(await runPipeline(folder, env, 'delete', 'served')).toMatchObject({ status: 0, err: '' });
}, 120_000);

test('by the built-in applier: what the target refuses ends it in its own words, and it goes on with that record', async () => {
  const { source, target, state, pipeline, row } = bench;
  await source.query(
    'CREATE TABLE applied (id int PRIMARY KEY, n int); INSERT INTO applied SELECT generate_series(1, 100)',
  );
  const servers = ['--connect', '${env:C1}', '--brokers', bench.stack.brokers.join(',')];
  const ends = ['--source', '${env:SOURCE}', '--target', '${env:TARGET}', '--tables', 'applied'];
  await pipeline('create', 'applied', ...ends, ...servers, '--sink', 'applier');
  const up = said('are written by the built-in applier');
  expect(await bench.killAt('applied', up)).toBe(true);
  expect(await row('applied')).toMatchObject({ status: 'RUNNING', cdc_status: 'RUNNING', sink_connector_name: null });
  // Nobody carries its changes any more.
  expect(await pipeline('diagnose', 'applied')).toMatchObject({
    ...{ status: 1, out: expect.stringContaining('(manager-missing)') },
  });
  expect(await pipeline('status', 'applied')).toMatchObject({ status: 0, out: expect.stringContaining('STOPPED') });
  expect(await row('applied')).toMatchObject({ status: 'STOPPED', cdc_status: 'STOPPED' });
  await target.query('ALTER TABLE applied ADD CONSTRAINT small CHECK (id < 1000)');
  await source.query(
    'UPDATE applied SET n = 1; INSERT INTO applied VALUES (1000); UPDATE applied SET n = 2 WHERE id = 1',
  );
  const words = /^error: Step 2: the applier stopped at \S+\.public\.applied\/0 at offset 100: .*"small"/;
  expect(await pipeline('start', 'applied')).toMatchObject({ status: 1, err: expect.stringMatching(words) });
  expect(await row('applied')).toMatchObject({
    ...{ status: 'ERROR', cdc_status: 'ERROR', full_load_status: 'COMPLETED' },
    last_error: expect.stringMatching(/^Step 2: the applier stopped .*"small"/),
  });
  const sum = async () => target.query('SELECT count(*) AS rows, sum(n) AS n FROM applied');
  expect(await sum()).toEqual([{ rows: '100', n: '100' }]);
  await target.query('ALTER TABLE applied DROP CONSTRAINT small');
  await using store = await openStore(state.url);
  await using desk = openDesk(store, hereWith(bench.env));
  const { up: isUp } = await desk.start('applied', {});
  expect((await isUp).row).toMatchObject({ status: 'RUNNING', cdc_status: 'RUNNING', last_error: null });
  expect(await bench.converged('applied')).toEqual(['applied MATCH 101']);
  expect(await pipeline('status', 'applied')).toMatchObject({ status: 0, out: expect.stringContaining('at work') });
  expect(await pipeline('diagnose', 'applied')).toMatchObject({ status: 0, err: '' });
  expect((await desk.stop('applied')).row).toMatchObject({
    status: 'STOPPED',
    cdc_status: 'STOPPED',
    last_error: null,
  });
  expect(await target.query('SELECT position FROM _cdc.positions')).toEqual([{ position: '102' }]);
  expect(await pipeline('delete', 'applied')).toMatchObject({ status: 0, err: '' });
  expect(await target.query('SELECT position FROM _cdc.positions')).toEqual([]);
}, 120_000);

describe('what is wrong with a pipeline that ran', () => {
  let ill: IllBench;

  beforeAll(async () => {
    await bench.source.query('CREATE TABLE ill (id int PRIMARY KEY, note text); INSERT INTO ill VALUES (1)');
    await bench.create('ill', 'ill');
    expect(await bench.pipeline('start', 'ill')).toMatchObject({ status: 0, err: '' });
    const mark = (await bench.row('ill')).sink_connector_name?.replace(/_sink$/, '') ?? '';
    ill = { ...bench, mark, connect: connectsOf(bench) };
  }, 120_000);

  const diagnosed = async () => JSON.parse((await bench.pipeline('diagnose', 'ill', '--json')).out) as SetUpDiagnosis;

  test('is nothing while it runs', async () => {
    expect(await bench.pipeline('diagnose', 'ill')).toMatchObject({
      status: 0,
      out: expect.stringMatching(/^ill \(RUNNING\): nothing wrong was found[\s\S]*_sink: RUNNING, RUNNING\n/),
    });
  });

  test.for(CONNECT_PLANTS)('$code is named first, and its fix has it run again', async (planted) => {
    const { code, behind, plant, says, mend } = planted;
    await plant(ill);
    const found = async () => {
      const { causes } = await diagnosed();
      return causes[0]?.code === code && (behind === undefined || causes[1]?.code === behind) ? causes[0] : undefined;
    };
    const { says: said, fix, notes } = await until(found, { what: `${code} to be first`, limitMs: 90_000 });
    expect(said).toContain(says);
    await mend?.(ill);
    const then = notes.filter((note) => note.startsWith('then ')).map((note) => note.slice('then '.length));
    for (const line of fix.by === 'command' ? fix.run : then)
      expect(await bench.pipeline(...line.split(' ').slice(2))).toMatchObject({ status: 0, err: '' });
    const none = async () => (await diagnosed()).causes.length === 0;
    await until(none, { what: 'nothing to be wrong', limitMs: 90_000 });
  });

  test('leaves it equal once all is fixed', async () => {
    await bench.source.query('INSERT INTO ill VALUES (3)');
    expect(await bench.converged('ill')).toEqual(['ill MATCH 4']);
    expect(await bench.pipeline('delete', 'ill')).toMatchObject({ status: 0, err: '' });
  });
});

const OFTEN = 40_000;
const KILLS = 20;
const SEED = 17;

interface SoFar {
  /** The load is complete, and its lines are said no more. */
  readonly loaded: boolean;
  /** Starts that were up before their moment came, since the last kill: the quicker they are, the sooner the next one is killed. */
  readonly missed: number;
}

/** A moment for the n-th kill: in each step after one of its lines, or once so many rows are written. */
function momentOf(kill: number, dice: Random, { loaded, missed }: SoFar): Moment {
  const after = (line: string, limitMs: number): Moment => {
    const [pauseMs, heard] = [dice.below(Math.ceil(limitMs / 2 ** missed)), { atMs: 0 }];
    return (lines) => {
      if (heard.atMs === 0 && said(line)(lines)) heard.atMs = performance.now();
      return heard.atMs > 0 && performance.now() - heard.atMs >= pauseMs;
    };
  };
  const written = (share: number): Moment => {
    const sql = 'SELECT (SELECT count(*) FROM often) + (SELECT count(*) FROM seldom) AS n';
    return async (lines) =>
      said('Step 1: full load of')(lines) &&
      Number((await bench.target.query<{ n: string }>(sql))[0]?.n) >= share * 2 * OFTEN;
  };
  if (kill === 0) return said('Step 0: tables at');
  if (kill < 5) return after(dice.pick(['Step 0: tables at', 'Step 0: public.often', 'Step 0: 2 tables']), 60);
  if (kill === 5) return said('Step 1: full load of');
  if (kill < 12 && !loaded) return dice.chance(0.5) ? written(dice.next()) : after('Step 1: full load of', 600);
  return after(dice.pick(['Step 1: ', 'Step 2: topics', '_source: RUNNING']), 800);
}

/** Kills one start after another, tells the load's statuses that were seen, and returns what the last start has said. */
async function killedOften(seen: Set<string | null | undefined>) {
  const { row } = bench;
  const dice = random(SEED);
  // One that was up before its moment came is no kill.
  for (let kills = 0, missed = 0; kills < KILLS; ) {
    const before = await row('victim');
    // What runs already is up in no time.
    if (before.cdc_status === 'RUNNING') await bench.pipeline('stop', 'victim');
    const loaded = before.full_load_status === 'COMPLETED';
    const killed = await bench.killAt('victim', momentOf(kills, dice, { loaded, missed }));
    kills += Number(killed);
    missed = killed ? 0 : missed + 1;
    expect(missed).toBeLessThan(15);
    const left = await row('victim');
    seen.add(left.full_load_status);
    expect(left.last_error).toBe(null);
    expect(left.full_load_completed_at === null).toBe(left.full_load_status !== 'COMPLETED');
    if (left.cdc_status !== 'NOT_STARTED') expect(left).toMatchObject({ full_load_status: 'COMPLETED' });
    // Killed between its last note and its end, it is up.
    if (left.status !== 'STARTING') expect(left).toMatchObject({ status: 'RUNNING', cdc_status: 'RUNNING' });
  }
  return bench.pipeline('start', 'victim');
}

test('a manager killed at 20 random moments, under writes, and started once more: equal, with statuses that say so', async () => {
  const { source, row } = bench;
  for (const name of ['often', 'seldom'])
    await source.query(`CREATE TABLE ${name} (id int PRIMARY KEY, n int);
      INSERT INTO ${name} SELECT i, 0 FROM generate_series(1, ${OFTEN}) AS i`);
  await bench.create('victim', 'often,seldom');
  let writing = true;
  const writer = (async () => {
    for (let n = 1; writing; n++)
      await source.query(`INSERT INTO often VALUES (${OFTEN + n}, 1); DELETE FROM often WHERE id = ${n};
        UPDATE seldom SET n = n + 1 WHERE id BETWEEN ${n % OFTEN} AND ${(n % OFTEN) + 2}; SELECT pg_sleep(0.02)`);
  })();
  const seen = new Set<string | null | undefined>();
  let started: Awaited<ReturnType<typeof killedOften>>;
  try {
    started = await killedOften(seen);
  } finally {
    writing = false;
    await writer;
  }
  expect([...seen]).toEqual(['NOT_STARTED', 'IN_PROGRESS', 'COMPLETED']);
  expect(started).toMatchObject({ status: 0, err: '' });
  expect(await row('victim')).toMatchObject({
    ...{ status: 'RUNNING', full_load_status: 'COMPLETED', cdc_status: 'RUNNING', last_error: null },
    full_load_rows: String(2 * OFTEN),
  });
  expect(await bench.converged('often', 'seldom')).toEqual([`often MATCH ${OFTEN}`, `seldom MATCH ${OFTEN}`]);
  expect(await bench.pipeline('delete', 'victim')).toMatchObject({ status: 0, err: '' });
}, 300_000);
