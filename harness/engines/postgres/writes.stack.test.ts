import { afterAll, beforeAll, expect, test } from 'vitest';
import { NOW } from '#model/change.ts';
import type { TableDefinition } from '#model/definition.ts';
import type { Database } from '#model/pipeline.ts';
import { startTestPostgres } from '#testing/postgres.ts';
import { createDatabase } from './admin.ts';
import { createTables } from './definitions.ts';
import { openWriterSession } from './session.ts';

const THINGS: TableDefinition = {
  name: 'things',
  columns: [
    { name: 'id', kind: { kind: 'integer', bits: 64 } },
    { name: 'label', kind: { kind: 'text', length: 3 }, default: "it's" },
    { name: 'count', kind: { kind: 'integer', bits: 16 }, nullable: true },
    { name: 'price', kind: { kind: 'decimal', precision: 6, scale: 2 }, nullable: true },
    { name: 'tags', kind: { kind: 'array', element: { kind: 'text' } }, nullable: true },
    { name: 'data', kind: { kind: 'json' }, nullable: true },
    { name: 'flags', kind: { kind: 'bits', length: 3 }, nullable: true },
    { name: 'at', kind: { kind: 'instant', digits: 6 }, default: NOW },
  ],
  key: ['id'],
};

let server: Awaited<ReturnType<typeof startTestPostgres>>;
let database: Database;
beforeAll(async () => {
  server = await startTestPostgres();
  database = await createDatabase(server.server, 'writes');
  await createTables(database, [THINGS]);
});
afterAll(async () => {
  await database.close();
  await server[Symbol.asyncDispose]();
});

const wrote = (rows: number) => ({ found: rows, changed: rows });

test('changes have the same effect whether rows come one by one, as arrays or as lists, and sums add up', async () => {
  const session = openWriterSession(database);
  try {
    const columns = ['id', 'label', 'count', 'price', 'data', 'flags', 'at'];
    const row = (id: number) => [id, 'cup', 7, '0.5', '{"a": 1}', '101', { hoursAgo: 2 }];
    await session.begin();
    expect(await session.run({ change: 'insert', table: THINGS, columns, rows: [row(1)] })).toEqual(wrote(1));
    expect(await session.run({ change: 'insert', table: THINGS, columns, rows: [row(2), row(3)] })).toEqual(wrote(2));
    const mixed = [[...row(4).slice(0, -1), '2024-01-15T12:00:00Z'], row(5)];
    expect(await session.run({ change: 'insert', table: THINGS, columns, rows: mixed })).toEqual(wrote(2));
    const tagged = [
      [6, '{a,"b c"}'],
      [7, null],
    ] as const;
    await session.run({
      change: 'insert',
      table: THINGS,
      columns: ['id', 'tags', 'label'],
      rows: tagged.map((one) => [...one, 'tag']),
    });
    const set = { count: { add: -10 }, price: { add: 1 }, at: NOW };
    expect(await session.run({ change: 'update', table: THINGS, set, where: { id: 3, label: 'cup' } })).toEqual(
      wrote(1),
    );
    expect(await session.run({ change: 'delete', table: THINGS, where: { id: 5 } })).toEqual(wrote(1));
    expect(await session.run({ change: 'delete', table: THINGS, where: { id: 5 } })).toEqual(wrote(0));
    expect(await session.commit()).toEqual({ transaction: undefined });
  } finally {
    await session.close();
  }
  const rows = await database.query(
    `SELECT id, concat_ws('|', label, count, price, tags, data, flags) AS text,
       extract(hour FROM max(at) OVER () - at) AS hours, at < '2024-02-01' AS old FROM things ORDER BY id`,
  );
  const plain = 'cup|7|0.50|{"a": 1}|101';
  expect(rows).toEqual([
    { id: '1', text: plain, hours: '2', old: 'f' },
    { id: '2', text: plain, hours: '2', old: 'f' },
    { id: '3', text: 'cup|-3|1.50|{"a": 1}|101', hours: '0', old: 'f' },
    { id: '4', text: plain, hours: expect.any(String), old: 't' },
    { id: '6', text: 'tag|{a,"b c"}', hours: '0', old: 'f' },
    { id: '7', text: 'tag', hours: '0', old: 'f' },
  ]);
});

test.each([
  ['alone', [[11, 'four']]],
  [
    'among others',
    [
      [11, 'cup'],
      [12, 'four'],
    ],
  ],
])('a value that is too long for its column is refused and not cut off, %s', async (_, rows) => {
  const session = openWriterSession(database);
  try {
    await session.begin();
    const refused = await session
      .run({ change: 'insert', table: THINGS, columns: ['id', 'label'], rows })
      .catch((error: unknown) => error);
    expect(session.isRefusal(refused) && refused.message).toBe('value too long for type character varying(3)');
    await session.rollback();
  } finally {
    await session.close();
  }
  // What a client makes of a broken connection may look like a server's code.
  expect(session.isRefusal(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toBe(false);
});
