import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTwoDatabases, type TwoDatabases } from '#testing/two-databases.ts';
import type { ReconcileReport } from './report.ts';
import type { TableRequest } from './request.ts';

/** A way in which tables and keys are made. Each has 6000 rows, numbered by `pos`, and a text `v`. */
interface Shape {
  readonly name: string;
  readonly columns: string;
  /** SQL of the key columns for row `i`. */
  readonly key: string;
  readonly names: readonly string[];
  readonly request?: Partial<TableRequest>;
  /** Other columns on the target. */
  readonly targetColumns?: string;
  readonly method: 'ranges' | 'partitions';
}

const SHAPES: readonly Shape[] = [
  { name: 'bigint', columns: 'k bigint PRIMARY KEY', key: 'i', names: ['k'], method: 'ranges' },
  { name: 'negative', columns: 'k int PRIMARY KEY', key: 'i - 4000', names: ['k'], method: 'ranges' },
  {
    name: 'skewed',
    columns: 'k bigint PRIMARY KEY',
    key: 'CASE WHEN i < 4000 THEN i ELSE i::bigint * i * i * 1000000 END',
    names: ['k'],
    method: 'ranges',
  },
  { name: 'sparse', columns: 'k bigint PRIMARY KEY', key: 'hashint8extended(i, 7)', names: ['k'], method: 'ranges' },
  {
    name: 'edges',
    columns: 'k bigint PRIMARY KEY',
    key: 'CASE i WHEN 1 THEN -9223372036854775808 WHEN 6000 THEN 9223372036854775807 ELSE i END',
    names: ['k'],
    method: 'ranges',
  },
  {
    name: 'narrower_target',
    columns: 'k bigint PRIMARY KEY',
    targetColumns: 'k int PRIMARY KEY',
    key: 'i',
    names: ['k'],
    method: 'ranges',
  },
  { name: 'uuid', columns: 'k uuid PRIMARY KEY', key: 'md5(i::text)::uuid', names: ['k'], method: 'ranges' },
  {
    name: 'texts',
    columns: 'k text PRIMARY KEY',
    key: "CASE i % 3 WHEN 0 THEN 'Ä''\"\\,{' WHEN 1 THEN ' ' ELSE 'NULL' END || md5(i::text)",
    names: ['k'],
    method: 'ranges',
  },
  {
    name: 'other_collation',
    columns: 'k text PRIMARY KEY',
    targetColumns: 'k text COLLATE "en-x-icu" PRIMARY KEY',
    key: 'chr(65 + i % 60) || i',
    names: ['k'],
    method: 'partitions',
  },
  {
    name: 'composite',
    columns: 'a text, b int, PRIMARY KEY (b, a)',
    key: "'t' || i % 7, i / 7",
    names: ['b', 'a'],
    method: 'ranges',
  },
  {
    name: 'other_order',
    columns: 'a int, b int, PRIMARY KEY (a, b)',
    targetColumns: 'a int, b int, PRIMARY KEY (b, a)',
    key: 'i % 7, i',
    names: ['a', 'b'],
    method: 'partitions',
  },
  {
    name: 'times',
    columns: 'k timestamptz PRIMARY KEY',
    key: "CASE i WHEN 1 THEN '-infinity' WHEN 2 THEN '0044-03-15 BC' ELSE '2024-01-01'::timestamptz + i * interval '1 us' END",
    names: ['k'],
    method: 'ranges',
  },
  {
    name: 'one_tenant',
    columns: 'a int, b uuid, PRIMARY KEY (a, b)',
    key: '1, md5(i::text)::uuid',
    names: ['a', 'b'],
    method: 'ranges',
  },
  {
    name: 'keyed_by_request',
    columns: 'k int NOT NULL',
    key: 'i',
    names: ['k'],
    request: { key: ['k'] },
    method: 'partitions',
  },
  {
    name: 'null_in_key',
    columns: 'a int, b text',
    key: "nullif(i / 10, 3), CASE i % 10 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN 'NULL' ELSE 'b' || i % 10 END",
    names: ['a', 'b'],
    request: { key: ['a', 'b'] },
    method: 'partitions',
  },
  {
    name: 'enum_key',
    columns: 'a color, b int, PRIMARY KEY (a, b)',
    key: "(CASE i % 2 WHEN 0 THEN 'red' ELSE 'blue' END)::color, i",
    names: ['a', 'b'],
    method: 'partitions',
  },
];

let databases: TwoDatabases;

beforeAll(async () => {
  databases = await startTwoDatabases();
  await databases.source("CREATE TYPE color AS ENUM ('red', 'blue')");
  await databases.target("CREATE TYPE color AS ENUM ('blue', 'red')");
  for (const { name, columns, targetColumns, key } of SHAPES) {
    // Never analyzed: nothing may depend on statistics.
    const create = (own: string) =>
      `CREATE TABLE ${name} (${own}, pos int, v text) WITH (autovacuum_enabled = off);
       INSERT INTO ${name} SELECT ${key}, i, 'v' || i FROM generate_series(1, 6000) AS i`;
    await Promise.all([databases.source(create(columns)), databases.target(create(targetColumns ?? columns))]);
    // Below the first, above the last, in between: missing, extra, changed.
    await databases.target(
      `DELETE FROM ${name} WHERE pos IN (1, 3000, 6000); UPDATE ${name} SET v = 'other' WHERE pos IN (2, 3333)`,
    );
    await databases.source(`DELETE FROM ${name} WHERE pos IN (17, 5999)`);
  }
});

afterAll(() => databases?.[Symbol.asyncDispose]());

function issues(report: ReconcileReport, table: string) {
  return report.discrepancies.filter((each) => each.table === table);
}

describe.each(['row-hash', 'canonical-text'] as const)('by %s', (hashing) => {
  test.each(SHAPES)('every differing row is found with its key: $name', async ({ name, names, request, method }) => {
    const report = await databases.compare([{ source: name, ...request }], { hashing });
    expect(report.tables[0]).toMatchObject({ method, hashing, missing_rows: 3, extra_rows: 2, changed_rows: 2 });
    const keys = async (ask: TwoDatabases['source'], positions: readonly number[]) =>
      Promise.all(
        positions.map(async (pos) => (await ask(`SELECT ${names.join(', ')} FROM ${name} WHERE pos = ${pos}`))[0]),
      );
    const details = Object.assign({}, ...issues(report, name).map((each) => each.details));
    const same = (left: unknown[], right: unknown[]) => expect(sorted(left)).toEqual(sorted(right));
    same(details.missing_keys, await keys(databases.source, [1, 3000, 6000]));
    same(details.extra_keys, await keys(databases.target, [17, 5999]));
    same(
      details.changed.map((each: { key: unknown }) => each.key),
      await keys(databases.source, [2, 3333]),
    );
    expect(details.changed[0].columns).toEqual([{ column: 'v', source: expect.stringMatching(/^v/), target: 'other' }]);
  });

  test('rows without a key are counted: one that is there twice is not one that is there once', async () => {
    await databases.both('DROP TABLE IF EXISTS keyless; CREATE TABLE keyless (a int, b text)');
    const rows = 'INSERT INTO keyless SELECT i % 100, nullif(i % 3, 0)::text FROM generate_series(1, 900) AS i';
    await databases.both(rows);
    await databases.source("INSERT INTO keyless VALUES (1, 'twice'), (1, 'twice'), (2, NULL), (2, NULL)");
    await databases.target("INSERT INTO keyless VALUES (1, 'twice'), (2, ''), (2, '')");
    const report = await databases.compare([{ source: 'keyless' }], { hashing });
    expect(report.tables[0]).toMatchObject({ method: 'partitions', missing_rows: 3, extra_rows: 2, changed_rows: 0 });
  });

  test('a range in which only the target has rows, thousands of them, is divided and each row found', async () => {
    await databases.both('DROP TABLE IF EXISTS crowd; CREATE TABLE crowd (k bigint PRIMARY KEY, v int)');
    await databases.both('INSERT INTO crowd SELECT i::bigint * 1000000, i FROM generate_series(1, 3000) AS i');
    await databases.target('INSERT INTO crowd SELECT 5000000 + i, i FROM generate_series(1, 40000) AS i');
    const report = await databases.compare([{ source: 'crowd' }], { hashing });
    expect(report.tables[0]).toMatchObject({
      source_rows: 3000,
      target_rows: 43_000,
      extra_rows: 40_000,
      missing_rows: 0,
      changed_rows: 0,
    });
  });

  test('wide rows: many columns, and values larger than a message', async () => {
    const columns = Array.from({ length: 400 }, (_, n) => `c${n} ${n % 2 === 0 ? 'text' : 'numeric'}`).join(', ');
    await databases.both(`DROP TABLE IF EXISTS wide; CREATE TABLE wide (k int PRIMARY KEY, big text, ${columns});
      INSERT INTO wide (k, big, c0, c399) SELECT i, repeat('x', 300000), 'a', 1 FROM generate_series(1, 30) AS i`);
    await databases.target(
      "UPDATE wide SET big = big || 'y' WHERE k = 7; UPDATE wide SET c399 = 2, c200 = '' WHERE k = 8",
    );
    const report = await databases.compare([{ source: 'wide' }], { hashing });
    const [issue] = issues(report, 'wide');
    expect(
      issue?.details.changed?.map(({ key, columns: found }) => [key.k, found?.map(({ column }) => column)]),
    ).toEqual([
      ['7', ['big']],
      ['8', ['c200', 'c399']],
    ]);
  });

  test('partitioned tables and views are compared like tables', async () => {
    await databases.both(`DROP VIEW IF EXISTS seen; DROP TABLE IF EXISTS parts;
      CREATE TABLE parts (k int PRIMARY KEY, v text) PARTITION BY RANGE (k);
      CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (2500);
      CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (2500) TO (9999);
      INSERT INTO parts SELECT i, 'v' FROM generate_series(1, 5000) AS i;
      CREATE VIEW seen AS SELECT * FROM parts WHERE k > 100`);
    await databases.target("UPDATE parts SET v = 'w' WHERE k IN (50, 2499, 2500)");
    const report = await databases.compare([{ source: 'parts' }, { source: 'seen', key: ['k'] }], { hashing });
    expect(report.tables.map((table) => [table.method, table.changed_rows])).toEqual([
      ['ranges', 3],
      ['partitions', 2],
    ]);
  });
});

function sorted(values: readonly unknown[]): string[] {
  return values.map((value) => JSON.stringify(Object.entries(value as object).sort())).sort();
}
