import { expect, test } from 'vitest';
import { recordingDatabase } from '#testing/tsql/recording.ts';
import { source } from './source.ts';

test('before a connector starts every table is captured, and the one of its signals', async () => {
  const column = { typeSchema: 'sys', alias: '0', base: 'int', bytes: '4', precision: '10', scale: '0', nullable: '0' };
  const database = recordingDatabase([
    [
      'INNER JOIN sys.columns AS c ON c.object_id = o',
      [{ ...column, schema: 'dbo', table: 't', column: 'id', type: 'int', generated: '0' }],
    ],
  ]);
  await source.prepareSignals(database);
  const names = database.asked.flatMap((sql) => /@capture_instance = N'([^']+)'/.exec(sql)?.[1] ?? []);
  expect(names).toEqual(['driftlab_tag', 'driftlab_signal', 'dbo_t']);
  expect(database.asked.find((sql) => sql.includes('[driftlab].[signal]'))).toContain('[data] varchar(2048)');
});

test('a topic is called by prefix, database, schema and table; a signal names tables so', async () => {
  expect(source.topicOf({ prefix: 'p', database: 'shop', table: 'dbo.a b' })).toBe('p.shop.dbo.a_b');
  const database = { ...recordingDatabase(), name: 'shop' };
  await source.signalSnapshot(database, 'again', ["dbo.it's"]);
  expect(database.asked).toEqual([
    "INSERT INTO [driftlab].[signal] ([id], [type], [data]) VALUES (N'again', N'execute-snapshot', " +
      'N\'{"type":"incremental","data-collections":["shop.dbo.it\'\'s"]}\')',
  ]);
});

test('a copy job reads one moment of the database, behind a transaction of its own', async () => {
  const ran: string[] = [];
  let tag = '';
  const database = {
    name: 'shop',
    async query(sql: string) {
      tag = /^INSERT INTO \[driftlab\]\.\[tag\].*'([0-9a-f-]{36})'/.exec(sql)?.[1] ?? tag;
      return sql.includes('driftlab_tag_CT') ? [{ tag, lsn: '0x00000027000007580005' }] : [];
    },
    session: (work: (one: object) => Promise<unknown>) =>
      work({
        run: async (sql: string) => {
          ran.push(sql);
          return { columns: ['id'], rows: sql.startsWith('SELECT') ? [['1']] : [], affected: [] };
        },
      }),
  };
  const table = {
    schema: 'dbo',
    name: 't',
    key: ['id'],
    columns: [{ name: 'id', type: 'int', nullable: false, generated: false }],
  };
  const { position, rows } = await source.jobRead(database as never, table, 5);
  expect([source.formatPosition(position), rows]).toEqual(['00000027:00000758:0005', [{ id: '1' }]]);
  expect(ran).toEqual([
    'SET TRANSACTION ISOLATION LEVEL SNAPSHOT',
    'SELECT TOP (5) t.[id] AS [id] FROM [dbo].[t] AS t ORDER BY [id]',
  ]);
});
