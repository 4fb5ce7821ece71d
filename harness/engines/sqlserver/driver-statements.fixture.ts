import type { ReadPlan } from '#engines/port/compare.ts';
import type { ColumnPlan, CommonForm, FullRow, TablePlan } from '#engines/port/reconcile.ts';
import type { RowWrite, Segment } from '#engines/port/sink.ts';
import type { Column, Table } from '#model/catalog.ts';
import { allowSnapshotSql, createSql, dropSql, FACTS_SQL, IDENTITY_SQL, VERSION_SQL } from './admin.ts';
import { openSinkOn } from './apply.ts';
import type { Result, Session, SqlServerDatabase } from './client.ts';
import { WRITING_SQL } from './client-programs.ts';
import { backUpSql, filesSql, removeBackUpSql, restoreSql } from './copy.ts';
import { effectsOf, keepUnchangedValues, noteEffects } from './effects.ts';
import { dropSpanning, emptyDatabase } from './own-tables.ts';
import { passOver } from './pass-over.ts';
import { LOOK_AT_TAGS_SQL, OPEN_SQL, openReadView } from './read.ts';
import { describeTable, NAMES_SQL } from './reconcile/describe.ts';
import { sqlServerReader } from './reconcile/reader.ts';
import { REPAIR_BEGINS_SQL, SESSION_SQL } from './reconcile/side.ts';
import { COLUMNS_SQL, TABLES_SQL } from './shell.ts';
import { readSinkState } from './sink-state.ts';

type Answers = readonly (readonly [
  part: string,
  columns: readonly string[],
  ...rows: (readonly (string | null)[])[],
])[];

/** A database that keeps what it is asked, and answers with the first rows whose part is in the statement. */
function recording(answers: Answers = []): { readonly asked: string[]; readonly database: SqlServerDatabase } {
  const asked: string[] = [];
  const run: Session['run'] = async (sql) => {
    asked.push(sql);
    const [, columns = [], ...rows] = answers.find(([part]) => sql.includes(part)) ?? [''];
    return { columns, rows, affected: [] };
  };
  const objects = ({ columns, rows }: Result) =>
    rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])));
  const session: Session = {
    run,
    async each(sql, take) {
      await take((await run(sql)).rows);
    },
    load: async () => {},
  };
  return {
    asked,
    database: {
      ...{ engine: 'sqlserver', name: 'shop', url: 'sqlserver://h/shop', run, close: async () => {} },
      query: async (sql) => objects(await run(sql)) as never,
      session: (work) => work(session),
    },
  };
}

const column = (name: string, type: string, nullable = false): Column => ({ name, type, nullable, generated: false });

const TYPES = [
  ...['bit', 'int', 'decimal(12,2)', 'money', 'datetime2(7)', 'datetime', 'smalldatetime', 'datetimeoffset(3)', 'date'],
  ...['time(7)', 'uniqueidentifier', 'varbinary(max)', 'nvarchar(40)', 'char(3)', 'ntext', 'image'],
];
const COLUMNS = [column('id', 'bigint'), ...TYPES.map((type) => column(`a ${type}`, type, true))];
const TABLE: Table = {
  schema: 'sales',
  name: "it'ems",
  key: ['id'],
  columns: [...COLUMNS, column('doc', 'nvarchar(max)')],
};
const CODED: Table = {
  schema: 'dbo',
  name: 'coded',
  key: ['code'],
  columns: [column('code', 'nvarchar(9)'), ...COLUMNS],
};

function readPlan(table: Table, columns: readonly Column[]): ReadPlan {
  const pair = (one: Column) => ({ source: one, sink: one });
  const key = table.columns.filter(({ name }) => table.key.includes(name));
  return { side: 'source', table, key: key.map(pair), columns: columns.map(pair), bookkeeping: ['_cdc_lsn'] };
}

const SINK_COLUMNS = [
  ...['column', 'type', 'typeSchema', 'alias', 'base', 'bytes', 'precision', 'scale', 'nullable', 'generated'],
  ...['collation', 'numbered', 'fallback'],
];
const sinkColumn = (name: string, type: string, numbered: string, collation: string | null = null) => [
  ...[name, type, 'sys', '0', type, '20', '10', '2', '1', '0', collation, numbered, '0'],
];
const SINK: Answers = [
  [
    'FROM sys.columns',
    SINK_COLUMNS,
    sinkColumn('id', 'bigint', '1'),
    sinkColumn('code', 'varchar', '0', 'SQL_Latin1_General_CP1_CI_AS'),
    sinkColumn('amount', 'decimal', '0'),
    sinkColumn('n', 'int', '0'),
    sinkColumn('_cdc_lsn', 'bigint', '0'),
    sinkColumn('_cdc_guard', 'bigint', '0'),
  ],
  ['FROM sys.indexes', ['name'], ['id']],
  ['SELECT highest', ['highest', 'truncated'], ['9', null]],
];

const row = (values: RowWrite['values'], key = ['id']): RowWrite => ({
  ...{ key, values, op: 'c', lsn: 7n, capturedAtMs: 0, receivedAtMs: 1, guard: 7n },
});

/** All that an applier writes: with numbers and with texts for positions, with a highest guard and without. */
async function applying(): Promise<string[]> {
  const rows = [row({ id: '1', code: 'ő', amount: '1.5' })];
  const segment: Segment = {
    truncate: { guard: 3n },
    deletes: [{ columns: ['code'], values: ['x'] }],
    updates: rows,
    upserts: [...rows, row({ id: '2' })],
    inserts: rows,
    tombstones: new Map([['["1"]', 9n]]),
  };
  const range = { topic: 'shop.dbo.orders', partition: 0, from: 5n, next: 8n };
  const asked: string[] = [];
  for (const [widePositions, answers] of [
    [false, SINK],
    [true, SINK.slice(0, 2)],
  ] as const) {
    const recorded = recording(answers);
    const sink = openSinkOn(recorded.database, { url: '', consumer: "it's", widePositions });
    await sink.prepare();
    const table = await sink.table('dbo.orders', true);
    if (table === undefined) throw new Error('no table');
    await sink.widen(table, [{ name: 'n', connectType: 'int64', optional: true }]);
    for (let time = 0; time < 64; time += 1)
      await sink.transaction(async (transaction) => {
        await transaction.remember(time < 63 ? [] : [range]);
        if (time < 63) return;
        await transaction.lock();
        await transaction.seen([range]);
        await transaction.guards(table, () => [{ id: '["1"]', columns: ['id'], values: ['1'], lsn: 4n }]);
        await transaction.write(table, segment);
        await transaction.write(table, { ...segment, truncate: {} });
      });
    await sink.forgetConsumer();
    asked.push(...new Set(recorded.asked));
  }
  return asked;
}

/** What a view of one moment asks, of a database of the lab's and of somebody's. */
async function reading(): Promise<string[]> {
  const asked: string[] = [];
  const keys = ['["5"]', '["7"]'];
  for (const tags of ['1', null]) {
    const state = ['1', tags, '16'];
    const recorded = recording([['is_cdc_enabled AS captured', ['captured', 'tags', 'version'], state]]);
    // Of the lab's own it waits for a tag to be captured, which is recorded elsewhere.
    if (tags !== null) state[0] = '0';
    const view = await openReadView(recorded.database);
    // Of the parser's time: every column once, and a few where the statement is what matters.
    const few = COLUMNS.slice(0, 3);
    const plan = readPlan(TABLE, few);
    for await (const _ of view.stream(readPlan(TABLE, COLUMNS))) break;
    await view.digests(readPlan(TABLE, COLUMNS), [undefined, undefined], true);
    await view.byKeys(plan, keys);
    await view.range(plan, keys[0], keys[1]);
    for (const table of [TABLE, { ...TABLE, key: [] }]) {
      await view.everyNthKey({ ...plan, table }, keys[0], 10, 100);
      await view.digests({ ...plan, table }, [undefined, ...keys, undefined], true);
    }
    await view.digests(readPlan(TABLE, [...few, column('x', 'float')]), [undefined, keys[0], undefined], true);
    await view.byKeys(readPlan(CODED, few), ['["it\'s"]']);
    await view.count(TABLE);
    await view.select('SELECT id FROM dbo.customers ORDER BY id;', 10);
    await view[Symbol.asyncDispose]();
    asked.push(...recorded.asked);
  }
  return [...new Set([...asked, LOOK_AT_TAGS_SQL, OPEN_SQL])];
}

const FORMS: readonly (readonly [form: CommonForm, type: string])[] = [
  ['integer', 'bigint'],
  ['decimal', 'decimal(12,2)'],
  ['text', 'nvarchar(40)'],
  ['padded-text', 'char(3)'],
  ['bytes', 'varbinary(max)'],
  ['uuid', 'uniqueidentifier'],
  ['timestamp', 'datetime2(7)'],
  ['timestamp', 'datetimeoffset(3)'],
  ['date', 'date'],
  ['time', 'time(7)'],
];

async function reconciling(): Promise<string[]> {
  const recorded = recording([
    ["o.type IN ('U', 'V')", ['id', 'schema', 'name', 'type', 'estimated'], ['7', 'dbo', 'orders', 'U', '100']],
    ['c.is_identity AS numbered', SINK_COLUMNS, sinkColumn('id', 'bigint', '1')],
    ['is_descending_key', ['index', 'primary', 'column', 'descending'], ['pk', '1', 'id', '0']],
  ]);
  const table = await describeTable(recorded.database.run, 'orders');
  await describeTable(recording().database.run, 'nowhere.at').catch(() => {});
  const columns = FORMS.map(([form, type], index): ColumnPlan => {
    const own = {
      name: index === 0 ? 'id' : `a ${type}`,
      type,
      nullable: index > 0,
      generated: false,
      order: undefined,
    };
    return { name: own.name, form, source: own, target: own };
  });
  const cells = [{ kind: 'range', from: ['1'], to: ['9'] }, { kind: 'range' }] as const;
  const parts = [{ kind: 'partition', index: 1, of: 4 }] as const;
  const repairs: string[] = [];
  for (const identity of ['integer', 'key-hash', 'row'] as const) {
    const key = identity === 'row' ? [] : columns.slice(0, 1);
    // Every form once, and two of them where the statement is what matters.
    const plan: TablePlan = {
      side: 'source',
      table,
      hashing: 'canonical-text',
      identity,
      key,
      columns: columns.slice(0, 2),
      where: '1 = 1 -- all',
    };
    const reader = sqlServerReader({ ...plan, table }, recorded.database.run);
    await reader.count();
    if (identity !== 'row') {
      await reader.integerBounds();
      await reader.sampleKeys(10);
      await reader.everyNthKey(cells[0], 5);
      await reader.entries(cells);
    }
    await reader.digests(identity === 'row' ? parts : cells);
    await reader.sweep(4);
    await reader.entries(parts);
    await reader.rows(cells, [5n, -6n]);
    if (identity === 'integer')
      await sqlServerReader({ ...plan, columns, table }, recorded.database.run).rows(cells, [5n]);
    const [before, after] = [texts('3'), texts('4')];
    for (const change of [{ before }, { after }, { before, after }]) repairs.push(reader.repair(change));
  }
  return [...new Set([...recorded.asked, ...repairs])].map((sql) => sql);
}

/** A row whose amount is so much. */
function texts(amount: string): FullRow {
  const shown = ['1', amount, "it's", 'abc', '\\x00', '6f9619ff-8b86-d011-b42d-00c04fc964ff'].concat(
    '2024-02-29 10:00:00.1234567',
    '2024-02-29 10:00:00+00',
    '2024-02-29',
    '23:59:59',
  );
  return { id: 1n, hash: '', shown, compared: shown };
}

async function sinkParts(): Promise<string[]> {
  const recorded = recording([
    ['FROM sys.foreign_keys AS f WHERE', ['schema', 'table', 'name'], ['dbo', 'lines', 'fk']],
    [
      'i.is_unique_constraint AS declared',
      ['schema', 'table', 'name', 'declared'],
      ['dbo', 'a', 'uq', '1'],
      ['dbo', 'a', 'ix', '0'],
    ],
    ['AS kind', ['schema', 'table', 'kind'], ['dbo', 'v', 'VIEW'], ['dbo', 'f', 'FUNCTION']],
    ['c.is_computed = 0 AND c.is_identity = 0', ['name'], ['id'], ['note']],
  ]);
  const { database } = recorded;
  await dropSpanning(database);
  await emptyDatabase(database);
  await readSinkState(database);
  await noteEffects(database, TABLE);
  await noteEffects(database, { ...TABLE, name: 'x'.repeat(120), key: COLUMNS.map(({ name }) => name) });
  await effectsOf(database, 'sales.items', ['["1"]']);
  await keepUnchangedValues(database, TABLE);
  await passOver.prepare(database, [{ table: 'dbo.orders', column: 'id' }]);
  await passOver.begin(database, 'dbo.orders', 7);
  await passOver.end(database, 'dbo.orders', 7);
  return [...new Set(recorded.asked)];
}

const FILES = [
  { name: 'shop', path: '/var/opt/mssql/data/shop.mdf', kind: 'ROWS' },
  { name: 'shop_log', path: 'C:\\data\\shop_log.ldf', kind: 'LOG' },
];

/** What the driver's side of the folder asks: databases, sinks, views of one moment, reconciliation. */
export async function driverStatements(): Promise<Readonly<Record<string, readonly string[]>>> {
  return {
    'databases of a server': [
      ...[
        createSql("it's"),
        allowSnapshotSql("it's"),
        dropSql("it's"),
        'SELECT 1 AS answers',
        VERSION_SQL,
        IDENTITY_SQL,
        FACTS_SQL,
      ],
      ...[backUpSql('shop', 'shop-2'), filesSql('shop'), restoreSql('shop-2', FILES), removeBackUpSql('shop-2')],
    ],
    'a shell': [TABLES_SQL, COLUMNS_SQL],
    'who writes': [WRITING_SQL],
    'apply events': await applying(),
    'parts of a sink': await sinkParts(),
    'read one moment': await reading(),
    reconcile: [
      `${SESSION_SQL}SELECT 1 AS one`,
      `${REPAIR_BEGINS_SQL}\nDELETE FROM [dbo].[a] WHERE [id] = 1;\nCOMMIT;`,
      'SELECT USER_NAME() AS name',
      NAMES_SQL,
      ...(await reconciling()),
    ],
  };
}
