import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { between } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import { createDatabase } from '#engines/postgres/admin.ts';
import { readCatalog } from '#engines/postgres/catalog.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database, Design, VariantSpec } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { makeSinkTables } from './sink-tables.ts';

let postgres: { readonly server: DatabaseServer } & AsyncDisposable;
const open: Database[] = [];
beforeAll(async () => {
  postgres = await startTestPostgres();
});
afterAll(async () => {
  for (const database of open) await database.close();
  await postgres?.[Symbol.asyncDispose]();
});

async function database(sql: string): Promise<Database> {
  const made = await createDatabase(postgres.server, `sink_tables_${randomUUID().slice(0, 8)}`);
  open.push(made);
  if (sql !== '') await made.query(sql);
  return made;
}

interface Made {
  readonly tables: ReadonlyMap<TableId, Table>;
  readonly told: readonly string[];
  readonly sink: Database;
}

const DEDUP: VariantSpec = { kind: 'builtin', title: 'dedup', mode: 'dedup' };

async function make(sourceSql: string, spec: VariantSpec = DEDUP, sinkSql?: string): Promise<Made> {
  const source = await database(sourceSql);
  const sink = await database('');
  const design: Design = {
    ...{ connectors: [], plugins: { folders: [], classes: [] }, hidden: false, setUpLimitMs: 60_000 },
    sinkSql: sinkSql === undefined ? [] : [{ file: 'sink.sql', sql: sinkSql }],
  };
  const watch = { signal: new AbortController().signal };
  const across = between(engineOf(source), engineOf(sink));
  const told = await makeSinkTables({ source, sink, spec, design, watch, tables: await readCatalog(source), across });
  return { tables: new Map((await readCatalog(sink)).map((table) => [tableId(table), table])), told, sink };
}

const typesOf = (table: Table | undefined) =>
  Object.fromEntries(
    (table?.columns ?? []).flatMap(({ name, type }) => (name.startsWith('_cdc_') ? [] : [[name, type]])),
  );

describe('tables as the source has them', () => {
  test('have its types: its own, those of extensions, and what is made of them, in their schemas', async () => {
    const { tables, told } = await make(`
      CREATE SCHEMA ext; CREATE EXTENSION citext; CREATE EXTENSION hstore SCHEMA ext; CREATE EXTENSION ltree;
      CREATE SCHEMA "Own"; CREATE TYPE "Own".mood AS ENUM ('it''s', 'glad'); CREATE DOMAIN "Own".moods AS "Own".mood[];
      CREATE DOMAIN price AS numeric CHECK (VALUE > 0); CREATE DOMAIN fee AS price NOT NULL;
      CREATE TYPE pair AS (a fee, b "Own".mood); CREATE TYPE fees AS RANGE (subtype = numeric, multirange_type_name = many_fees);
      CREATE TABLE every (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, mail citext, tags ext.hstore, at ltree[],
        mood "Own".mood, moods "Own".moods, more "Own".mood[], cost fee, pair pair, pairs pair[], span fees, spans many_fees,
        bare numeric, key uuid, twice numeric(9,2) GENERATED ALWAYS AS (1.5) STORED);`);
    expect(told).toEqual([]);
    expect(typesOf(tables.get('public.every'))).toEqual({
      ...{ id: 'integer', mail: 'citext', tags: 'ext.hstore', at: 'ltree[]', mood: '"Own".mood', moods: '"Own".moods' },
      ...{ more: '"Own".mood[]', cost: 'fee', pair: 'pair', pairs: 'pair[]', span: 'fees', spans: 'many_fees' },
      ...{ bare: 'numeric', key: 'uuid', twice: 'numeric(9,2)' },
    });
    expect(tables.get('public.every')?.columns.filter(({ generated }) => generated)).toEqual([]);
  });

  test('a type of foreign code becomes text, and is told with the reason', async () => {
    const { tables, told } = await make(`
      CREATE TYPE odd; CREATE FUNCTION odd_in(cstring) RETURNS odd IMMUTABLE STRICT LANGUAGE internal AS 'int4in';
      CREATE FUNCTION odd_out(odd) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal AS 'int4out';
      CREATE TYPE odd (INPUT = odd_in, OUTPUT = odd_out, LIKE = int4); CREATE TABLE odds (id int PRIMARY KEY, v odd);`);
    expect(typesOf(tables.get('public.odds'))).toEqual({ id: 'integer', v: 'text' });
    expect(told).toEqual([
      expect.stringMatching(/^public\.odds\.v is text in the sinks .* type odd .*code of its own/),
    ]);
  });

  test('have the key by which events come: primary, or of the first unique index; a partitioned table is one', async () => {
    const { tables } = await make(`
      CREATE TABLE keyed (a int, b int, PRIMARY KEY (b, a)); CREATE TABLE bare (a int);
      CREATE TABLE uniq (a int NOT NULL, b text NOT NULL, c int NOT NULL UNIQUE); CREATE UNIQUE INDEX a_first ON uniq (b, a);
      CREATE UNIQUE INDEX "0_expression" ON uniq (lower(b));
      CREATE TABLE loose (a int, b int); CREATE UNIQUE INDEX ON loose (a);
      CREATE TABLE parted (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
      CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');`);
    const keys = [...tables].map(([id, { key, unique }]) => [id, key, unique]);
    expect(keys).toEqual([
      ['public.bare', [], undefined],
      ['public.keyed', ['b', 'a'], undefined],
      ['public.loose', [], { columns: ['a'], namesRows: false }],
      ['public.parted', ['id', 'at'], undefined],
      ['public.uniq', ['b', 'a'], undefined],
    ]);
  });

  test('what nothing is compared of is not made', async () => {
    const pair: VariantSpec['pair'] = (source) => (source.name === 'kept' ? { source } : undefined);
    const { tables } = await make('CREATE TABLE kept (id int PRIMARY KEY); CREATE TABLE left_out (id int)', {
      ...DEDUP,
      pair,
    });
    expect([...tables.keys()]).toEqual(['public.kept']);
  });
});

describe("tables of somebody's own SQL", () => {
  const SOURCE = 'CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)';

  test('serve the lab’s own sinks too, without what only holds between rows', async () => {
    const sql = `CREATE TABLE a (v varchar(9) UNIQUE, id bigint PRIMARY KEY, own int DEFAULT 1 NOT NULL);
      CREATE TABLE b (id int PRIMARY KEY, a bigint REFERENCES a); CREATE UNIQUE INDEX ON b (a);`;
    const { tables, told, sink } = await make(SOURCE, DEDUP, sql);
    expect(told).toEqual([]);
    expect(typesOf(tables.get('public.a'))).toMatchObject({ v: 'character varying(9)', id: 'bigint' });
    await sink.query(`INSERT INTO b VALUES (1, 7), (2, 7); INSERT INTO a VALUES ('x', 1), ('x', 2)`);
  });

  test('stay whole for a connector, whose sink they are', async () => {
    const sql = 'CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)';
    const { sink } = await make(SOURCE, { kind: 'connect-sink', title: 'jdbc' }, sql);
    await expect(sink.query('INSERT INTO b VALUES (1, 7)')).rejects.toThrow(/foreign key/);
  });

  test.each([
    ['CREATE TABLE a (id int PRIMARY KEY, v text)', 'they make no table public.b'],
    ['CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int)', 'public.a has no column v'],
    ['CREATE TABLE a (id int, v text); CREATE TABLE b (id int PRIMARY KEY, a int)', 'the key of public.a is missing'],
    [
      'CREATE TABLE a (id int PRIMARY KEY, v text, w int NOT NULL); CREATE TABLE b (id int PRIMARY KEY, a int)',
      'public.a.w must not be NULL',
    ],
  ])('%s cannot be written by the lab: its tables are the source’s then, and that is told', async (sql, why) => {
    const { tables, told } = await make(SOURCE, DEDUP, sql);
    expect(told).toEqual([expect.stringContaining(why)]);
    expect([...tables.keys()]).toEqual(['public.a', 'public.b']);
    expect(typesOf(tables.get('public.a'))).toEqual({ id: 'integer', v: 'text' });
  });
});
