import { expect, test } from 'vitest';
import { defaultEngine, engineOf } from '#engines/index.ts';
import { type Column, type Table, tableId } from '#model/catalog.ts';
import { findSinkTable, leavingOut, pairTables as pairing } from './pair.ts';

const ends = { source: defaultEngine, sink: defaultEngine };
const pairTables = (mapping: Parameters<typeof pairing>[1]) => pairing(ends, mapping);

const column = (name: string, more: Partial<Column> = {}): Column => ({
  name,
  type: 'text',
  nullable: true,
  generated: false,
  ...more,
});
const table = (id: string, columns: readonly Column[] = [column('id')]): Table => {
  const [schema = '', name = ''] = id.split('.');
  return { schema, name, columns, key: ['id'] };
};
const sinks = (...tables: Table[]) => new Map(tables.map((one) => [tableId(one), one]));

test.each([
  ['shop.users', ['shop.users', 'public.users'], 'shop.users'],
  ['shop.users', ['public.users', 'x.users'], 'public.users'],
  ['shop.users', ['dwh.users'], 'dwh.users'],
  ['shop.users', ['dwh.USERS'], 'dwh.USERS'],
  ['shop.users', ['public.prefix_shop_users'], 'public.prefix_shop_users'],
  ['shop.users', ['a.users', 'b.users'], undefined],
  ['shop.users', ['public.user'], undefined],
])('%s among %j is found as %s', (source, names, found) => {
  const sink = findSinkTable(ends, table(source), sinks(...names.map((name) => table(name))));
  expect(sink === undefined ? undefined : tableId(sink)).toBe(found);
});

test('a mapping renames, leaves out, computes, and ignores what the sink alone has', () => {
  const source = table('public.users', [
    column('id'),
    column('email'),
    column('secret'),
    column('sum', { generated: true }),
  ]);
  const sink = table('dwh.dim', [column('id'), column('mail'), column('loaded'), column('sum')]);
  const pair = pairTables({
    'public.users': {
      table: 'dwh.dim',
      rename: { email: 'mail' },
      exclude: ['secret'],
      extra: ['loaded'],
      transform: { email: 'lower(email)' },
    },
  })(source, sinks(sink));
  expect(pair?.source.columns.map(({ name, expression }) => [name, expression])).toEqual([
    ['id', undefined],
    ['email', 'lower(email)'],
  ]);
  expect(pair?.sink?.columns.map(({ name, expression }) => [name, expression])).toEqual([
    ['id', undefined],
    ['email', 't."mail"'],
  ]);
  expect(pair?.sink?.from).toBeUndefined();
});

test('soft deletes and history read only the rows that count', () => {
  const pair = pairTables({ 'public.a': { deleted: 'gone', history: { latest: 'seq' }, rename: { id: 'a_id' } } });
  expect(pair(table('public.a'), sinks(table('public.a')))?.sink?.from).toBe(
    '(SELECT * FROM (SELECT DISTINCT ON ("a_id") * FROM "public"."a" ORDER BY "a_id", (seq) DESC) AS latest WHERE CASE WHEN (gone) THEN 0 ELSE 1 END = 1)',
  );
});

test('a table that is mapped away is not compared; one whose table is missing is compared with nothing', () => {
  expect(pairTables({ 'public.a': false })(table('public.a'), sinks(table('public.a')))).toBeUndefined();
  const missing = pairTables({ 'public.a': 'b' })(table('public.a'), sinks(table('public.a')));
  expect(missing?.sink).toBeUndefined();
  expect(missing?.source.name).toBe('a');
});

const namesOf = (pair: ReturnType<ReturnType<typeof pairTables>>) => [
  pair?.source.columns.map(({ name }) => name),
  pair?.sink?.columns.map(({ name, expression }) => (expression === undefined ? name : `${name} = ${expression}`)),
];

test('what is left out is left out by its name at the source, whatever the sink has under that name', () => {
  const source = table('public.users', [
    column('id'),
    column('email'),
    column('email_sha'),
    column('sum', { generated: true }),
  ]);
  const sink = table('public.users', [column('id'), column('email'), column('total')]);
  const pair = pairTables({ 'public.users': { exclude: ['email'], rename: { email_sha: 'email', sum: 'total' } } });
  expect(namesOf(pair(source, sinks(sink)))).toEqual([
    ['id', 'email_sha'],
    ['id', 'email_sha = t."email"'],
  ]);
});

test("a column of the sink's own that has a renamed column's old name is never compared with that", () => {
  const source = table('public.users', [column('id'), column('email')]);
  for (const columns of [
    [column('id'), column('mail'), column('email')],
    [column('id'), column('email'), column('mail')],
  ]) {
    const pair = pairTables({ 'public.users': { rename: { email: 'mail' } } })(
      source,
      sinks(table('public.users', columns)),
    );
    expect(namesOf(pair)[1]?.toSorted()).toEqual(['email = t."mail"', 'id', 'public.users.email']);
  }
});

test("a sink that the lab fills itself is compared without what is left out, and under the source's own names", () => {
  const source = table('public.users', [column('id'), column('email'), column('secret')]);
  const reduced = pairTables(
    leavingOut({
      'public.users': { table: 'dwh.dim', rename: { email: 'mail' }, exclude: ['secret'], deleted: 'gone' },
      'public.gone': false,
      'public.moved': 'dwh.moved',
    }),
  );
  const pair = reduced(source, sinks(source));
  expect(namesOf(pair)).toEqual([
    ['id', 'email'],
    ['id', 'email'],
  ]);
  expect(pair?.sink?.from).toBeUndefined();
  expect(reduced(table('public.gone'), sinks(table('public.gone')))).toBeUndefined();
  expect(reduced(table('public.moved'), sinks(table('public.moved')))?.sink?.name).toBe('moved');
});

const mariadb = engineOf({ engine: 'mariadb' });

test.each([
  ['accounts', ['public.accounts'], 'public.accounts'],
  ['accounts', ['public.p_shop_accounts', 'public.x_accounts'], 'public.p_shop_accounts'],
  ['accounts', ['dwh.accounts'], 'dwh.accounts'],
  ['accounts', ['public.account'], undefined],
])("a table %s of MariaDB's database shop among %j of PostgreSQL is found as %s", (name, names, found) => {
  const across = { source: mariadb, sink: defaultEngine, database: 'shop' };
  const sink = findSinkTable(across, table(`db.${name}`), sinks(...names.map((one) => table(one))));
  expect(sink === undefined ? undefined : tableId(sink)).toBe(found);
});

test("a sink of MariaDB is read in its own SQL: of each key the latest row, under the source's names", () => {
  const pair = pairing(
    { source: defaultEngine, sink: mariadb },
    {
      'public.a': { table: 'versions', deleted: 'gone', history: { latest: 'seq' }, rename: { id: 'a_id' } },
    },
  )(table('public.a'), sinks(table('db.versions', [column('a_id'), column('seq'), column('gone')])));
  expect(pair?.sink?.from).toBe(
    '(SELECT * FROM (SELECT * FROM (SELECT every_row.*, ROW_NUMBER() OVER (PARTITION BY `a_id` ORDER BY (seq) DESC) AS driftlab_rank' +
      ' FROM `versions` AS every_row) AS ranked WHERE driftlab_rank = 1) AS latest WHERE CASE WHEN (gone) THEN 0 ELSE 1 END = 1)',
  );
  expect(pair?.sink?.columns[0]).toMatchObject({ name: 'id', expression: 't.`a_id`' });
});
