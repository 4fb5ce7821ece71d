import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Anomaly, Hop } from '#model/finding.ts';
import type { Invariant } from '#model/invariant.ts';
import type { Fact, VariantVerdict } from '#model/observation.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { decodeLine, encodeLine } from '#std/json-lines.ts';
import { finalCheck } from '#verify/observe/final.ts';
import { openPlacedJudge } from '#verify/placed.ts';
import { keyOfRow, openWorld, type World, type WorldOptions } from './plant-fixture.ts';
import { startTestPostgres } from './postgres.ts';

const SCHEMA = `
  CREATE TABLE people (id int PRIMARY KEY, name text, balance numeric(12,2), seen timestamptz, note jsonb);
  CREATE TABLE parts (region text, number bigint, label text, PRIMARY KEY (region, number));
  INSERT INTO people SELECT n, 'name ' || n, n * 1.5, '2024-01-01T00:00:00.123456Z'::timestamptz + n * interval '1 day',
    jsonb_build_object('n', n) FROM generate_series(1, 50) AS n;
  INSERT INTO parts SELECT region, n, 'part ' || n FROM unnest(ARRAY['eu', 'us', 'ä', E'\\U0001F600', E'\\uFFFD']) AS region, generate_series(1, 5) AS n;
`;
const PEOPLE = 'public.people';
const PARTS = 'public.parts';

let postgres: { readonly server: DatabaseServer } & AsyncDisposable;
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

const world = (options: Partial<WorldOptions> = {}): Promise<World> =>
  openWorld(postgres.server, { schema: SCHEMA, ...options });

/** The verdict, which must be the same when what was seen is written down, read back and judged again. */
async function check(of: World, stalled?: string, invariants: readonly Invariant[] = []): Promise<VariantVerdict> {
  const lines: string[] = [];
  const [verdict] = await finalCheck({
    ...of.subject,
    invariants,
    record: (_, fact) => void lines.push(encodeLine(fact)),
    ...(stalled === undefined
      ? {}
      : { stalled: new Map([['sink', { hop: 'log-to-sink', reason: stalled } as const]]) }),
  });
  if (verdict === undefined) throw new Error('no verdict');
  const again = openPlacedJudge(verdict.variant);
  for (const line of lines) again.take(decodeLine<Fact>(line));
  expect(again.verdict()).toEqual(verdict);
  return verdict;
}

/** What was found, in short: class, table, key, hop, columns that differ. */
function found(verdict: VariantVerdict) {
  return verdict.findings.map(({ anomaly, table, key, hop, column, differs }) => [
    anomaly,
    table,
    ...(key === undefined ? [] : [key]),
    hop,
    ...(differs?.map((one) => one.column) ?? (column === undefined ? [] : [column])),
  ]);
}

const one = (anomaly: Anomaly, table: string, key: string, hop: Hop, ...columns: string[]) => [
  [anomaly, table, key, hop, ...columns],
];

test('equal databases pass, with every row compared', async () => {
  await using healthy = await world();
  const verdict = await check(healthy);
  expect(found(verdict)).toEqual([]);
  expect(verdict).toMatchObject({ verdict: 'PASS', inFlight: 0, counts: {} });
  expect(verdict.tables.map(({ table, sourceRows, sinkRows }) => [table, sourceRows, sinkRows])).toEqual([
    [PARTS, 25, 25],
    [PEOPLE, 50, 50],
  ]);
});

test('a healthy history of inserts, updates and deletes passes', async () => {
  await using healthy = await world();
  await healthy.change(PEOPLE, 'insert', ['60'], `INSERT INTO people VALUES (60, 'new', 1, now(), '{}')`);
  await healthy.change(PEOPLE, 'update', ['60'], `UPDATE people SET name = 'newer' WHERE id = 60`);
  await healthy.change(PEOPLE, 'delete', ['7'], 'DELETE FROM people WHERE id = 7');
  await healthy.change(PARTS, 'update', ['eu', '3'], `UPDATE parts SET label = 'x' WHERE region = 'eu' AND number = 3`);
  expect(await check(healthy)).toMatchObject({ verdict: 'PASS', findings: [] });
});

describe('planted at the sink, found for what it is, and nothing besides', () => {
  test('a row that vanished is lost behind the log', async () => {
    await using damaged = await world();
    await damaged.sink.query(`DELETE FROM parts WHERE region = 'ä' AND number = 2`);
    const verdict = await check(damaged);
    expect(found(verdict)).toEqual(one('lost', PARTS, keyOfRow('ä', '2'), 'log-to-sink'));
    expect(verdict).toMatchObject({ verdict: 'FAIL', counts: { lost: 1 } });
    expect(verdict.findings[0]?.event).toMatchObject({ op: 'read', topic: PARTS });
  });

  test('a row that the connector never captured is lost before the log', async () => {
    await using damaged = await world();
    const sql = `INSERT INTO people VALUES (61, 'n', 1, now(), '{}')`;
    await damaged.change(PEOPLE, 'insert', ['61'], sql, { captured: false });
    expect(found(await check(damaged))).toEqual(one('lost', PEOPLE, keyOfRow('61'), 'source-to-log'));
  });

  test('a row whose event retention took before the consumer came is lost in the log', async () => {
    await using damaged = await world();
    const sql = `INSERT INTO people VALUES (62, 'n', 1, now(), '{}')`;
    await damaged.change(PEOPLE, 'insert', ['62'], sql, { passed: false });
    damaged.log.expire(PEOPLE, damaged.log.end(PEOPLE));
    damaged.memory.variant('sink').passages.note(await damaged.variant.applied(), await damaged.log.startOffsets());
    damaged.variant.appliedTo.set(`${PEOPLE}/0`, damaged.log.end(PEOPLE));
    expect(found(await check(damaged))).toEqual(one('lost', PEOPLE, keyOfRow('62'), 'log'));
  });

  test('what left the log unread is lost in the log, also for a consumer that has nothing else to read', async () => {
    await using damaged = await world();
    const sql = `INSERT INTO people VALUES (62, 'n', 1, now(), '{}')`;
    await damaged.change(PEOPLE, 'insert', ['62'], sql, { passed: false });
    damaged.log.expire(PEOPLE, damaged.log.end(PEOPLE));
    const verdict = await check(damaged);
    expect(found(verdict)).toEqual(one('lost', PEOPLE, keyOfRow('62'), 'log'));
    expect(verdict.inFlight).toBe(0);
  });

  test('a row nobody wrote is an orphan', async () => {
    await using damaged = await world();
    await damaged.sink.query(`INSERT INTO parts VALUES (E'\\uE000', 9, 'phantom')`);
    expect(found(await check(damaged))).toEqual(one('orphan', PARTS, keyOfRow('\uE000', '9'), 'log-to-sink'));
  });

  test('a deleted row that came back is resurrected where the sink noted that it went, else it may have stayed', async () => {
    for (const effects of [true, false]) {
      await using damaged = await world({ effects });
      await damaged.change(PEOPLE, 'delete', ['9'], 'DELETE FROM people WHERE id = 9');
      await damaged.sink.query(`INSERT INTO people VALUES (9, 'name 9', 13.5, now(), '{"n": 9}')`);
      const anomaly = effects ? 'resurrected' : 'orphan';
      expect(found(await check(damaged))).toEqual(one(anomaly, PEOPLE, keyOfRow('9'), 'log-to-sink'));
    }
  });

  test('a deleted row whose delete was never captured is an orphan', async () => {
    await using damaged = await world();
    await damaged.change(PEOPLE, 'delete', ['9'], 'DELETE FROM people WHERE id = 9', { captured: false });
    expect(found(await check(damaged))).toEqual(one('orphan', PEOPLE, keyOfRow('9'), 'source-to-log'));
  });

  test('a second, identical copy is a duplicate, and one among many only a warning', async () => {
    await using damaged = await world({ keyless: true });
    await damaged.sink.query('INSERT INTO people SELECT * FROM people WHERE id = 4');
    const verdict = await check(damaged);
    expect(found(verdict)).toEqual(one('duplicate', PEOPLE, keyOfRow('4'), 'log-to-sink'));
    expect(verdict).toMatchObject({ verdict: 'WARN', counts: { duplicate: 1 } });
  });

  test('every row twice is a failure', async () => {
    await using damaged = await world({ keyless: true });
    await damaged.sink.query('INSERT INTO people SELECT * FROM people');
    const verdict = await check(damaged);
    expect(verdict).toMatchObject({ verdict: 'FAIL', counts: { duplicate: 50 } });
    expect(verdict.findings).toHaveLength(20);
  });

  test('a second copy with other values is a failure', async () => {
    await using damaged = await world({ keyless: true });
    await damaged.sink.query(`INSERT INTO people (id, name) VALUES (4, 'other')`);
    expect(await check(damaged)).toMatchObject({ verdict: 'FAIL', counts: { duplicate: 1 } });
  });

  test('an update that was dropped leaves a stale row', async () => {
    await using damaged = await world();
    const sql = `UPDATE people SET name = 'newest', balance = 0 WHERE id = 5`;
    await damaged.change(PEOPLE, 'update', ['5'], sql, { applied: false });
    expect(found(await check(damaged))).toEqual(one('stale', PEOPLE, keyOfRow('5'), 'log-to-sink', 'name', 'balance'));
  });

  test('an older version written over a newer one is stale, though its LSN says otherwise', async () => {
    await using damaged = await world();
    await damaged.change(PEOPLE, 'update', ['5'], `UPDATE people SET name = 'second' WHERE id = 5`);
    await damaged.change(PEOPLE, 'update', ['5'], `UPDATE people SET name = 'third' WHERE id = 5`);
    await damaged.sink.query(`UPDATE people SET name = 'second', _cdc_lsn = 999999999 WHERE id = 5`);
    expect(found(await check(damaged))).toEqual(one('stale', PEOPLE, keyOfRow('5'), 'log-to-sink', 'name'));
  });

  test('an update whose event retention took leaves a stale row, by the log', async () => {
    await using damaged = await world();
    await damaged.change(PEOPLE, 'update', ['5'], `UPDATE people SET name = 'newest' WHERE id = 5`, { passed: false });
    damaged.log.expire(PEOPLE, damaged.log.end(PEOPLE));
    damaged.memory.variant('sink').passages.note(await damaged.variant.applied(), await damaged.log.startOffsets());
    damaged.variant.appliedTo.set(`${PEOPLE}/0`, damaged.log.end(PEOPLE));
    expect(found(await check(damaged))).toEqual(one('stale', PEOPLE, keyOfRow('5'), 'log', 'name'));
  });

  test('an older row over a newer one is reordered where the sink noted the order of its writes', async () => {
    await using damaged = await world({ effects: true });
    await damaged.change(PEOPLE, 'update', ['5'], `UPDATE people SET name = 'second' WHERE id = 5`);
    const [second] = await damaged.sink.query<{ lsn: string }>('SELECT _cdc_lsn AS lsn FROM people WHERE id = 5');
    await damaged.change(PEOPLE, 'update', ['5'], `UPDATE people SET name = 'third' WHERE id = 5`);
    await damaged.sink.query(`UPDATE people SET name = 'second', _cdc_lsn = $1 WHERE id = 5`, [second?.lsn]);
    // Dropped, not reordered: nothing newer was there before.
    await damaged.change(PEOPLE, 'update', ['6'], `UPDATE people SET name = 'second' WHERE id = 6`);
    await damaged.change(PEOPLE, 'update', ['6'], `UPDATE people SET name = 'third' WHERE id = 6`, { applied: false });
    const verdict = await check(damaged);
    expect(found(verdict)).toEqual([
      ...one('reordered', PEOPLE, keyOfRow('5'), 'log-to-sink', 'name'),
      ...one('stale', PEOPLE, keyOfRow('6'), 'log-to-sink', 'name'),
    ]);
  });

  test('a transaction of which one row was passed over is at the sink in part', async () => {
    await using damaged = await world();
    await damaged.transaction([
      { table: PEOPLE, kind: 'insert', key: ['70'], sql: `INSERT INTO people VALUES (70, 'n', 1, now(), '{}')` },
      {
        table: PARTS,
        kind: 'insert',
        key: ['eu', '70'],
        sql: `INSERT INTO parts VALUES ('eu', 70, 'x')`,
        applied: false,
      },
    ]);
    const verdict = await check(damaged);
    const [partial, lost] = verdict.findings;
    expect(found(verdict).sort()).toEqual([
      ...one('lost', PARTS, keyOfRow('eu', '70'), 'log-to-sink'),
      ...one('partial-transaction', PARTS, keyOfRow('eu', '70'), 'log-to-sink'),
    ]);
    expect([partial?.detail, lost?.detail].join(' ')).toContain(
      '1 of its 2 rows were applied; not applied: public.parts',
    );
  });

  test('a value that no version ever had is corrupt, with both values shown', async () => {
    await using damaged = await world();
    await damaged.sink.query(`UPDATE people SET seen = seen + interval '1 microsecond' WHERE id = 11`);
    const verdict = await check(damaged);
    expect(found(verdict)).toEqual(one('corrupt', PEOPLE, keyOfRow('11'), 'log-to-sink', 'seen'));
    expect(verdict.findings[0]).toMatchObject({
      column: 'seen',
      differs: [{ source: '2024-01-12 00:00:00.123456+00', sink: '2024-01-12 00:00:00.123457+00' }],
    });
  });

  test('two columns swapped are one corrupt row with both columns', async () => {
    await using damaged = await world();
    await damaged.sink.query(`UPDATE parts SET label = NULL WHERE region = 'us' AND number = 1`);
    await damaged.sink.query(`UPDATE people SET name = balance::text, balance = 7.00 WHERE id = 3`);
    const keys = found(await check(damaged));
    expect(keys).toEqual([
      ...one('corrupt', PARTS, keyOfRow('us', '1'), 'log-to-sink', 'label'),
      ...one('corrupt', PEOPLE, keyOfRow('3'), 'log-to-sink', 'name', 'balance'),
    ]);
  });

  test('a value that the event itself has wrong was damaged at the capture', async () => {
    await using damaged = await world();
    await damaged.change(PEOPLE, 'update', ['2'], `UPDATE people SET name = 'as captured' WHERE id = 2`);
    // The source changes under the same transaction as far as log and ledger can tell: the event is what is wrong.
    await damaged.source.query(`UPDATE people SET name = 'truth' WHERE id = 2`);
    expect(found(await check(damaged))).toEqual(one('corrupt', PEOPLE, keyOfRow('2'), 'source-to-log', 'name'));
  });

  test('a column that the sink lacks is one finding, and the others are compared all the same', async () => {
    await using damaged = await world();
    await damaged.source.query(`ALTER TABLE people ADD COLUMN tier text DEFAULT 'standard'`);
    await damaged.sink.query(`UPDATE people SET name = 'x' WHERE id = 1`);
    expect(found(await check(damaged))).toEqual([
      ['missing-column', PEOPLE, 'log-to-sink', 'tier'],
      ...one('corrupt', PEOPLE, keyOfRow('1'), 'log-to-sink', 'name'),
    ]);
  });

  test('an added column that untouched rows lack the default of is corrupt in each of them', async () => {
    await using damaged = await world();
    await damaged.source.query(`ALTER TABLE people ADD COLUMN tier text DEFAULT 'standard'`);
    await damaged.sink.query(`ALTER TABLE people ADD COLUMN tier text`);
    const verdict = await check(damaged);
    expect(verdict.counts).toEqual({ corrupt: 50 });
    expect(verdict.findings[0]).toMatchObject({ column: 'tier', differs: [{ source: 'standard', sink: null }] });
  });

  test('a column that only the sink has is extra', async () => {
    await using damaged = await world();
    await damaged.sink.query('ALTER TABLE parts ADD COLUMN colour text');
    expect(found(await check(damaged))).toEqual([['extra-column', PARTS, 'log-to-sink', 'colour']]);
  });

  test('without the table all its rows are lost', async () => {
    await using damaged = await world();
    await damaged.sink.query('DROP TABLE parts');
    expect(await check(damaged)).toMatchObject({ verdict: 'FAIL', counts: { lost: 25 } });
  });

  test('several classes at once are each found', async () => {
    await using damaged = await world();
    await damaged.change(PEOPLE, 'update', ['30'], `UPDATE people SET name = 'z' WHERE id = 30`, { applied: false });
    await damaged.sink.query(`DELETE FROM people WHERE id = 31`);
    await damaged.sink.query(`UPDATE people SET balance = 1.50 + 1e-2 WHERE id = 1`);
    await damaged.sink.query(`INSERT INTO people (id) VALUES (1000)`);
    expect((await check(damaged)).counts).toEqual({ stale: 1, lost: 1, corrupt: 1, orphan: 1 });
  });
});

test('what a stalled variant has not reached is in flight; what it has passed is judged', async () => {
  await using stalled = await world();
  await stalled.sink.query('DELETE FROM people WHERE id = 8');
  await stalled.change(PEOPLE, 'update', ['5'], `UPDATE people SET name = 'late' WHERE id = 5`, { passed: false });
  const verdict = await check(stalled, 'unknown column "tier"');
  expect(verdict).toMatchObject({
    verdict: 'FAIL',
    inFlight: 1,
    counts: { lost: 1, stalled: 1 },
    reason: 'unknown column "tier"',
  });
  expect(verdict.lag.records).toBe(1);
});

test('what has not arrived, with nothing wrong, is a sync in progress', async () => {
  await using late = await world();
  await late.change(PEOPLE, 'delete', ['5'], `DELETE FROM people WHERE id = 5`, { passed: false });
  expect(await check(late)).toMatchObject({ verdict: 'SYNC_IN_PROGRESS', inFlight: 1, counts: {} });
});

test('a sink that cannot be read is unknown, never a pass', async () => {
  await using gone = await world();
  await gone.sink.close();
  const verdict = await check(gone);
  expect(verdict.verdict).toBe('UNKNOWN');
  expect(verdict.reason).toContain('could not be read');
});

test('a table without a key is compared as a multiset of whole rows', async () => {
  const schema = `CREATE TABLE notes (text text, n int); INSERT INTO notes VALUES ('a', 1), ('a', 1), ('b', NULL)`;
  await using healthy = await world({ schema });
  expect(await check(healthy)).toMatchObject({ verdict: 'PASS' });
  await healthy.sink.query(`DELETE FROM notes WHERE text = 'b'; INSERT INTO notes VALUES ('a', 1), ('c', 2)`);
  expect(await check(healthy)).toMatchObject({ verdict: 'FAIL', counts: { lost: 1, duplicate: 1, orphan: 1 } });
});

describe('what a scenario states of the data as a whole', () => {
  const sum: Invariant = {
    id: 'sum',
    text: 'the balances sum up to 1912.50',
    sql: 'SELECT sum(balance) AS total FROM people',
    violations: ([row]) => (row?.total === '1912.50' ? [] : [`they sum up to ${row?.total}`]),
  };
  const positive: Invariant = {
    id: 'positive',
    text: 'no balance lies below zero',
    sql: 'SELECT id, balance FROM people WHERE balance < 0;',
  };

  test('holds at a healthy sink, is checked in SQL and in a function, and a violated one is told in its words', async () => {
    await using world1 = await world();
    expect(await check(world1, undefined, [sum, positive])).toMatchObject({ verdict: 'PASS', findings: [] });
    await world1.sink.query('UPDATE people SET balance = -1 WHERE id = 2');
    const verdict = await check(world1, undefined, [sum, positive]);
    expect(verdict).toMatchObject({ verdict: 'FAIL', counts: { invariant: 2, corrupt: 1 } });
    expect(verdict.findings.slice(0, 2).map(({ detail }) => detail)).toEqual([
      'violated once: the balances sum up to 1912.50; first: they sum up to 1908.50.',
      'violated once: no balance lies below zero; first: id 2, balance -1.00.',
    ]);
  });

  test('is no word on a sink in which rows are still to come', async () => {
    await using late = await world();
    await late.change(PEOPLE, 'delete', ['2'], 'DELETE FROM people WHERE id = 2', { passed: false });
    const holds: Invariant = { ...sum, violations: ([row]) => (row?.total === '1909.50' ? [] : ['no']) };
    expect(await check(late, undefined, [holds])).toMatchObject({ verdict: 'SYNC_IN_PROGRESS', counts: {} });
  });

  test('that the source violates, or that cannot be asked for, proves nothing', async () => {
    await using wrong = await world();
    const never: Invariant = { id: 'never', text: 'there are no people', sql: 'SELECT id FROM people' };
    expect(await check(wrong, undefined, [never])).toMatchObject({
      verdict: 'UNKNOWN',
      reason: 'the invariant never could not be checked: the source itself violates it: id 1',
    });
    const atSource: Invariant = { ...sum, sql: 'SELECT sum(balance) AS total FROM people WHERE extra IS NULL' };
    await wrong.source.query('ALTER TABLE people ADD extra text');
    const verdict = await check(wrong, undefined, [atSource, positive]);
    expect(verdict).toMatchObject({ verdict: 'FAIL', counts: { 'missing-column': 1 } });
    expect(verdict.reason).toContain('the invariant sum could not be checked: column "extra" does not exist');
  });
});
