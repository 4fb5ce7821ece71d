import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import { tableId } from '#model/catalog.ts';
import type { Operation } from '#model/operation.ts';
import { keyOf } from '#model/values.ts';
import { until } from '#std/wait.ts';
import type { TestServer } from '#testing/database-server.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { openLedger } from '../ledger.ts';
import { openWriters } from '../writers.ts';
import { genericWorkload } from './generic.ts';

const POSTGRES_SQL = `
CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy');
CREATE DOMAIN percent AS numeric(5,2) CHECK (VALUE BETWEEN 0 AND 100);
CREATE SCHEMA "other one";
CREATE TABLE accounts (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email varchar(40) UNIQUE NOT NULL,
  plan text NOT NULL CHECK (plan IN ('free', 'team', 'it''s')), code char(6) UNIQUE, active boolean NOT NULL DEFAULT true,
  made timestamptz NOT NULL DEFAULT now());
CREATE TABLE "other one"."Odd ""name" ("the key" uuid PRIMARY KEY, account bigint NOT NULL REFERENCES accounts,
  mood mood NOT NULL, moods mood[], share percent NOT NULL, small smallint, large numeric(30,10), f real, d double precision,
  note text, fixed char(3), doc jsonb, raw bytea, bits bit(5), day date, at timestamp(3), span interval, clock time(0),
  net inet, tags text[], amount int NOT NULL CHECK (amount > 10 AND amount < 90), twice int GENERATED ALWAYS AS (amount * 2) STORED);
CREATE TABLE pairs (account bigint REFERENCES accounts, place int, rank int CHECK (rank BETWEEN 1 AND 5), PRIMARY KEY (account, place));
CREATE TABLE log (at timestamptz DEFAULT now(), what text);
INSERT INTO log VALUES (now(), 'begun');
`;

const MARIADB_SQL = `
CREATE TABLE accounts (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, email varchar(40) UNIQUE NOT NULL,
  plan varchar(10) NOT NULL CHECK (plan IN ('free', 'team', 'it''s', 'back\\\\slash')), code char(6) UNIQUE,
  active boolean NOT NULL DEFAULT true, made timestamp(6) NOT NULL DEFAULT current_timestamp(6));
CREATE TABLE \`Odd \`\`name\` (\`the key\` uuid PRIMARY KEY, account bigint unsigned NOT NULL,
  ti tinyint, tu tinyint unsigned NOT NULL, yes tinyint(1) NOT NULL, s smallint, su smallint unsigned, m mediumint, mu mediumint unsigned,
  i int, iu int unsigned zerofill, b bigint, bu bigint unsigned NOT NULL, large decimal(40,10), money decimal(9,2) unsigned NOT NULL,
  f float, narrow float(5,2), d double, e enum('sad', 'it''s ok') NOT NULL, st set('a', 'b', 'c d') NOT NULL, y year, day date,
  at datetime(3), stamp timestamp NULL, span time(2), long_span time, bits bit(9), one bit(1), doc json, fixed char(5), fb binary(4),
  vb varbinary(9), raw blob, tiny tinytext, note text CHARACTER SET latin1, name varchar(20) COLLATE utf8mb4_unicode_ci,
  net inet4, place point, qty tinyint unsigned NOT NULL CHECK (qty > 10 AND qty < 90), price smallint NOT NULL,
  total smallint GENERATED ALWAYS AS (qty * 2) STORED, half int AS (price DIV 2) VIRTUAL,
  touched timestamp NOT NULL DEFAULT current_timestamp ON UPDATE current_timestamp,
  FOREIGN KEY (account) REFERENCES accounts (id), CONSTRAINT both_of CHECK (s IS NULL OR su IS NULL OR s < su));
CREATE TABLE pairs (account bigint unsigned, place int, \`rank\` int CHECK (\`rank\` BETWEEN 1 AND 5), PRIMARY KEY (account, place),
  FOREIGN KEY (account) REFERENCES accounts (id) ON DELETE CASCADE);
CREATE TABLE parted (id int, day date NOT NULL, what varchar(20), PRIMARY KEY (id, day))
  PARTITION BY RANGE (year(day)) (PARTITION a VALUES LESS THAN (2021), PARTITION b VALUES LESS THAN (2024));
CREATE TABLE listed (id int AUTO_INCREMENT, zone int, what text, PRIMARY KEY (id, zone))
  PARTITION BY LIST (zone) (PARTITION a VALUES IN (1, 2), PARTITION b VALUES IN (7));
CREATE TABLE codes (code binary(16) PRIMARY KEY, label varchar(30));
CREATE TABLE amounts (amount decimal(10,2) PRIMARY KEY, label varchar(30));
CREATE TABLE moments (at datetime PRIMARY KEY, label varchar(30));
CREATE TABLE log (at timestamp(6) DEFAULT current_timestamp(6), what text);
INSERT INTO log VALUES (now(), 'begun');
`;

/** What only a writer that knows a type's limits comes to write. */
const MARIADB_LIMITS = `
SELECT max(bu) > 9223372036854775807 AS \`above a signed bigint\`, max(long_span) > '24:00:00' AS \`longer than a day\`,
  max(ti) <= 127 AND min(ti) < 0 AS \`of either sign\`, max(tu) > 127 AS \`above a signed byte\`, count(DISTINCT st) > 4 AS \`sets\`,
  max(length(fb)) = 4 AS \`filled up\`, sum(json_valid(doc)) = count(doc) AS \`documents\` FROM \`Odd \`\`name\``;

const POSTGRES_LIMITS = `SELECT (max(cardinality(tags)) > 1)::int AS "lists", (max(share) > 50)::int AS "in a domain" FROM "other one"."Odd ""name"`;

const folder = mkdtempSync(join(tmpdir(), 'driftlab-generic-'));
afterAll(() => rmSync(folder, { recursive: true }));

const TRANSACTIONS = 600;

describe.each([
  ['postgres', startTestPostgres, POSTGRES_SQL, POSTGRES_LIMITS],
  ['mariadb', startTestMariadb, MARIADB_SQL, MARIADB_LIMITS],
] as const)('the generic writer on %s', (name, start, sql, limits) => {
  const { server: port, source, compare } = engineOf({ engine: name });
  let server: TestServer;
  let database: Awaited<ReturnType<typeof port.create>>;
  const leftOut: string[] = [];
  let truncated: { readonly table: string; readonly rows: number } | undefined;
  let wrote: { operations: readonly Operation[]; refusals: ReadonlyMap<string, number>; failure: string | undefined };
  beforeAll(async () => {
    server = await start();
    database = await port.create(server.server, 'generic');
    const signal = new AbortController().signal;
    const workload = genericWorkload({
      name: 'generic',
      install: (on) => port.runSql(on, [{ file: 's.sql', sql }], { signal, limitMs: 60_000 }),
      onLeftOut: (table, why) => leftOut.push(`${table}: ${why}`),
    });
    await workload.install(database, 1, source);
    const generator = await workload.openGenerator?.(1, database, source);
    if (generator === undefined) throw new Error('no generator');
    await using ledger = openLedger(join(folder, name), 'test');
    await using writers = openWriters({
      sessions: Array.from({ length: 4 }, () => source.openWriterSession(database)),
      ...{ generator, ledger, rate: 1000 },
    });
    writers.stand({ transactions: TRANSACTIONS });
    writers.resume();
    await until(() => writers.stands, { what: 'the transactions to be written', limitMs: 60_000 });
    truncated = await writers.truncate?.(undefined);
    writers.stand({ transactions: TRANSACTIONS });
    writers.resume();
    await until(() => writers.stands, { what: 'the transactions to be written', limitMs: 60_000 });
    wrote = { operations: [...ledger.operations], refusals: writers.refusals, failure: writers.failure };
  });
  afterAll(async () => {
    await database?.close();
    await server?.[Symbol.asyncDispose]();
  });

  test('every table is written, and no statement is refused', () => {
    expect([leftOut, [...wrote.refusals], wrote.failure]).toEqual([[], [], undefined]);
  });

  test('a table was emptied at once', () => {
    expect(truncated?.rows).toBeGreaterThan(20);
  });

  test('rows are inserted and changed in every table that has a key, and deleted where nothing refers to them', async () => {
    const tables = await compare.readCatalog(database);
    const kinds = new Map(tables.map((table) => [tableId(table), new Set<string>()]));
    for (const { table, kind, outcome } of wrote.operations) if (outcome === 'ok') kinds.get(table)?.add(kind);
    for (const table of tables) {
      const expected =
        table.key.length === 0
          ? ['insert']
          : table.name === 'accounts'
            ? ['insert', 'update']
            : ['delete', 'insert', 'update'];
      expect([tableId(table), [...(kinds.get(tableId(table)) ?? [])].sort()]).toEqual([tableId(table), expected]);
    }
  });

  test('values come from all of what a column takes', async () => {
    const [row = {}] = await database.query<Record<string, string>>(limits);
    expect(Object.entries(row).filter(([, held]) => held !== '1')).toEqual([]);
  });

  test('the rows that are there are those of the ledger, by the keys that the ledger has', async () => {
    for (const table of await compare.readCatalog(database)) {
      if (table.key.length === 0) continue;
      const there = new Set<string>();
      const own = wrote.operations.filter((one) => one.table === tableId(table) && one.outcome === 'ok');
      for (const { key, kind } of own) {
        if (kind === 'delete') there.delete(key);
        else there.add(key);
      }
      const { rows } = await source.jobRead(database, table, 100_000);
      expect(rows.map((row) => keyOf(table.key, row)).sort()).toEqual([...there].sort());
      expect(rows.length).toBeGreaterThan(20);
    }
  });
});
