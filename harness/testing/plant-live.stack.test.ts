import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VariantVerdict } from '#model/observation.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { random } from '#std/random.ts';
import { continuousCheck } from '#verify/observe/continuous.ts';
import { finalCheck } from '#verify/observe/final.ts';
import { keyOfRow, openWorld, type World } from './plant-fixture.ts';
import { liveWorld } from './plant-pipeline.ts';
import { startTestPostgres } from './postgres.ts';

const ROWS = 40;
const SCHEMA = `
  CREATE TABLE items (id int PRIMARY KEY, value text, n int);
  INSERT INTO items SELECT n, 'seed', 0 FROM generate_series(1, ${ROWS}) AS n;
`;
const ITEMS = 'public.items';

let postgres: { readonly server: DatabaseServer } & AsyncDisposable;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

async function check(world: World): Promise<VariantVerdict> {
  const [verdict] = await continuousCheck({ ...world.subject, sweepRows: 25 });
  if (verdict === undefined) throw new Error('no verdict');
  return verdict;
}

/** Checks until the verdict shows what is awaited; so many checks at most. */
async function checkUntil(
  world: World,
  holds: (verdict: VariantVerdict) => boolean,
  most = 12,
): Promise<VariantVerdict> {
  for (let made = 1; ; made++) {
    const verdict = await check(world);
    if (holds(verdict) || made >= most) return verdict;
    await turn();
  }
}

test('under writers, lag, replays and snapshots a sound pipeline never looks wrong, and all is judged in the end', async () => {
  for (const seed of [1, 2, 3]) {
    await using world = await openWorld(postgres.server, { schema: SCHEMA });
    await using live = liveWorld(world, random(seed), ITEMS, ROWS);
    let judgedUnderWrites = 0;
    // On a fast machine 25 checks may end before chance has let the connector replay anything.
    for (let round = 0; round < 25 || live.replayed === 0 || judgedUnderWrites === 0; round++) {
      const verdict = await check(world);
      expect(verdict.findings, `seed ${seed}, round ${round}`).toEqual([]);
      judgedUnderWrites += ROWS - verdict.inFlight;
    }
    await live.drain();
    expect(await check(world), `seed ${seed}`).toMatchObject({ verdict: 'PASS', inFlight: 0 });
  }
});

test('damage planted under live writes is found for what it is, and only it', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  await using live = liveWorld(world, random(4), ITEMS, ROWS, { untouched: [7, 8, 9] });
  await check(world);
  await world.sink.query(`UPDATE items SET value = 'damaged' WHERE id = 7`);
  await world.sink.query('DELETE FROM items WHERE id = 8');
  await world.sink.query(`INSERT INTO items VALUES (100000, 'phantom')`);
  const verdict = await checkUntil(world, ({ findings }) => findings.length >= 3);
  expect(verdict.findings.map(({ anomaly, key, hop }) => [anomaly, key, hop]).sort()).toEqual([
    ['corrupt', keyOfRow('7'), 'log-to-sink'],
    ['lost', keyOfRow('8'), 'log-to-sink'],
    ['orphan', keyOfRow('100000'), 'log-to-sink'],
  ]);
  await world.sink.query(`UPDATE items SET value = 'seed' WHERE id = 7; INSERT INTO items VALUES (8, 'seed', 0)`);
  await world.sink.query('DELETE FROM items WHERE id = 100000');
  await live.drain();
  expect(await check(world)).toMatchObject({ verdict: 'PASS', findings: [] });
});

test('a row seen gone that is there again is resurrected; one that a delete left standing is an orphan', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  await world.change(ITEMS, 'delete', ['1'], 'DELETE FROM items WHERE id = 1');
  await world.change(ITEMS, 'delete', ['2'], 'DELETE FROM items WHERE id = 2', { applied: false });
  await check(world);
  const before = await check(world);
  expect(before.findings.map(({ anomaly, key }) => [anomaly, key])).toEqual([['orphan', keyOfRow('2')]]);
  await world.sink.query(`INSERT INTO items VALUES (1, 'seed', 0)`);
  const after = await checkUntil(world, ({ findings }) => findings.length >= 2);
  expect(after.findings.map(({ anomaly, key }) => [anomaly, key]).sort()).toEqual([
    ['orphan', keyOfRow('2')],
    ['resurrected', keyOfRow('1')],
  ]);
});

test('a row that was seen missing before its creation was written has not come back when its delete is ignored', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  const insert = `INSERT INTO items VALUES (1000, 'late', 0)`;
  await check(world);
  // The consumer commits its offsets first: it is past the creation and the delete when it writes the row.
  await world.change(ITEMS, 'insert', ['1000'], insert, { applied: false });
  await world.change(ITEMS, 'delete', ['1000'], 'DELETE FROM items WHERE id = 1000', { applied: false });
  expect(await check(world)).toMatchObject({ verdict: 'PASS', inFlight: 0 });
  await world.sink.query(insert);
  expect(await check(world)).toMatchObject({ counts: { orphan: 1 }, inFlight: 0 });
  expect((await finalCheck(world.subject))[0]?.counts).toEqual({ orphan: 1 });
});

test('a row seen gone, created again, and left by its next delete has not come back', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  await world.change(ITEMS, 'delete', ['1'], 'DELETE FROM items WHERE id = 1');
  await check(world);
  await check(world);
  await world.change(ITEMS, 'insert', ['1'], `INSERT INTO items VALUES (1, 'anew', 0)`);
  await world.change(ITEMS, 'delete', ['1'], 'DELETE FROM items WHERE id = 1', { applied: false });
  expect((await finalCheck(world.subject))[0]?.counts).toEqual({ orphan: 1 });
});

test('a dropped update is stale, and no longer once the next one has arrived', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  await world.change(ITEMS, 'update', ['3'], `UPDATE items SET n = 1 WHERE id = 3`, { applied: false });
  expect((await check(world)).counts).toEqual({ stale: 1 });
  await world.change(ITEMS, 'update', ['3'], `UPDATE items SET n = 2 WHERE id = 3`, { passed: false });
  expect(await check(world)).toMatchObject({ counts: {}, inFlight: 1 });
});

test('a row that goes back to an older change is reordered; a change that was passed over is half a transaction', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  const update = (n: number) => world.change(ITEMS, 'update', ['3'], `UPDATE items SET n = ${n} WHERE id = 3`);
  const lsn = async () =>
    (await world.sink.query<{ lsn: string }>('SELECT _cdc_lsn AS lsn FROM items WHERE id = 3'))[0]?.lsn;
  await update(1);
  const older = await lsn();
  await update(2);
  expect(await check(world)).toMatchObject({ verdict: 'PASS' });
  await world.sink.query('UPDATE items SET n = 1, _cdc_lsn = $1 WHERE id = 3', [older]);
  // Written by a job, which names no change: an older version, and no word of the order.
  await world.change(ITEMS, 'update', ['4'], `UPDATE items SET n = 4 WHERE id = 4`);
  await check(world);
  await world.sink.query('UPDATE items SET n = 0, _cdc_lsn = NULL WHERE id = 4');
  const insert = (id: number) => ({
    table: ITEMS,
    kind: 'insert' as const,
    key: [String(id)],
    sql: `INSERT INTO items VALUES (${id})`,
  });
  await world.transaction([insert(100), { ...insert(101), applied: false }, insert(102)]);
  await world.transaction([insert(110), insert(111)]);
  expect(await check(world)).toMatchObject({ partialTransactions: 0 });
  // Lost later, its transaction was whole.
  await world.sink.query('DELETE FROM items WHERE id = 111');
  const { findings } = await checkUntil(world, (verdict) => verdict.findings.length >= 5);
  expect(findings.map(({ anomaly, key }) => [anomaly, key]).sort()).toEqual([
    ['lost', keyOfRow('101')],
    ['lost', keyOfRow('111')],
    ['partial-transaction', keyOfRow('101')],
    ['reordered', keyOfRow('3')],
    ['stale', keyOfRow('4')],
  ]);
  expect(findings.find(({ anomaly }) => anomaly === 'partial-transaction')?.detail).toContain('2 of its 3 rows');
  await world.transaction([insert(120), { ...insert(121), passed: false }]);
  expect(await check(world)).toMatchObject({ partialTransactions: 1 });
});

test('what the log does not have yet is in flight, not lost; after a while it is a sync in progress', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  await world.change(ITEMS, 'insert', ['900'], `INSERT INTO items VALUES (900, 'x', 0)`, { captured: false });
  expect(await check(world)).toMatchObject({ verdict: 'PASS', inFlight: 1, counts: {} });
  const [late] = await continuousCheck({ ...world.subject, behindMs: -1 });
  expect(late).toMatchObject({ verdict: 'SYNC_IN_PROGRESS', inFlight: 1 });
});

test('a row that a writer changes while its history is put together is judged next time, not said to be uncaptured', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  await world.change(ITEMS, 'update', ['3'], `UPDATE items SET n = 1 WHERE id = 3`);
  await world.sink.query(`UPDATE items SET value = 'damaged' WHERE id = 3`);
  let asked = 0;
  const source: World['source'] = Object.assign(Object.create(world.source), {
    query: async (sql: string, params?: readonly unknown[]) => {
      // The second look has read the rows; the writers go on before it has the versions.
      if (sql.includes('pg_input_is_valid') && ++asked === 2)
        world.ledger.record({ txn: '900', table: ITEMS, key: keyOfRow('3'), kind: 'update' });
      return world.source.query(sql, params);
    },
  });
  const pipeline = { ...world.subject.pipeline, source };
  const [verdict] = await continuousCheck({ ...world.subject, pipeline });
  expect(asked).toBe(2);
  expect(verdict).toMatchObject({ findings: [], inFlight: 1 });
});

test('a change by someone without a ledger is not taken for damage', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  await world.change(ITEMS, 'update', ['5'], `UPDATE items SET n = 5 WHERE id = 5`, {
    captured: false,
    recorded: false,
  });
  await world.change(ITEMS, 'delete', ['6'], `DELETE FROM items WHERE id = 6`, { captured: false, recorded: false });
  await world.change(ITEMS, 'insert', ['901'], `INSERT INTO items VALUES (901)`, { captured: false, recorded: false });
  const verdict = await checkUntil(world, ({ findings }) => findings.length > 0, 4);
  expect(verdict).toMatchObject({ findings: [], inFlight: 3 });
});

test('a new column is missing only once an event that has it was applied', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  await world.source.query(`ALTER TABLE items ADD COLUMN tier text DEFAULT 'standard'`);
  expect(await check(world)).toMatchObject({ verdict: 'PASS', findings: [] });
  await world.change(ITEMS, 'update', ['5'], `UPDATE items SET tier = 'gold' WHERE id = 5`);
  expect((await check(world)).findings.map(({ anomaly, column }) => [anomaly, column])).toEqual([
    ['missing-column', 'tier'],
  ]);
});

test('a sink that cannot be read is unknown while the check goes on', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA });
  await world.sink.close();
  expect((await check(world)).verdict).toBe('UNKNOWN');
});

test('rows that are older than the log are right without an event, and damaged ones are found once the log has gone on', async () => {
  await using world = await openWorld(postgres.server, { schema: SCHEMA, unlogged: true });
  expect(await check(world)).toMatchObject({ verdict: 'PASS', inFlight: 0 });
  await world.sink.query(`UPDATE items SET value = 'damaged' WHERE id = 7`);
  await world.sink.query('DELETE FROM items WHERE id = 8');
  // Nothing says yet that no event of them is still to come.
  expect(await checkUntil(world, ({ findings }) => findings.length > 0, 4)).toMatchObject({
    findings: [],
    inFlight: 2,
  });
  await world.change(ITEMS, 'update', ['3'], 'UPDATE items SET n = 1 WHERE id = 3');
  const verdict = await checkUntil(world, ({ findings }) => findings.length >= 2, 5);
  expect(verdict.findings.map(({ anomaly, key }) => [anomaly, key]).sort()).toEqual([
    ['corrupt', keyOfRow('7')],
    ['lost', keyOfRow('8')],
  ]);
});

test('a sweep in small steps finds damage anywhere in a round, whatever the order of the keys', async () => {
  const schema = `CREATE TABLE parts (region text, number bigint, label text, PRIMARY KEY (region, number));
    INSERT INTO parts SELECT region, n, 'part ' || n
    FROM unnest(ARRAY['eu', 'EU', 'ä', E'\\U0001F600', E'\\uFFFD']) AS region, generate_series(1, 5) AS n;`;
  await using world = await openWorld(postgres.server, { schema });
  const step = async () => (await continuousCheck({ ...world.subject, sweepRows: 4 }))[0]?.findings ?? [];
  const found: string[] = [];
  for (const [region, number] of [
    ['EU', '1'],
    ['eu', '5'],
    ['ä', '3'],
    ['\u{1F600}', '5'],
    ['\uFFFD', '1'],
  ] as const) {
    await world.sink.query(`UPDATE parts SET label = 'x' WHERE region = '${region}' AND number = ${number}`);
    // 25 rows in steps of 4, wherever the sweep stands now.
    for (let made = 0; made < 8; made++)
      for (const { key = '' } of await step()) if (!found.includes(key)) found.push(key);
    expect(found).toContain(keyOfRow(region, number));
  }
  expect(found).toHaveLength(5);
});

test('where no range can be hashed, a small table is read whole in its turn, and a large one is left to the end', async () => {
  const schema = `CREATE TABLE others (id int PRIMARY KEY); CREATE TABLE rows (id int PRIMARY KEY, label text);
    INSERT INTO rows SELECT n, 'label ' || n FROM generate_series(1, 20) AS n`;
  // Keys of other types are ordered by other rules.
  const sinkSchema = `CREATE TABLE others (id text PRIMARY KEY, _cdc_lsn bigint);
    CREATE TABLE rows (id text PRIMARY KEY, label text, _cdc_lsn bigint)`;
  await using world = await openWorld(postgres.server, { schema, sinkSchema });
  const keys = async (sweepRows: number) => {
    const found = new Set<string>();
    for (let made = 0; made < 2; made++) {
      const [verdict] = await continuousCheck({ ...world.subject, sweepRows });
      for (const { key = '' } of verdict?.findings ?? []) found.add(key);
    }
    return [...found];
  };
  // What has just arrived is looked at by its keys.
  expect(await keys(19)).toEqual([]);
  await world.sink.query(`UPDATE rows SET label = 'x' WHERE id = '7'`);
  expect(await keys(19)).toEqual([]);
  expect(await keys(20)).toEqual([keyOfRow('7')]);
});
