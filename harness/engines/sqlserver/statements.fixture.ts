import type { Table } from '#model/catalog.ts';
import { type ChangedTable, NOW, type Value } from '#model/change.ts';
import type { TableDefinition } from '#model/definition.ts';
import type { Kind } from '#model/kind.ts';
import type { Shape } from '#model/shape.ts';
import { recordingDatabase } from '#testing/tsql/recording.ts';
import { DEDUP_STATE_SQL } from './apply-bookkeeping.ts';
import {
  AGENT_SQL,
  captureState,
  disableTableSql,
  enableTableSql,
  JOBS_SQL,
  minLsnSql,
  renewCapture,
  SNAPSHOT_SQL,
} from './capture.ts';
import { readCatalog } from './catalog.ts';
import { changesSql } from './change-feed.ts';
import { cleanUp } from './cleanup.ts';
import { connectorTable, SIGNAL_SQL, signalSql } from './connectors.ts';
import { copyCaptures } from './copy-captures.ts';
import { addColumn, analyze, createTables, insertRows } from './definitions.ts';
import { driverStatements } from './driver-statements.fixture.ts';
import { kindOf } from './kinds.ts';
import { latestRows, textOf } from './quote.ts';
import { BEGIN_SQL, ROLLBACK_SQL } from './session.ts';
import { readShapes } from './shapes.ts';
import { addColumnSql, createSinkTable } from './sink-ddl.ts';
import { firstRowsSql, source } from './source.ts';
import { isStreamed, logBytes, state } from './source-state.ts';
import { surveyor } from './surveyor.ts';
import { namesSql, openNames, tagSql } from './tags.ts';
import { obstaclesSql, touchSql, whereSql } from './touch-row.ts';
import { keepVersions, versionsOf } from './versions.ts';
import { writeSql } from './writes.ts';

/** A value of each kind for which SQL Server has a type, as a writer gives it. */
const VALUES: readonly (readonly [name: string, kind: Kind, value: Value])[] = [
  ['small', { kind: 'integer', bits: 8 }, -128],
  ['big', { kind: 'integer', bits: 64 }, '9223372036854775807'],
  ['huge', { kind: 'integer', bits: 64, unsigned: true }, '18446744073709551615'],
  ['amount', { kind: 'decimal', precision: 12, scale: 2 }, '-1.50'],
  ['ratio', { kind: 'float', bits: 64 }, '1e-300'],
  ['flag', { kind: 'boolean' }, true],
  ["quo'te", { kind: 'text' }, "it's \\\n {{ jinja }} 😀"],
  ['short name', { kind: 'text', length: 40 }, ''],
  ['raw', { kind: 'bytes' }, '\\x00ff'],
  ['none', { kind: 'bytes', length: 8 }, '\\x'],
  ['at', { kind: 'instant', digits: 6 }, '2024-01-15T12:00:00.5Z'],
  ['local', { kind: 'local-timestamp', digits: 3 }, '2024-01-15 12:00:00.123'],
  ['clock', { kind: 'local-time', digits: 0 }, '23:59:59'],
  ['day', { kind: 'date' }, '2024-01-15'],
  ['year', { kind: 'year' }, 2024],
  ['span', { kind: 'duration' }, 'PT-1.5S'],
  ['doc', { kind: 'json' }, '{"a":[1,null]}'],
  ['id128', { kind: 'uuid' }, '6F9619FF-8B86-D011-B42D-00C04FC964FF'],
  ['one of', { kind: 'enum', labels: ['a'] }, 'a'],
];

const EVERY_KIND: TableDefinition = {
  name: 'select',
  columns: [
    { name: 'key', kind: { kind: 'integer', bits: 32 } },
    ...VALUES.map(([name, kind]) => ({ name, kind, nullable: true as const })),
  ],
  key: ['key'],
};

const LINES: TableDefinition = {
  name: 'sales.lines',
  columns: [
    { name: 'key', kind: { kind: 'integer', bits: 32 } },
    { name: 'state', kind: { kind: 'text', length: 9 }, default: "it's new" },
    { name: 'made', kind: { kind: 'instant', digits: 6 }, default: NOW },
    { name: 'due', kind: { kind: 'local-timestamp', digits: 0 }, default: { hoursAgo: -24 }, nullable: true },
  ],
  key: [],
  foreign: [{ columns: ['key'], table: 'select', references: ['key'] }],
  indexes: [['state', 'made'], ['due']],
};

const COUNTED: ChangedTable = {
  name: 'dbo.counted',
  columns: [
    { name: 'id', kind: { kind: 'integer', bits: 64 }, type: 'bigint', identity: true },
    { name: 'code', kind: { kind: 'text', length: 9 }, type: 'varchar(9)' },
    { name: 'doc', kind: { kind: 'other', type: 'xml' }, type: 'xml' },
  ],
};

/** A source's table as its catalog has it, with types that a sink lacks. */
const FROM_SOURCE: Table = {
  ...{ schema: 'sales', name: "it'ems", key: ['id', 'code'] },
  columns: ['bigint', 'varchar(max)', 'money', 'rowversion', 'sql_variant', 'dbo.Phone', 'datetime2(7)', 'xml'].map(
    (type, index) => ({
      ...{ name: ['id', 'code'][index] ?? type, type, nullable: index > 1, generated: type === 'rowversion' },
      ...(type === 'dbo.Phone' ? { base: 'varchar(20)' } : {}),
    }),
  ),
};

/** A table of somebody's, as a writer looks at it. */
const TRIED: Shape = {
  ...{ id: 'dbo.counted', key: ['id'], uniques: [], foreign: [], partitionedBy: [], excludes: false },
  checks: [{ columns: ['id'], sql: '([id]>(0))' }],
  columns: [
    ['id', 'decimal(38,2)'],
    ['name', 'varchar(9)'],
  ].map(([name = '', type = '']) => ({
    ...{ name, type, kind: kindOf({ type }), nullable: false, generated: false, identity: false, hasDefault: false },
  })),
};

const CAPTURED = [
  [
    'sp_cdc_help_change_data_capture',
    [
      {
        ...{ source_schema: 'sales', source_table: 'lines', capture_instance: 'sales_lines', create_date: 'x' },
        ...{
          supports_net_changes: '1',
          role_name: 'readers',
          index_name: 'PK_lines',
          captured_column_list: '[key], [state]',
        },
      },
    ],
  ],
  ['is_cdc_enabled AS captured', [{ captured: '1' }]],
  [
    't.role_name AS role',
    [
      { name: 'key', captured: '1', role: "reader's", net: '1', index: 'PK_lines' },
      { name: 'secret', captured: '0', role: "reader's", net: '1', index: 'PK_lines' },
      { name: 'n', captured: '0', role: "reader's", net: '1', index: 'PK_lines' },
    ],
  ],
  [
    'cdc.change_tables',
    ['sales_lines', 'sales_lines_2'].map((instance) => ({
      schema: 'sales',
      table: 'lines',
      instance,
      start: null,
      columns: '3',
    })),
  ],
] as const;

/** Those of a cleanup, which names a transaction first. */
async function cleanupStatements(): Promise<readonly string[]> {
  const { asked, query } = recordingDatabase(CAPTURED);
  const answering = {
    async query<T extends object>(sql: string): Promise<T[]> {
      const [, tag] =
        /'([0-9a-f-]{36})'/.exec(asked.findLast((one) => one.includes('INSERT INTO [driftlab]')) ?? '') ?? [];
      if (!sql.includes('driftlab_tag_CT')) return query(sql);
      return [{ tag, lsn: '0x0000002700000AC00002' }] as unknown as T[];
    },
  };
  await cleanUp(answering);
  // What it does first is among those of naming a transaction, and has a name of its own each time.
  return asked.slice(asked.findLastIndex((one) => one.includes('cdc.captured_columns')) + 1);
}

/** What functions ask that write more than one statement, or that look first. */
async function asked(): Promise<Record<string, readonly string[]>> {
  const database = recordingDatabase(CAPTURED);
  const since = (): string[] => database.asked.splice(0);
  const recorded: Record<string, readonly string[]> = {};
  await createTables(database, [EVERY_KIND, LINES]);
  await insertRows(database, LINES, ['key', 'state'], [[1, 'a']]);
  await insertRows(database, LINES, ['key'], []);
  recorded['create tables'] = since();
  await addColumn(database, 'sales.lines', { name: 'tier', kind: { kind: 'text' }, default: "it's std" });
  await addColumn(database, 'sales.lines', {
    name: 'n',
    kind: { kind: 'float', bits: 32 },
    nullable: true,
    default: 0,
  });
  recorded['add a column to a captured table'] = since();
  await renewCapture(database, 'sales.lines', ['n']);
  await analyze(database);
  await captureState(database);
  await copyCaptures(database, database);
  recorded.capture = since();
  recorded.cleanup = await cleanupStatements();
  await openNames(database).ready();
  recorded['name transactions'] = since();
  await readCatalog(database);
  await readShapes(database);
  recorded['read the catalog'] = since();
  await state(database);
  await logBytes(database);
  await isStreamed(database);
  recorded['state of the source'] = since();
  await source.prepareSignals(database);
  recorded['prepare a source'] = since();
  const shape = TRIED;
  const [first] = shape.columns;
  if (first !== undefined) await surveyor.top(database, shape, first);
  await surveyor.readRows(database, shape, 10);
  const session = async <T>(work: (connection: object) => Promise<T>): Promise<T> =>
    work({ run: async (sql: string) => ({ columns: [], affected: [], rows: await database.query(sql) }) });
  await surveyor.accepted({ ...database, session } as never, shape, shape.columns, [['1', "it's"]], 5);
  recorded['look at a table of somebody'] = since();
  await keepVersions(database, [FROM_SOURCE]);
  recorded['versions of rows'] = [...since(), `SELECT COUNT_BIG(*) FROM ${versionsOf(FROM_SOURCE).from}`];
  for (const keyed of [true, false])
    for (const widePositions of [true, false]) {
      await createSinkTable(database, FROM_SOURCE, { keyed, widePositions });
      const unique = { columns: ['code'], namesRows: false };
      await createSinkTable(database, { ...FROM_SOURCE, key: [], unique }, { keyed, widePositions });
    }
  await createSinkTable(database, FROM_SOURCE, { keyed: true, bookkeeping: false });
  recorded['create sink tables'] = since();
  await database.query(DEDUP_STATE_SQL);
  recorded['what is known of duplicates'] = since();
  return recorded;
}

const names = VALUES.map(([name]) => name);
const row = (key: number): Value[] => [key, ...VALUES.map(([, , value]) => value)];

function writes(): string[] {
  const table: ChangedTable = EVERY_KIND;
  return [
    writeSql({ change: 'insert', table, columns: ['key', ...names], rows: [row(1), [2, ...names.map(() => null)]] }),
    writeSql({ change: 'insert', table: LINES, columns: ['key'], rows: Array.from({ length: 1001 }, (_, n) => [n]) }),
    writeSql({
      change: 'insert',
      table: COUNTED,
      columns: ['id', 'code', 'doc'],
      rows: [
        [1, "a'b", '<a/>'],
        [2, 'é', null],
      ],
    }),
    writeSql({ change: 'insert', table: { name: 't', columns: [] }, columns: ['a'], rows: [['x'], [1.5], [false]] }),
    writeSql({
      ...{ change: 'update', table, where: { key: 1, 'short name': 'a' } },
      set: { big: { add: 2 }, small: { add: -1 }, raw: null, at: NOW, local: { hoursAgo: 3 }, "quo'te": 'x' },
    }),
    writeSql({ change: 'delete', table, where: { key: 1 } }),
    writeSql({ change: 'truncate', table }),
  ].map(({ sql }) => sql);
}

/** Every statement that this folder can make, by what it is for. What adds one to the folder adds it here. */
export async function statements(): Promise<Readonly<Record<string, readonly string[]>>> {
  const tag = '6f9619ff-8b86-d011-b42d-00c04fc964ff';
  const column = { name: "ti'er", connectType: 'string', optional: false, default: "it's" };
  return {
    ...(await asked()),
    ...(await driverStatements()),
    write: writes(),
    'a transaction': [BEGIN_SQL, tagSql(tag), 'COMMIT TRANSACTION', ROLLBACK_SQL, namesSql(0x2700000ac00002n)],
    'a row written again as it is': [
      obstaclesSql('sales.lines'),
      touchSql(FROM_SOURCE, whereSql(FROM_SOURCE, '["1","it\'s"]'), true).join(';\n'),
    ],
    'a moment of the database': [SNAPSHOT_SQL],
    'capture of a table': [
      enableTableSql('dbo.customers', { name: 'dbo_customers', role: 'cdc_reader', netChanges: true }),
      disableTableSql('dbo.customers', 'dbo_customers'),
      minLsnSql('dbo_customers'),
    ],
    'jobs of the capture': [AGENT_SQL, JOBS_SQL],
    signals: [SIGNAL_SQL, signalSql('again', [connectorTable('shop', 'dbo.customers')])],
    'columns from events': [
      addColumnSql('dbo.customers', column),
      addColumnSql('dbo.customers', { ...column, optional: true, default: null }),
      addColumnSql('dbo.customers', { name: 'n', connectType: 'int64', optional: true, default: '5' }),
    ],
    'changes and rows': [
      changesSql('dbo_customers', FROM_SOURCE.columns.slice(0, 2), 1n, 2n),
      firstRowsSql(FROM_SOURCE, 10),
      firstRowsSql({ ...FROM_SOURCE, key: [] }, 10),
    ],
    'parts of others': [`SELECT t.*, ${textOf('[a] + 1')} FROM ${latestRows('dbo.versions', ['id'], '[at]')} AS t`],
  };
}
