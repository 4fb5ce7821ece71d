import { expect, test } from 'vitest';
import { defaultEngine } from '#engines/index.ts';
import type { Column, Table } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { checkMapping } from './check-mapping.ts';
import { checkSinkOf } from './check-sink.ts';
import { fileEntries } from './mapping.ts';
import type { PipelineFile } from './schema.ts';

const ends = { source: defaultEngine, sink: defaultEngine };

const entriesOf = (mapping: PipelineFile['mapping']) =>
  fileEntries({ ends, file: { source: { schema: 'x' }, ...(mapping === undefined ? {} : { mapping }) } });

const table = (
  name: string,
  columns: readonly (string | Partial<Column>)[],
  key: readonly string[] = ['id'],
): Table => ({
  ...{ schema: 'public', name, key },
  columns: columns.map((one) => ({
    ...{ name: '', type: 'text', nullable: true, generated: false },
    ...(typeof one === 'string' ? { name: one } : one),
  })),
});

const TABLES = [
  table('accounts', ['id', 'email', 'plan']),
  table('tickets', ['id', 'title']),
  table('notes', ['id'], []),
  table('daily', ['day', { name: 'id', generated: true }]),
];

/** A table as PostgreSQL's reader of the catalog has it. */
function inCatalog({ schema, name, columns, key }: Table): object {
  const numbers = key.map((column) => columns.findIndex((one) => one.name === column) + 1);
  return {
    ...{ schema, name },
    columns: columns.map((column, index) => ({
      ...{ number: index + 1, domain: null, identity: '', hasDefault: false },
      ...column,
    })),
    indexes: numbers.length === 0 ? [] : [{ ...PRIMARY, numbers }],
  };
}

const PRIMARY = { primary: true, unique: true, valid: true, whole: true, immediate: true };

/** A database that has the tables, and refuses what mentions "nowhere". */
function database(tables: readonly Table[], asked: string[] = []): Database {
  return {
    ...{ engine: 'postgres', name: 'x', url: '' },
    async query<T extends object>(sql: string): Promise<T[]> {
      asked.push(sql);
      if (sql.includes('nowhere')) throw new Error('column "nowhere" does not exist');
      if (!sql.includes('pg_attribute')) return [];
      return tables.map((one) => ({ table: JSON.stringify(inCatalog(one)) })) as object[] as T[];
    },
    close: async () => {},
  };
}

const at = (place: readonly (string | number)[]) => `p.yaml:${place.join('.')}`;

test.each([
  [{ acounts: false }, 'mapping-unknown', 'p.yaml:mapping.acounts: the source has no table acounts'],
  [{ accounts: { exclude: ['mail'] } }, 'mapping-unknown', 'mapping.accounts.exclude.0: public.accounts has no column'],
  [
    { accounts: { exclude: ['email', 'id'] } },
    'mapping-key',
    'mapping.accounts.exclude.1: public.accounts.id is part of the primary key',
  ],
  [{ accounts: false, 'public.accounts': {} }, 'mapping-twice', 'p.yaml:mapping.public.accounts: public.accounts is'],
  [
    { notes: { history: { latest: 'id' } } },
    'mapping-key',
    'mapping.notes.history.latest: public.notes has no primary',
  ],
  [{ tickets: { exclude: ['id'], history: { versions: 'all' } } }, 'mapping-key', 'mapping.tickets.exclude.0: public'],
  [
    { accounts: { transform: { email: 'lower(email)', plan: 'upper(nowhere)' } } },
    'mapping-sql',
    'mapping.accounts.transform.plan: PostgreSQL refuses this SQL over the rows of public.accounts: column "nowhere"',
  ],
] as const)('%j is refused where it stands', async (mapping, code, words) => {
  await expect(checkMapping(database(TABLES), entriesOf(mapping), at)).rejects.toMatchObject({
    ...{ code, exit: 2, message: expect.stringContaining(words) },
  });
});

test('a sound mapping is taken, and what cannot be checked is told', async () => {
  const asked: string[] = [];
  const told = await checkMapping(
    database(TABLES, asked),
    entriesOf({
      accounts: { table: 'dwh.people', exclude: ['email'], transform: { plan: 'upper(plan)' } },
      tickets: { exclude: ['title'], history: { versions: 'all' } },
    }),
    at,
  );
  expect(asked).toContain('SELECT t.*, (upper(plan))::text FROM "public"."accounts" AS t WHERE 1 = 0');
  expect(told).toContainEqual(expect.stringContaining('public.daily cannot be judged: the database computes id'));
  expect(await checkMapping(database(TABLES), entriesOf({ daily: false, notes: false }), at)).toEqual([]);
});

const SINKS = [table('people', ['id', 'mail', 'plan', 'gone', 'seq']), table('tickets', ['id', 'title'])];

function checkSink(mapping: NonNullable<PipelineFile['mapping']>, asked: string[] = []): Promise<void> {
  return checkSinkOf({ ends, at }, entriesOf(mapping))(database([], asked), TABLES, SINKS);
}

test.each([
  [{ accounts: 'peple' }, 'mapping-unknown', 'mapping.accounts: the sink has no table public.peple'],
  [
    { accounts: { table: 'people', rename: { email: 'mial' } } },
    'mapping-unknown',
    "mapping.accounts.rename.email: the sink's public.people has no column mial",
  ],
  [{ tickets: { extra: ['loaded'] } }, 'mapping-unknown', "mapping.tickets.extra.0: the sink's public.tickets has no"],
  [
    { accounts: { table: 'people', deleted: 'nowhere' } },
    'mapping-sql',
    'mapping.accounts.deleted: PostgreSQL refuses this SQL over the rows of public.people',
  ],
  [
    { accounts: { table: 'people', deleted: 'gone', history: { latest: 'nowhere' } } },
    'mapping-sql',
    'mapping.accounts.history.latest: PostgreSQL refuses',
  ],
] as const)("%j is refused by the sink's tables", async (mapping, code, words) => {
  await expect(checkSink(mapping)).rejects.toMatchObject({ code, exit: 2, message: expect.stringContaining(words) });
});

test("what is said of the sink's rows is tried as it is read", async () => {
  const asked: string[] = [];
  const accounts = { table: 'people', rename: { email: 'mail' }, extra: ['gone', 'seq'], deleted: 'gone' };
  await checkSink({ accounts: { ...accounts, history: { latest: 'seq' } }, 'public.tickets': false }, asked);
  const latest = '(SELECT DISTINCT ON ("id") * FROM "public"."people" ORDER BY "id", (seq) DESC) AS latest';
  expect(asked).toEqual([
    `SELECT * FROM (SELECT * FROM ${latest}) AS t WHERE 1 = 0`,
    `SELECT * FROM (SELECT * FROM ${latest} WHERE CASE WHEN (gone) THEN 0 ELSE 1 END = 1) AS t WHERE 1 = 0`,
  ]);
});
