import { describe, expect, test } from 'vitest';
import { startTdsServer, type TdsServerOptions } from '#testing/tds-server.ts';
import { type ConnectOptions, openDatabase, type Result } from './client.ts';

const TRUSTED = '?trustServerCertificate=true';

async function serving(options: TdsServerOptions = {}, own: ConnectOptions & { readonly query?: string } = {}) {
  const server = await startTdsServer(options);
  const { query = TRUSTED, ...rest } = own;
  const database = openDatabase(`sqlserver://sa:p%40ss@127.0.0.1:${server.port}/shop${query}`, rest);
  return {
    server,
    database,
    async [Symbol.asyncDispose]() {
      await database.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const one = (value: string) => ({ columns: [{ name: 'n', type: 'int' }], rows: [[value]] });

test('a login names user, password, database and application', async () => {
  await using own = await serving({ answer: () => one('1') }, { application: 'driftlab admin' });
  await own.database.query('SELECT 1 AS n');
  expect(own.server.logins.at(-1)).toEqual({
    ...{ user: 'sa', password: 'p@ss', database: 'shop', application: 'driftlab admin' },
  });
});

describe('values are texts', () => {
  const VALUES: readonly (readonly [type: string, sent: string, text?: string])[] = [
    ['int', '-2147483648'],
    ['bigint', '9223372036854775807'],
    ['bit', '1'],
    ['decimal(38,10)', '-12345.0000000001'],
    ['decimal(12,2)', '0.50'],
    ['money', '922337203.4567'],
    ['float', '0.30000000000000004'],
    ['float', '-0'],
    ['real', '0.1'],
    ['real', '-0'],
    ['real', '0'],
    ['date', '0001-01-01'],
    ['date', '9999-12-31'],
    ['time(7)', '23:59:59.1234567'],
    ['datetime2(7)', '2024-02-29 23:59:59.9999999'],
    ['datetime2(0)', '0999-12-31 00:00:00'],
    ['datetime2(3)', '1969-12-31 23:59:59.001'],
    ['datetime', '2024-02-29 12:00:00.003'],
    ['datetimeoffset(7)', '2024-02-29 23:59:59.0000001', '2024-02-29 23:59:59.0000001+00'],
    ['uniqueidentifier', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'],
    ['varbinary(10)', '0x00000027000000c00003', '\\x00000027000000c00003'],
    ['varbinary(max)', '0x', '\\x'],
    ['nvarchar(40)', ` té😀"'\\\n\t `],
    ['nvarchar(max)', 'x'.repeat(20_000)],
    ['nvarchar(max)', ''],
    ['varchar(20)', 'café'],
    ['nchar(4)', 'ab  '],
  ];

  test('of every type, with all their digits, and NULL is null', async () => {
    const columns = VALUES.map(([type], index) => ({ name: `c${index}`, type }));
    await using own = await serving({
      answer: () => ({ columns, rows: [VALUES.map(([, sent]) => sent), VALUES.map(() => null)] }),
    });
    const { rows } = await own.database.run('SELECT * FROM every_type');
    expect(rows).toEqual([VALUES.map(([, sent, text = sent]) => text), VALUES.map(() => null)]);
  });

  test('and a number of which the driver loses digits is refused', async () => {
    await using own = await serving({
      answer: () => ({ columns: [{ name: 'amount', type: 'decimal(38,10)' }], rows: [['12345678901.0000000001']] }),
    });
    await expect(own.database.query('SELECT amount FROM t')).rejects.toMatchObject({
      ...{ code: 'digits-lost', hint: 'have the server write it: CONVERT(varchar(41), …) AS amount' },
    });
  });
});

test('parameters are bound by sp_executesql, and what has none is a batch of its session', async () => {
  await using own = await serving({ answer: () => one('1') });
  const bytes = Buffer.from('00ff', 'hex');
  await own.database.query('SELECT @p1', ["it's", 9007199254740993n, -5, 0.1, true, null, bytes, { a: 1 }]);
  await own.database.query('SELECT 1');
  expect(own.server.calls.map(({ params }) => params)).toEqual([
    { p1: "it's", p2: '9007199254740993', p3: '-5', p4: '0.1', p5: '1', p6: null, p7: bytes, p8: '{"a":1}' },
    {},
  ]);
});

test('a batch answers with the rows of its last query, and counts what each statement wrote', async () => {
  await using own = await serving({ answer: () => [{ affected: 3 }, one('7'), { affected: 2 }] });
  expect(await own.database.run('…')).toEqual({ columns: ['n'], rows: [['7']], affected: [3, 1, 2] });
});

test('a session keeps one connection, which is left as it was', async () => {
  await using own = await serving({ answer: () => one('1') }, { max: 2 });
  await own.database.session(async ({ run }) => {
    await run('BEGIN TRANSACTION');
    await own.database.query('SELECT 2');
    await run('COMMIT TRANSACTION');
  });
  const [first, other, last] = own.server.calls.map(({ connection }) => connection);
  expect(first).toBe(last);
  expect(other).not.toBe(first);
  // One that failed is closed: nobody knows what is left of its transaction.
  await expect(own.database.session(async () => Promise.reject(new Error('ours')))).rejects.toThrow('ours');
  await own.database.query('SELECT 3');
});

test('rows are handed over as they come, and the taker is waited for', async () => {
  const rows = Array.from({ length: 1234 }, (_, n) => [String(n)]);
  await using own = await serving({ answer: () => ({ columns: [{ name: 'n', type: 'int' }], rows }) });
  const taken: Result['rows'][] = [];
  await own.database.session(({ each }) =>
    each('SELECT n FROM t', async (some) => {
      await Promise.resolve();
      taken.push(some);
    }),
  );
  expect(taken.map(({ length }) => length)).toEqual([500, 500, 234]);
  expect(taken.flat()).toEqual(rows);
});

test('what a taker of rows throws ends the query at the server', async () => {
  const rows = Array.from({ length: 600 }, (_, n) => [String(n)]);
  await using own = await serving({ answer: () => ({ columns: [{ name: 'n', type: 'int' }], rows }) });
  await expect(
    own.database.session(({ each }) => each('SELECT n FROM t', () => Promise.reject(new Error('full')))),
  ).rejects.toThrow('full');
  expect(await own.database.query('SELECT n FROM t')).toHaveLength(600);
});

test('rows are loaded in one go, with their types', async () => {
  await using own = await serving();
  await own.database.session(({ load }) =>
    load({
      table: '#driftlab_load',
      columns: [
        { name: 'place', as: 'int' },
        { name: 'p0', as: 'text' },
        { name: 'p1', as: 'bytes' },
        { name: 'p2', as: 'float' },
        { name: 'p3', as: 'real' },
        { name: 'p4', as: 'text' },
      ],
      rows: [
        [0, 'é😀', Buffer.from('ff', 'hex'), 0.1, 0.5, 'x'.repeat(9000)],
        [1, null, null, null, null, ''],
        [2, null, null, -0, -0, null],
      ],
    }),
  );
  expect(own.server.calls.map(({ sql }) => sql)).toEqual([
    'insert bulk [#driftlab_load]([place] int, [p0] nvarchar(max), [p1] varbinary(max), [p2] float, [p3] real, [p4] nvarchar(max))',
  ]);
  expect(own.server.loads).toEqual([
    [
      { place: '0', p0: 'é😀', p1: Buffer.from('ff', 'hex'), p2: '0.1', p3: '0.5', p4: 'x'.repeat(9000) },
      { place: '1', p0: null, p1: null, p2: null, p3: null, p4: '' },
      { place: '2', p0: null, p1: null, p2: '-0', p3: '-0', p4: null },
    ],
  ]);
});

test('a statement is cancelled at the server, and the connection goes on', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  await using own = await serving(
    {
      answer({ sql }) {
        if (!sql.startsWith('WAITFOR')) return one('1');
        begin();
        return new Promise(() => {});
      },
    },
    { max: 1 },
  );
  const ending = new AbortController();
  const waiting = own.database.run("WAITFOR DELAY '01:00'", [], ending.signal);
  await begun;
  ending.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  expect(own.server.attentions).toBe(1);
  expect(await own.database.query('SELECT 1 AS n')).toEqual([{ n: '1' }]);
  const connections = own.server.calls.map(({ connection }) => connection);
  expect(new Set(connections).size).toBe(1);
});

test('more statements than connections wait for their turn', async () => {
  let running = 0;
  let most = 0;
  await using own = await serving(
    {
      async answer() {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setImmediate(resolve));
        running -= 1;
        return one('1');
      },
    },
    { max: 2 },
  );
  await Promise.all(Array.from({ length: 7 }, () => own.database.query('SELECT 1 AS n')));
  expect(most).toBeLessThanOrEqual(2);
  expect(own.server.calls).toHaveLength(7);
});

test('a database that is closed waits for what was asked, and gives no more answers', async () => {
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  await using own = await serving({
    async answer() {
      begin();
      await held;
      return one('1');
    },
  });
  const asked = own.database.query('SELECT 1 AS n');
  await begun;
  const closed = own.database.close();
  await expect(own.database.query('SELECT 2 AS n')).rejects.toThrow('Pool is closed');
  release();
  expect(await asked).toEqual([{ n: '1' }]);
  await Promise.all([closed, own.database.close()]);
});

test('a connection that breaks fails what was asked on it, and the next statement gets another', async () => {
  await using own = await serving({ answer: ({ sql }) => (sql === 'break' ? 'hang-up' : one('1')) }, { max: 1 });
  await expect(own.database.query('break')).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(await own.database.query('SELECT 1 AS n')).toEqual([{ n: '1' }]);
});

test('of several errors the one that says why is thrown, with number, state and class', async () => {
  const errors = [
    { number: 1785, message: 'may cause cycles', class: 16, state: 3 },
    { number: 1750, message: 'Could not create constraint. See previous errors.' },
  ];
  await using own = await serving({ answer: () => ({ errors }) });
  await expect(own.database.query('ALTER TABLE …')).rejects.toMatchObject({
    ...{ number: 1785, state: 3, class: 16, message: 'may cause cycles' },
  });
});
