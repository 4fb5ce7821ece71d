import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { until } from '#std/wait.ts';
import { startTwoDatabases, type TwoDatabases } from '#testing/two-databases.ts';

let databases: TwoDatabases;

beforeAll(async () => {
  databases = await startTwoDatabases();
});

afterAll(() => databases?.[Symbol.asyncDispose]());

beforeEach(async () => {
  await databases.both(`DROP TABLE IF EXISTS busy; CREATE TABLE busy (k int PRIMARY KEY, v text, n bigint DEFAULT 0);
    INSERT INTO busy SELECT i, 'v' || i FROM generate_series(1, 20000) AS i`);
});

/** Runs `work` again and again until stopped; what it does in the end is complete. */
function during(work: () => Promise<void>): AsyncDisposable {
  let stopped = false;
  const running = (async () => {
    while (!stopped) await work();
  })();
  return {
    async [Symbol.asyncDispose]() {
      stopped = true;
      await running;
    },
  };
}

test('changes that reach the target later are in flight, not different; what stays different is found', async () => {
  await databases.target(
    "DELETE FROM busy WHERE k = 5; UPDATE busy SET v = 'x' WHERE k IN (6, 7); INSERT INTO busy VALUES (0, 'extra')",
  );
  let next = 100;
  const late: Promise<unknown>[] = [];
  const lag = async (sql: string) => {
    await delay(200);
    await databases.target(sql);
  };
  const writers = during(async () => {
    const k = 100 + ((next++ * 37) % 19_000);
    const sql = `UPDATE busy SET n = ${next} WHERE k = ${k}; DELETE FROM busy WHERE k = ${19_500 + (next % 400)}; INSERT INTO busy VALUES (${30_000 + next}, 'new')`;
    await databases.source(sql);
    late.push(lag(sql));
    // So few that no statement waits behind others: the target's lag is the delay above, on a slow machine, too.
    await late[late.length - 10];
  });
  await until(() => late.length > 10, {
    what: 'changes that have reached the target, and others on their way',
    limitMs: 60_000,
  });
  const report = await databases.compare([{ source: 'busy' }], { settleMs: 2500 });
  await writers[Symbol.asyncDispose]();
  await Promise.all(late);
  const [table] = report.tables;
  expect(table).toMatchObject({ missing_rows: 1, extra_rows: 1, changed_rows: 2, unsettled_rows: 0 });
  expect(table?.in_flight_rows).toBeGreaterThan(0);
});

test('a row that keeps changing is unsettled, apart from those that differ', async () => {
  await databases.target("UPDATE busy SET v = 'x' WHERE k = 6");
  let n = 0;
  await using _writer = during(async () => {
    await databases.source(`UPDATE busy SET n = ${++n} WHERE k = 77`);
  });
  await until(() => n > 1, { what: 'a first change', limitMs: 60_000 });
  const report = await databases.compare([{ source: 'busy' }], { settleMs: 1500 });
  expect(report.tables[0]).toMatchObject({ changed_rows: 1, unsettled_rows: 1, unsettled_keys: [{ k: '77' }] });
  expect(report.summary).toContain('1 row kept changing');
});

test('rows that only kept changing are no discrepancy', async () => {
  let n = 0;
  await using _writer = during(async () => {
    await databases.source(`UPDATE busy SET n = ${++n} WHERE k = 77`);
  });
  await until(() => n > 1, { what: 'a first change', limitMs: 60_000 });
  const report = await databases.compare([{ source: 'busy' }], { settleMs: 1000 });
  expect(report).toMatchObject({ status: 'PASS', discrepancies: [], tables: [{ unsettled_rows: 1 }] });
});

test('without time to settle the first look counts', async () => {
  await databases.source("UPDATE busy SET v = 'on its way' WHERE k = 9");
  const report = await databases.compare([{ source: 'busy' }], { settleMs: 0 });
  expect(report.tables[0]).toMatchObject({ changed_rows: 1, in_flight_rows: 0 });
});

test('counts are taken again until they agree', async () => {
  await databases.source("INSERT INTO busy VALUES (20001, 'late')");
  const report = databases.compare([{ source: 'busy' }], { settleMs: 60_000, validateChecksums: false });
  const counted = `SELECT FROM pg_stat_activity WHERE application_name = 'driftlab reconcile' AND datname = 'target'
    AND query LIKE '%count(*)%' AND state = 'idle'`;
  await until(async () => (await databases.target(counted)).length > 0, { what: 'a first count', limitMs: 60_000 });
  await databases.target("INSERT INTO busy VALUES (20001, 'late')");
  expect(await report).toMatchObject({ status: 'PASS', source_total_rows: 20_001, target_total_rows: 20_001 });
});

test('counts that stay apart are a discrepancy', async () => {
  await databases.target('DELETE FROM busy WHERE k <= 30');
  const report = await databases.compare([{ source: 'busy' }], { settleMs: 600, validateChecksums: false });
  expect(report.discrepancies).toMatchObject([
    {
      issue_type: 'ROW_COUNT_MISMATCH',
      severity: 'MEDIUM',
      details: { source_count: 20_000, target_count: 19_970, missing_rows: 30, extra_rows: 0 },
    },
  ]);
});
