import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '#engines/postgres/client.ts';
import { startTwoDatabases, type TwoDatabases } from '#testing/two-databases.ts';

let databases: TwoDatabases;

beforeAll(async () => {
  databases = await startTwoDatabases();
});

afterAll(() => databases?.[Symbol.asyncDispose]());

describe('what cannot be compared is an error with its reason, never a silent success', () => {
  test('a table that is not there, with the one that may have been meant', async () => {
    await databases.both('CREATE TABLE orders (id int PRIMARY KEY)');
    const report = await databases.compare([{ source: 'ordrs' }, { source: 'orders' }]);
    expect(report).toMatchObject({ status: 'FAIL', tables_matched: 1, tables_mismatched: 1 });
    expect(report.tables[0]?.error).toBe('there is no table ordrs: did you mean public.orders?');
  });

  test('a table that may not be read', async () => {
    await databases.both('CREATE TABLE secret (id int PRIMARY KEY); INSERT INTO secret VALUES (1)');
    await databases.target("CREATE ROLE reader LOGIN PASSWORD 'r'");
    const url = new URL(databases.targetUrl);
    url.username = 'reader';
    url.password = 'r';
    const report = await databases.compare([{ source: 'secret' }], { targetUrl: url.href });
    expect(report).toMatchObject({
      status: 'FAIL',
      tables: [{ status: 'ERROR', error: expect.stringContaining('permission denied') }],
    });
  });

  test('a table of which a policy hides rows', async () => {
    await databases.both('CREATE TABLE policed (id int PRIMARY KEY); INSERT INTO policed VALUES (1), (2)');
    await databases.target(`CREATE ROLE guest LOGIN PASSWORD 'g'; GRANT SELECT ON policed TO guest;
      ALTER TABLE policed ENABLE ROW LEVEL SECURITY; CREATE POLICY one ON policed USING (id = 1)`);
    const url = new URL(databases.targetUrl);
    url.username = 'guest';
    url.password = 'g';
    const report = await databases.compare([{ source: 'policed' }], { targetUrl: url.href });
    expect(report.tables[0]).toMatchObject({ status: 'ERROR', error: expect.stringContaining('row-level security') });
  });

  test('a value that cannot be cast', async () => {
    await databases.both("CREATE TABLE casts (id int PRIMARY KEY, v text); INSERT INTO casts VALUES (1, 'abc')");
    const report = await databases.compare([{ source: 'casts', mapTypes: { v: 'numeric' } }]);
    expect(report.tables[0]).toMatchObject({ status: 'ERROR', error: expect.stringContaining('invalid input syntax') });
  });

  test('a database that goes away in the middle', async () => {
    await databases.both(
      `CREATE TABLE held (id int PRIMARY KEY, v text); INSERT INTO held SELECT i, 'v' FROM generate_series(1, 300) AS i`,
    );
    // The comparison waits inside a statement that reads row 150: a connection that ends between two of them is replaced.
    await databases.target('SELECT pg_advisory_lock(1)');
    const where = 'id <> 150 OR pg_advisory_xact_lock_shared(1) IS NOT NULL';
    const comparing = databases.compare([{ source: 'held', where }]);
    const gone = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'driftlab reconcile'
      AND datname = 'target' AND wait_event_type = 'Lock' AND wait_event = 'advisory'`;
    let ended: unknown[] = [];
    while (ended.length === 0) ended = await databases.target(gone);
    const report = await comparing;
    expect(report).toMatchObject({
      status: 'FAIL',
      tables: [{ status: 'ERROR', error: expect.stringMatching(/terminat/) }],
    });
  });

  test('a server that is not there, without its password', async () => {
    const report = await databases.compare([{ source: 'orders' }], {
      sourceUrl: 'postgres://app:geheim@127.0.0.1:1/shop',
    });
    expect(report.tables[0]?.error).toContain('cannot connect to PostgreSQL at app@127.0.0.1:1/shop');
    expect(JSON.stringify(report)).not.toContain('geheim');
  });

  test.each([
    ['columns', { columns: ['idd'] }],
    ['the key', { key: ['idd'] }],
    ['excluded columns', { excludeColumns: ['idd'] }],
    ['types', { mapTypes: { idd: 'text' } }],
    ['mapped columns', { mapColumns: { idd: 'id' } }],
    ["the target's columns", { mapColumns: { id: 'idd' } }],
  ])('an unknown column among %s is wrong usage', async (_, request) => {
    await expect(databases.compare([{ source: 'orders', ...request }])).rejects.toMatchObject({
      ...{ code: 'unknown-column', exit: 2, message: expect.stringContaining('has no column idd') },
    });
  });
});

describe('which columns are compared', () => {
  test('bookkeeping columns are left out, unless they are asked for', async () => {
    await databases.source("CREATE TABLE cdc (id int PRIMARY KEY, v text); INSERT INTO cdc VALUES (1, 'a')");
    await databases.target(
      "CREATE TABLE cdc (id int PRIMARY KEY, v text, _cdc_op text); INSERT INTO cdc VALUES (1, 'a', 'c')",
    );
    expect((await databases.compare([{ source: 'cdc' }])).status).toBe('PASS');
    const all = await databases.compare([{ source: 'cdc' }], { ignoredPrefixes: [] });
    expect(all.discrepancies).toMatchObject([
      { issue_type: 'SCHEMA_MISMATCH', details: { extra_columns: ['_cdc_op'] } },
    ]);
  });

  test('columns and types that differ are named, and the rest is compared', async () => {
    await databases.source(
      "CREATE TABLE shape (id int PRIMARY KEY, a text, b boolean, c text); INSERT INTO shape VALUES (1, 'x', true, 'c')",
    );
    await databases.target(
      "CREATE TABLE shape (id int PRIMARY KEY, a text, b int, d text); INSERT INTO shape VALUES (1, 'y', 1, 'd')",
    );
    const report = await databases.compare([{ source: 'shape' }]);
    expect(report.discrepancies).toMatchObject([
      {
        issue_type: 'SCHEMA_MISMATCH',
        severity: 'CRITICAL',
        details: {
          missing_columns: ['c'],
          extra_columns: ['d'],
          type_differences: [{ column: 'b', source: 'boolean', target: 'integer' }],
        },
      },
      { issue_type: 'CHECKSUM_MISMATCH', details: { changed_rows: 1 } },
    ]);
    const mapped = await databases.compare([
      { source: 'shape', columns: ['b', 'c'], mapTypes: { b: 'int' }, mapColumns: { c: 'd' } },
    ]);
    expect(mapped.discrepancies).toMatchObject([
      { details: { changed: [{ key: { id: '1' }, columns: [{ column: 'c', source: 'c', target: 'd' }] }] } },
    ]);
  });

  test('types of one kind hold equal values', async () => {
    await databases.source(
      "CREATE TABLE kinds (id int PRIMARY KEY, a int, b varchar(9), c json); INSERT INTO kinds VALUES (1, 7, 'x', '{\"a\": 1}')",
    );
    await databases.target(
      "CREATE TABLE kinds (id bigint PRIMARY KEY, a smallint, b text, c jsonb); INSERT INTO kinds VALUES (1, 7, 'x', '{\"a\":1}')",
    );
    for (const hashing of ['row-hash', 'canonical-text'] as const)
      expect((await databases.compare([{ source: 'kinds' }], { hashing })).status).toBe('PASS');
  });

  test('only rows for which the condition holds, and chosen or excluded columns', async () => {
    await databases.both(
      "CREATE TABLE picked (id int PRIMARY KEY, a text, b text); INSERT INTO picked SELECT i, 'a', 'b' FROM generate_series(1, 100) AS i",
    );
    await databases.target("UPDATE picked SET a = 'x' WHERE id = 3; UPDATE picked SET b = 'x' WHERE id = 80");
    const changed = async (request: object) =>
      (await databases.compare([{ source: 'picked', ...request }])).tables[0]?.changed_rows;
    expect(await changed({})).toBe(2);
    expect(await changed({ where: 'id > 50 -- upper half' })).toBe(1);
    expect(await changed({ columns: ['a'] })).toBe(1);
    expect(await changed({ excludeColumns: ['a', 'b'] })).toBe(0);
  });
});

test('the statements for repair make the target equal when a person runs them', async () => {
  await databases.both(`CREATE TABLE "Odd ""name" (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, "t'x" text, n numeric, b bytea, at timestamptz, double int GENERATED ALWAYS AS (id * 2) STORED);
    CREATE TABLE rows_only (a int, b text)`);
  const table = '"Odd ""name"';
  await databases.both(
    `INSERT INTO ${table} ("t'x", n, b, at) SELECT 'v' || i, i / 7.0, '\\x00ff', 'infinity' FROM generate_series(1, 20) AS i`,
  );
  await databases.target(`DELETE FROM ${table} WHERE id IN (1, 7); UPDATE ${table} SET "t'x" = E'it''s \\\\ "odd"', n = NULL, b = '', at = now() WHERE id = 9;
    INSERT INTO ${table} ("t'x") VALUES ('extra')`);
  await databases.source(
    `UPDATE ${table} SET "t'x" = E'back\\\\slash ''quote''\\nline', n = 'NaN', at = NULL WHERE id IN (3, 7)`,
  );
  await databases.source("INSERT INTO rows_only VALUES (1, 'x'), (1, 'x'), (2, NULL)");
  await databases.target("INSERT INTO rows_only VALUES (1, 'x'), (3, NULL), (3, NULL)");
  const repairFile = join(tmpdir(), `driftlab-repair-${process.pid}.sql`);
  try {
    const tables = [{ source: table }, { source: 'rows_only' }];
    expect((await databases.compare(tables, { repairFile })).tables_mismatched).toBe(2);
    expect((await databases.compare(tables)).tables_mismatched).toBe(2);
    await databases.target(await readFile(repairFile, 'utf8'));
    expect((await databases.compare(tables)).status).toBe('PASS');
  } finally {
    await rm(repairFile, { force: true });
  }
});

test('of rows without a primary key the statements for repair take the right one: to the bit, and of one partition', async () => {
  await databases.both(`CREATE TABLE bits (n numeric, j json, p point, s smallint, d interval);
    CREATE TABLE parts (a int, b text) PARTITION BY LIST (b);
    CREATE TABLE parts_x PARTITION OF parts FOR VALUES IN ('x');
    CREATE TABLE parts_y PARTITION OF parts FOR VALUES IN ('y');
    CREATE TABLE named (a int, b text);
    CREATE VIEW seen AS SELECT a FROM parts`);
  await databases.source(`INSERT INTO bits VALUES (1.0, '{"a": 1}', '(1,2)', -32768, '1 day');
    INSERT INTO parts VALUES (1, 'y');
    INSERT INTO named VALUES (1, 'x'), (1, 'y'), (NULL, 'z')`);
  // The wrong row comes first; and the first rows of both partitions lie at the same place.
  await databases.target(`INSERT INTO bits VALUES (1.00, '{"a":1}', '(1,2)', -32768, '24 hours'),
      (1.0, '{"a": 1}', '(1,2)', -32768, '1 day'), (1.0, '{"a": 1}', '(1,2)', -32768, '24 hours');
    INSERT INTO parts VALUES (1, 'y'), (1, 'x');
    INSERT INTO named VALUES (1, 'x'), (1, 'other'), (NULL, 'w')`);
  const repairFile = join(tmpdir(), `driftlab-repair-bits-${process.pid}.sql`);
  try {
    const tables = [{ source: 'bits' }, { source: 'parts' }, { source: 'seen' }, { source: 'named', key: ['a'] }];
    expect((await databases.compare(tables, { repairFile })).tables_mismatched).toBe(4);
    const statements = await readFile(repairFile, 'utf8');
    expect(statements).toContain('-- public.seen is a view, compared without a key: mend the tables beneath it.');
    await databases.target(statements);
    expect((await databases.compare(tables)).status).toBe('PASS');
  } finally {
    await rm(repairFile, { force: true });
  }
});

test('no more connections than jobs, on either side', async () => {
  await databases.both('CREATE TABLE jobs (id int PRIMARY KEY); INSERT INTO jobs SELECT generate_series(1, 50000)');
  // Each job comes to a row of the ranges it reads first at which it waits until all have been seen.
  const holders = [databases.sourceUrl, databases.targetUrl].map((url) => openDatabase(url, { max: 1 }));
  for (const holder of holders) await holder.query('SELECT pg_advisory_lock(2)');
  const where = 'id % 16000 <> 8000 OR pg_advisory_xact_lock_shared(2) IS NOT NULL';
  let done = false;
  const comparing = databases.compare([{ source: 'jobs', where }], { jobs: 3 }).finally(() => {
    done = true;
  });
  // PostgreSQL 18 shows a connection while it still starts: its application's name already, its database not yet.
  const sql = `SELECT datname, count(*) AS n, count(*) FILTER (WHERE wait_event = 'advisory') AS held FROM pg_stat_activity
    WHERE application_name = 'driftlab reconcile' AND datname IS NOT NULL GROUP BY 1`;
  const most = new Map<string | null | undefined, number>();
  while (!done) {
    const seen = await databases.source(sql);
    for (const { datname, n } of seen) most.set(datname, Math.max(most.get(datname) ?? 0, Number(n)));
    if (seen.reduce((sum, { held }) => sum + Number(held), 0) === 6)
      await Promise.all(holders.map((holder) => holder.close()));
  }
  expect((await comparing).status).toBe('PASS');
  expect(Object.fromEntries(most)).toEqual({ source: 3, target: 3 });
});

test('empty tables on both sides are no data', async () => {
  await databases.both('CREATE TABLE nothing (id int PRIMARY KEY, v text)');
  expect(await databases.compare([{ source: 'nothing' }])).toMatchObject({
    status: 'NO_DATA',
    tables_matched: 1,
    discrepancies: [],
  });
});
