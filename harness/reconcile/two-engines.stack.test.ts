import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findMysql } from '#setup/mysql.mjs';
import { type SideName, startTwoEngines, type TwoEngines } from '#testing/two-engines.ts';
import { describeMysql } from '#testing/with-mysql.ts';

/** Types of the two engines that hold the same values, and values as each engine's SQL writes them; one text serves both. */
const PAIRS: readonly {
  readonly name: string;
  readonly mariadb: string;
  readonly postgres: string;
  readonly values: readonly (string | readonly [mariadb: string, postgres: string])[];
}[] = [
  {
    name: 'big',
    mariadb: 'bigint',
    postgres: 'bigint',
    values: ['0', '-1', '9223372036854775807', '-9223372036854775808'],
  },
  { name: 'wide', mariadb: 'bigint unsigned', postgres: 'numeric(20,0)', values: ['0', '18446744073709551615'] },
  { name: 'small', mariadb: 'mediumint(5) zerofill', postgres: 'integer', values: ['7', '65000'] },
  { name: 'padded', mariadb: 'bigint(8) unsigned zerofill', postgres: 'numeric', values: ['7', '0'] },
  { name: 'truth', mariadb: 'tinyint(1)', postgres: 'boolean', values: ['true', 'false'] },
  { name: 'number', mariadb: 'tinyint(1)', postgres: 'smallint', values: ['1', '0', '-5'] },
  {
    name: 'bit1',
    mariadb: 'bit(1)',
    postgres: 'boolean',
    values: [
      ["b'1'", 'true'],
      ["b'0'", 'false'],
    ],
  },
  { name: 'bits', mariadb: 'bit(9)', postgres: 'bit(9)', values: ["b'100000001'", "b'000000000'"] },
  {
    name: 'price',
    mariadb: 'decimal(12,2)',
    postgres: 'numeric(12,2)',
    values: ['0', '-0.5', '12.50', '100', '1234567890.12'],
  },
  { name: 'scale', mariadb: 'decimal(30,10)', postgres: 'numeric', values: ['10', '-0.0000000001', '1.50', '0.00'] },
  {
    name: 'real8',
    mariadb: 'double',
    postgres: 'double precision',
    values: [
      '0',
      '0.1',
      '-1e300',
      '1e15',
      '1e14',
      '123456789012345680',
      '1.5e-7',
      '-0.00012345',
      '0.0001',
      '5e-324',
      ['-0e0', "'-0'"],
      '-1.25e-5',
      '3e-15',
      '1.7976931348623157e308',
    ],
  },
  { name: 'real4', mariadb: 'float', postgres: 'real', values: ['0.1', '-16777216', '1.5e-7', '3.4028234e38'] },
  {
    name: 'note',
    mariadb: 'varchar(200)',
    postgres: 'text',
    values: ["''", "'NULL'", "'a:1,b;'", "'é€😀'", "'trailing '", "'Ä'", "'it''s'"],
  },
  {
    name: 'long',
    mariadb: 'longtext',
    postgres: 'text',
    values: ["repeat('é', 512)", "repeat('é', 513)", "repeat('x', 1024)", "repeat('x', 100000)"],
  },
  { name: 'latin', mariadb: 'varchar(20) CHARACTER SET latin1', postgres: 'varchar(20)', values: ["'é'"] },
  { name: 'code', mariadb: 'char(5)', postgres: 'character(5)', values: ["'ab'", "''"] },
  {
    name: 'data',
    mariadb: 'varbinary(20)',
    postgres: 'bytea',
    values: [
      ["x'00ff0a'", "'\\x00ff0a'"],
      ["x''", "''"],
    ],
  },
  { name: 'uid', mariadb: 'uuid', postgres: 'uuid', values: ["'123E4567-E89B-12D3-A456-426614174000'"] },
  { name: 'uidtext', mariadb: 'char(36)', postgres: 'uuid', values: ["'123E4567-E89B-12D3-A456-426614174000'"] },
  { name: 'color', mariadb: "enum('red','blue')", postgres: 'text', values: ["'red'", "'blue'"] },
  { name: 'colors', mariadb: "set('red','blue')", postgres: 'text', values: ["''", "'red,blue'"] },
  {
    name: 'local',
    mariadb: 'datetime(6)',
    postgres: 'timestamp',
    values: [
      "'1000-01-01 00:00:00'",
      "'1999-12-31 23:59:59.999999'",
      "'2000-01-01 00:00:00'",
      "'9999-12-31 23:59:59.999999'",
    ],
  },
  {
    name: 'moment',
    mariadb: 'timestamp(3) NULL',
    postgres: 'timestamptz',
    values: ["'1970-01-01 00:00:01'", "'2024-02-29 12:34:56.789'"],
  },
  { name: 'crossed', mariadb: 'datetime', postgres: 'timestamptz', values: ["'2024-02-29 12:34:56'"] },
  {
    name: 'day',
    mariadb: 'date',
    postgres: 'date',
    values: ["'1000-01-01'", "'1999-12-31'", "'2000-01-01'", "'9999-12-31'"],
  },
  { name: 'midnight', mariadb: 'date', postgres: 'timestamp', values: ["'1999-12-31'"] },
  { name: 'clock', mariadb: 'time(6)', postgres: 'time', values: ["'00:00:00'", "'23:59:59.999999'", "'12:34:56.1'"] },
  { name: 'mood', mariadb: "enum('ok','sad')", postgres: 'mood', values: ["'sad'"] },
  { name: 'address', mariadb: 'inet6', postgres: 'text', values: ["'::1'"] },
  { name: 'year', mariadb: 'year', postgres: 'smallint', values: ['1901', '2155'] },
];

const folder = mkdtempSync(join(tmpdir(), 'driftlab-two-engines-'));
let engines: TwoEngines;

beforeAll(async () => {
  engines = await startTwoEngines({ mysql: findMysql() !== undefined });
  await engines.postgres("CREATE TYPE mood AS ENUM ('sad', 'ok')");
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await engines?.[Symbol.asyncDispose]();
});

type Sides = readonly [source: SideName, target: SideName];

/** Compares values that are equal, then with NULL; the last of the sides gets that. */
async function expectEqualValues(
  { name, mariadb, postgres, values }: (typeof PAIRS)[number],
  sides: readonly Sides[],
): Promise<void> {
  const used = new Set(sides.flat());
  const table = `v_${name}_${[...used].join('_')}`;
  for (const side of used) {
    const place = side === 'postgres' ? 1 : 0;
    const rows = [...values, 'NULL'].map(
      (value, n) => `(${n + 1}, ${typeof value === 'string' ? value : value[place]})`,
    );
    const type = side === 'postgres' ? postgres : `${mariadb.replace(' NULL', '')} NULL`;
    await engines[side](`CREATE TABLE ${table} (id int PRIMARY KEY, v ${type})`);
    await engines[side](`INSERT INTO ${table} VALUES ${rows.join(', ')}`);
  }
  for (const pair of sides) {
    const report = await engines.compare(pair, [{ source: table }]);
    expect([pair, report.discrepancies]).toEqual([pair, []]);
    expect(report.tables[0]).toMatchObject({
      status: 'MATCH',
      hashing: 'canonical-text',
      source_rows: values.length + 1,
    });
  }
  const [source, target] = sides.at(-1) ?? ['mariadb', 'postgres'];
  await engines[target](`UPDATE ${table} SET v = NULL`);
  const report = await engines.compare([source, target], [{ source: table }]);
  expect(report.tables[0]).toMatchObject({ changed_rows: values.length });
}

test.each(PAIRS)('values that are equal are found equal, and no value equals NULL: $name', (pair) =>
  expectEqualValues(pair, [
    ['mariadb', 'mariadb'],
    ['postgres', 'mariadb'],
    ['mariadb', 'postgres'],
  ]),
);

const SHAPES = [
  { name: 'plain', columns: 'k bigint PRIMARY KEY', key: 'i', method: 'ranges' },
  {
    name: 'skewed',
    columns: 'k bigint PRIMARY KEY',
    key: 'CASE WHEN i < 4000 THEN i ELSE 3000000000 * i END',
    method: 'ranges',
  },
  { name: 'composite', columns: 'a int, b int, PRIMARY KEY (a, b)', key: 'i % 7, i', method: 'ranges' },
  {
    name: 'texts',
    columns: 'k varchar(40) PRIMARY KEY',
    key: "CONCAT(CASE i % 2 WHEN 0 THEN 'Ä' ELSE 'z ' END, i)",
    method: 'partitions',
  },
  { name: 'dates', columns: 'd date, b int, PRIMARY KEY (d, b)', key: "DATE '2024-01-01', i", method: 'partitions' },
  { name: 'keyless', columns: 'k int', key: 'i', method: 'partitions' },
] as const;

test('floating-point numbers of every size are found equal', async () => {
  const digits = ['1', '-1.5', '2.7848735583621265', '9.999999999999999', '-1.2345678'];
  const powers = Array.from({ length: 600 }, (_, n) => n - 300);
  const rows = powers.flatMap((power) =>
    digits.map((text, n) => {
      const small = Math.abs(power) > 36 ? `${text}e0` : `${text}e${power}`;
      return `(${(power + 300) * digits.length + n}, ${text}e${power}, ${small})`;
    }),
  );
  await engines.mariadb('CREATE TABLE floats (id int PRIMARY KEY, v double, f float)');
  await engines.postgres('CREATE TABLE floats (id int PRIMARY KEY, v double precision, f real)');
  for (const side of ['mariadb', 'postgres'] as const)
    await engines[side](`INSERT INTO floats VALUES ${rows.join(', ')}`);
  const report = await engines.compare(['mariadb', 'postgres'], [{ source: 'floats' }]);
  expect(report.discrepancies).toEqual([]);
  expect(report.tables[0]).toMatchObject({ status: 'MATCH', source_rows: 3000 });
});

test('a repair makes the target equal, in the target’s own SQL', () =>
  expectRepaired([
    ['mariadb', 'postgres'],
    ['postgres', 'mariadb'],
  ]));

async function expectRepaired(pairs: readonly Sides[]): Promise<void> {
  const keyed = 'id int PRIMARY KEY, ok boolean, note varchar(40), price decimal(8,2)';
  const keyless = 'a varchar(20), n int';
  for (const side of new Set(pairs.flat())) {
    const moment =
      side === 'postgres' ? 'f real, at timestamptz, data bytea' : 'f float, at timestamp(6) NULL, data varbinary(9)';
    for (const table of ['fixed', 'loose']) await engines[side](`DROP TABLE IF EXISTS ${table}`);
    await engines[side](`CREATE TABLE fixed (${keyed}, ${moment})`);
    await engines[side](`CREATE TABLE loose (${keyless})`);
  }
  const rows = (side: SideName) => {
    const data = side === 'postgres' ? "'\\x00ff'" : "x'00ff'";
    return `(1, true, 'it''s \n é', 1.50, 0.1, '2024-02-29 12:34:56.000001', ${data}), (2, false, NULL, NULL, NULL, NULL, NULL)`;
  };
  for (const [source, target] of pairs) {
    for (const side of [source, target])
      for (const table of ['fixed', 'loose']) await engines[side](`TRUNCATE TABLE ${table}`);
    await engines[source](`INSERT INTO fixed VALUES ${rows(source)}`);
    await engines[target]("INSERT INTO fixed (id, ok, note) VALUES (2, true, 'old'), (3, true, 'extra')");
    await engines[source]("INSERT INTO loose VALUES ('a', 1), ('a', 1), ('b', NULL)");
    await engines[target]("INSERT INTO loose VALUES ('A', 1), ('a', 1), ('b', NULL), ('b', NULL)");
    const repairFile = join(folder, `${source}-${target}.sql`);
    const tables = [{ source: 'fixed' }, { source: 'loose' }];
    const report = await engines.compare([source, target], tables, { repairFile });
    expect(report.tables).toMatchObject([
      { missing_rows: 1, extra_rows: 1, changed_rows: 1 },
      { missing_rows: 1, extra_rows: 2 },
    ]);
    const statements = readFileSync(repairFile, 'utf8')
      .split(/;\n/)
      .map((text) => text.replace(/^(\s*--.*\n)*\s*/, ''))
      .filter((text) => /^(INSERT|UPDATE|DELETE)/.test(text));
    for (const statement of statements) await engines[target](statement);
    const again = await engines.compare([source, target], tables);
    expect(again.discrepancies).toEqual([]);
    expect(again.status).toBe('PASS');
  }
}

test('a column without a form in common is named, and what to do about it', async () => {
  await engines.mariadb('CREATE TABLE odd (id int PRIMARY KEY, doc longtext)');
  await engines.postgres('CREATE TABLE odd (id int PRIMARY KEY, doc jsonb)');
  const report = await engines.compare(['mariadb', 'postgres'], [{ source: 'odd' }]);
  expect(report.tables[0]).toMatchObject({
    status: 'ERROR',
    error:
      'doc cannot be compared between the two databases: longtext at the source, jsonb at the target: leave it out with --exclude-columns doc',
  });
  const without = await engines.compare(['mariadb', 'postgres'], [{ source: 'odd', excludeColumns: ['doc'] }]);
  expect(without.discrepancies).toEqual([]);
  expect(without.tables[0]).toMatchObject({ hashing: 'canonical-text', source_rows: 0 });
});

test('a table that is not there, or is hidden from the user, is an error with its like', async () => {
  await engines.mariadb('CREATE TABLE orders (id int PRIMARY KEY)');
  await engines.postgres('CREATE TABLE order_s (id int PRIMARY KEY)');
  const report = await engines.compare(['mariadb', 'postgres'], [{ source: 'order_s' }]);
  expect(report.tables[0]?.error).toBe('there is no table order_s, or the user may not read it: did you mean orders?');
});

test('a server that refuses the login is an error without the password', async () => {
  const url = new URL(engines.urls.mariadb);
  url.username = 'nobody';
  url.password = 'geheim';
  const report = await engines.compare(['mariadb', 'postgres'], [{ source: 'odd' }], { sourceUrl: url.href });
  expect(report.tables[0]?.error).toMatch(/^cannot connect to MariaDB at nobody@127.0.0.1:\d+\/shop: Access denied/);
  expect(JSON.stringify(report)).not.toContain('geheim');
});

/** 6,000 rows of one column `i`. */
const SERIES: Readonly<Record<SideName, string>> = {
  postgres: 'generate_series(1, 6000) AS s(i)',
  mariadb: '(SELECT seq AS i FROM seq_1_to_6000) AS s',
  second: '(SELECT seq AS i FROM seq_1_to_6000) AS s',
  mysql: '(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000) SELECT i FROM n) AS s',
};

async function expectFound({ name, columns, key, method }: (typeof SHAPES)[number], [source, target]: Sides) {
  const table = `${name}_${source}_${target}`;
  const create = `CREATE TABLE ${table} (${columns}, pos int, v varchar(40), price decimal(12,2), at timestamp(6) NULL)`;
  for (const side of [source, target]) {
    await engines[side](create);
    await engines[side](
      `INSERT /*+ SET_VAR(cte_max_recursion_depth = 6000) */ INTO ${table}
      SELECT ${key}, i, CONCAT('v', i, 'é'), i / 4.0, '2024-01-01 00:00:00.5' FROM ${SERIES[side]}`,
    );
  }
  const equal = await engines.compare([source, target], [{ source: table }]);
  expect(equal.tables[0]).toMatchObject({ status: 'MATCH', method, source_rows: 6000, target_rows: 6000 });
  await engines[target](`DELETE FROM ${table} WHERE pos IN (1, 3000, 6000)`);
  await engines[target](`UPDATE ${table} SET v = 'other' WHERE pos IN (2, 3333)`);
  await engines[source](`DELETE FROM ${table} WHERE pos IN (17, 5999)`);
  const report = await engines.compare([source, target], [{ source: table }]);
  // Without a key a changed row is one that is missing and one that is extra.
  const changed = name === 'keyless' ? 0 : 2;
  expect(report.tables[0]).toMatchObject({
    method,
    missing_rows: 5 - changed,
    extra_rows: 4 - changed,
    changed_rows: changed,
  });
}

describe.each([
  ['mariadb', 'postgres'],
  ['postgres', 'mariadb'],
  ['mariadb', 'second'],
] as const)('%s to %s', (...sides) => {
  test.each(SHAPES)('every differing row is found: $name', (shape) => expectFound(shape, sides));
});

describeMysql('MySQL', () => {
  const WITH_MYSQL = [
    ['mysql', 'mariadb'],
    ['mariadb', 'mysql'],
    ['postgres', 'mysql'],
    ['mysql', 'postgres'],
  ] as const satisfies readonly Sides[];

  test.each(PAIRS.filter(({ mariadb }) => !/^(uuid|inet6)$/.test(mariadb)))(
    'values that are equal are found equal, and no value equals NULL: $name',
    (pair) => expectEqualValues(pair, WITH_MYSQL),
  );

  test.each(WITH_MYSQL.flatMap((sides) => SHAPES.map((shape) => ({ sides, shape, name: shape.name }))))(
    'every differing row is found: $name, $sides',
    ({ sides, shape }) => expectFound(shape, sides),
  );

  test('a repair makes the target equal, in the target’s own SQL', () => expectRepaired(WITH_MYSQL));

  test.each(WITH_MYSQL)(
    'from %s to %s, texts that a collation holds for equal differ: in keys, in values and without a key',
    async (...sides) => {
      const table = `alike_${sides.join('_')}`;
      // The one has no padding: a blank at the end counts there, in comparisons of its own.
      const collate = { mysql: ' COLLATE utf8mb4_0900_ai_ci', mariadb: ' COLLATE utf8mb4_general_ci', postgres: '' };
      for (const side of sides) {
        const text = `varchar(20)${collate[side]}`;
        await engines[side](`CREATE TABLE ${table} (k ${text} PRIMARY KEY, v ${text})`);
        await engines[side](`CREATE TABLE loose_${table} (v ${text})`);
      }
      const [source, target] = sides;
      await engines[source](`INSERT INTO ${table} VALUES ('a', 'é'), ('b', 'x'), ('ß', 'y'), ('c ', 'z'), ('d', 'q')`);
      await engines[target](`INSERT INTO ${table} VALUES ('A', 'é'), ('b', 'x '), ('ss', 'y'), ('c', 'z'), ('d', 'Q')`);
      await engines[source](`INSERT INTO loose_${table} VALUES ('a'), ('a'), ('É'), ('w')`);
      await engines[target](`INSERT INTO loose_${table} VALUES ('a'), ('A'), ('é'), ('w ')`);
      const report = await engines.compare(sides, [{ source: table }, { source: `loose_${table}` }]);
      expect(report.tables).toMatchObject([
        { missing_rows: 3, extra_rows: 3, changed_rows: 2 },
        { missing_rows: 3, extra_rows: 3 },
      ]);
    },
  );

  test('JSON has no form in common with that of another engine, and is named', async () => {
    await engines.mysql('CREATE TABLE docs (id int PRIMARY KEY, doc json)');
    await engines.mariadb('CREATE TABLE docs (id int PRIMARY KEY, doc json)');
    await engines.postgres('CREATE TABLE docs (id int PRIMARY KEY, doc jsonb)');
    for (const [other, type] of [
      ['postgres', 'jsonb'],
      ['mariadb', 'longtext'],
    ] as const) {
      const report = await engines.compare(['mysql', other], [{ source: 'docs' }]);
      expect(report.tables[0]?.error).toBe(
        `doc cannot be compared between the two databases: json at the source, ${type} at the target: leave it out with --exclude-columns doc`,
      );
    }
  });
});
