import { describe, expect, test, vi } from 'vitest';
import { startTdsServer, type TdsServerOptions } from '#testing/tds-server.ts';
import { sqlserver } from './engine.ts';

const { server: port } = sqlserver;

async function serving(options: TdsServerOptions = {}) {
  const running = await startTdsServer(options);
  const server = {
    ...{ engine: 'sqlserver', host: '127.0.0.1', port: running.port, user: 'sa', password: 'pw' },
    parameters: { trustServerCertificate: 'true' },
  };
  return { running, server, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

const answer = (...values: (readonly [name: string, value: string | null])[]) => ({
  columns: values.map(([name]) => ({ name, type: 'nvarchar(128)' })),
  rows: [values.map(([, value]) => value)],
});

describe('a server', () => {
  test('answers, says what it is, and makes and drops databases', async () => {
    await using own = await serving({
      answer: ({ sql }) => (sql.includes('ProductVersion') ? answer(['version', '16.0.4135.4']) : {}),
    });
    expect(await port.answers(own.server)).toBe(true);
    expect(await port.version(own.server)).toBe('16.0.4135.4');
    const made = await port.create(own.server, 'my shop');
    expect([made.name, made.url]).toEqual([
      'my shop',
      `sqlserver://sa:pw@127.0.0.1:${own.server.port}/my%20shop?trustServerCertificate=true`,
    ]);
    await made.close();
    await port.drop(own.server, 'my shop');
    expect(own.running.calls.map(({ sql }) => sql.split('\n')[0])).toEqual([
      'SELECT 1 AS answers',
      expect.stringContaining('ProductVersion'),
      'CREATE DATABASE [my shop]',
      'ALTER DATABASE [my shop] SET ALLOW_SNAPSHOT_ISOLATION ON',
      "IF DB_ID(N'my shop') IS NOT NULL",
    ]);
  });

  test('copies a database from a backup of it, and takes the copy away that could not be made whole', async () => {
    let fails = false;
    const files = answer(['name', 'shop'], ['path', '/data/shop.mdf'], ['kind', 'ROWS']);
    await using own = await serving({
      answer({ sql }) {
        if (sql.includes('sys.master_files')) return files;
        if (fails && sql.startsWith('RESTORE DATABASE'))
          return { errors: [{ number: 3257, message: 'no free space' }] };
        return {};
      },
    });
    await (await port.create(own.server, 'copy', 'shop')).close();
    const words = () =>
      own.running.calls.splice(0).map(({ sql }) => sql.split(/ (?:DATABASE|FROM|@)/)[0]?.slice(0, 20));
    expect(own.running.calls[2]?.sql).toBe(
      "RESTORE DATABASE [copy] FROM DISK = N'driftlab_copy.bak' WITH MOVE N'shop' TO N'/data/copy_0.mdf'",
    );
    expect(words()).toEqual(['BACKUP', 'SELECT f.name AS nam', 'RESTORE', 'DECLARE', 'ALTER', 'SELECT is_cdc_enable']);
    fails = true;
    await expect(port.create(own.server, 'copy', 'shop')).rejects.toMatchObject({
      found: 'no free space (message 3257, state 1)',
    });
    expect(words()).toEqual(['BACKUP', 'SELECT f.name AS nam', 'RESTORE', "IF DB_ID(N'copy') IS", 'DECLARE']);
  });

  test('that is in use is dropped once it is let go', async () => {
    let left = 2;
    await using own = await serving({
      answer: () => (left-- > 0 ? { errors: [{ number: 3702, message: 'Cannot drop it: in use.' }] } : {}),
    });
    await port.drop(own.server, 'busy');
    expect(own.running.calls).toHaveLength(3);
    await using denied = await serving({ answer: () => ({ errors: [{ number: 262, message: 'permission denied' }] }) });
    await expect(port.drop(denied.server, 'busy')).rejects.toMatchObject({ code: 'no-right', exit: 1 });
    expect(denied.running.calls).toHaveLength(1);
    await expect(port.create(denied.server, 'new')).rejects.toMatchObject({
      message: 'SQL Server refuses to make the database new',
    });
  });

  test('that cannot be a source is refused with what changes it', async () => {
    const facts = (kind: string, sysadmin: string) =>
      answer(['version', '16'], ['kind', kind], ['edition', 'Express'], ['sysadmin', sysadmin], ['login', 'app']);
    await using express = await serving({ answer: () => facts('4', '1') });
    await expect(port.requireUsable?.(express.server)).rejects.toMatchObject({ code: 'cdc-not-in-edition', exit: 1 });
    await using stopped = await serving({
      answer: ({ sql }) => (sql.includes('dm_server_services') ? answer(['state', 'Stopped']) : facts('3', '1')),
    });
    await expect(port.requireUsable?.(stopped.server)).rejects.toMatchObject({ code: 'agent-not-running' });
    await using closed = await serving({ login: () => ({ number: 18456, message: 'Login failed.', state: 1 }) });
    await expect(port.requireUsable?.(closed.server)).rejects.toMatchObject({ code: 'login-failed' });
    await expect(port.requireUsable?.({ ...closed.server, parameters: { ca: '/ca.pem' } })).rejects.toMatchObject({
      message: "connectors cannot check this server's certificate",
    });
  });
});

describe('SQL of somebody’s', () => {
  const watch = { signal: new AbortController().signal, limitMs: 5000 };

  test('is run batch by batch in one session, and refused with the file and the line', async () => {
    await using own = await serving({
      answer: ({ sql }) =>
        sql.includes('oops') ? { errors: [{ number: 102, message: "Incorrect syntax near 'oops'." }] } : {},
    });
    const url = port.url(own.server, 'shop');
    await port.runSql({ url }, [{ file: 'a.sql', sql: 'CREATE TABLE a (b int);\nGO\nSELECT 1;\nSELECT 2' }], watch);
    expect(own.running.calls.map(({ sql }) => sql)).toEqual(['CREATE TABLE a (b int);', 'SELECT 1;\nSELECT 2']);
    const wrong = { file: 'b.sql', sql: 'SELECT 1\nGO\n\noops' };
    await expect(port.runSql({ url }, [wrong], watch)).rejects.toMatchObject({
      code: 'sql-refused',
      message: "b.sql:4: SQL Server refuses this SQL: Incorrect syntax near 'oops'.",
      found: 'oops',
    });
  });

  test('is ended at the server where it takes too long', async () => {
    // The time is over once the server runs the statement, however long it took to get there.
    const limit = new AbortController();
    using timing = vi.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(limit.signal);
    await using own = await serving({
      answer() {
        limit.abort();
        return new Promise(() => {});
      },
    });
    const url = port.url(own.server, 'shop');
    const slow = { file: 'c.sql', sql: "WAITFOR DELAY '01:00'" };
    await expect(port.runSql({ url }, [slow], { ...watch, limitMs: 300 })).rejects.toMatchObject({
      code: 'sql-too-long',
    });
    expect(timing).toHaveBeenCalledWith(300);
    expect(own.running.attentions).toBe(1);
  });

  test.each(['USE other\nGO\nSELECT 1', ':setvar x 1', 'CREATE DATABASE x'])(
    'that is for the client is refused: %s',
    (sql) => {
      expect(() => port.checkSql({ file: 'd.sql', sql })).toThrow('d.sql:1: this is for the client');
    },
  );

  test('is answered to a person, who sees what was done', async () => {
    await using own = await serving({
      answer: ({ sql }) => (sql.startsWith('SELECT') ? answer(['n', '1']) : { affected: 2 }),
    });
    const shell = port.openShell(port.url(own.server, 'shop'));
    expect(await shell.ask('SELECT 1 AS n\nGO\nUPDATE t SET a = 1\nGO\nCREATE TABLE x (y int)')).toEqual([
      { columns: ['n'], rows: [['1']], tag: 'SELECT 1' },
      { columns: [], rows: [], tag: 'UPDATE 2' },
      { columns: [], rows: [], tag: 'CREATE TABLE' },
    ]);
    await expect(shell.ask("SELECT 'x")).rejects.toMatchObject({ code: 'sql-unclosed' });
    await shell.describe('dbo.orders');
    expect(own.running.calls.at(-1)?.params).toEqual({ p1: 'dbo.orders' });
    await shell.close();
  });
});

test("the JDBC sink's connector is told of the lab's server, and writes another engine's tables into the default schema", async () => {
  const options = {
    server: {
      ...{ engine: 'sqlserver', host: 'h', port: 1433, user: 'sa', password: 'pw' },
      parameters: { trustServerCertificate: 'true' },
    },
    ...{ database: 'sink', topics: ['a.b'] },
  };
  const config = sqlserver.sink.connectorConfig({ ...options, foreign: true });
  expect(config).toMatchObject({
    'connection.url': 'jdbc:sqlserver://h:1433;databaseName=sink;trustServerCertificate=true',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the connector's own placeholder
    'collection.name.format': 'dbo."${source.table}"',
  });
  expect(sqlserver.sink.connectorConfig(options)['collection.name.format']).toBe(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the connector's own placeholders
    '"${source.schema}"."${source.table}"',
  );
});

describe('reconciliation', () => {
  const connect = async (version: string) => {
    const own = await serving({ answer: () => answer(['version', version]) });
    const url = port.url(own.server, 'shop');
    return { own, side: sqlserver.reconcile.connect(url, { connections: 1 }) };
  };

  test('says which server it asks, and waits for no lock without end', async () => {
    const { own, side } = await connect('16.0.4135.4');
    const open = await side;
    expect([open.engine, open.version, open.bytesMoved() > 0]).toEqual(['sqlserver', '16.0.4135.4', true]);
    expect(own.running.calls[0]?.sql).toMatch(/^SET LOCK_TIMEOUT 30000;\n/);
    await open[Symbol.asyncDispose]();
    await own[Symbol.asyncDispose]();
  });

  test('needs a server that can write UTF-8', async () => {
    const { own, side } = await connect('14.0.1000.169');
    await expect(side).rejects.toMatchObject({ code: 'too-old', found: 'version 14.0.1000.169' });
    await own[Symbol.asyncDispose]();
  });
});
