import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { startTdsServer, type TdsServerOptions } from '#testing/tds-server.ts';
import { openDatabase } from './client.ts';
import { explained, readingOf, telling, unreachable } from './refusal.ts';

const TRUSTED = '?trustServerCertificate=true';

/** What a person is told who connects to a server of these options. */
async function told(options: TdsServerOptions, query = TRUSTED, host = '127.0.0.1') {
  await using server = await startTdsServer(options);
  const url = `sqlserver://app:secret@${host}:${server.port}/shop${query}`;
  return await toldAt(url);
}

async function toldAt(url: string) {
  const database = openDatabase(url, { connectMs: 3000 });
  try {
    await database.query('SELECT 1');
    return undefined;
  } catch (error) {
    const { code, message, found, hint } = unreachable(url, error);
    return { code, message: message.replace(/:\d+\//, ':PORT/'), found, hint };
  } finally {
    await database.close();
  }
}

test('a refused login has the number and the state of the server, and never the password', async () => {
  const refused = await told({
    login: ({ user }) => ({ number: 18456, state: 8, class: 14, message: `Login failed for user '${user}'.` }),
  });
  expect(refused).toMatchObject({
    code: 'login-failed',
    message: 'cannot connect to SQL Server at app@127.0.0.1:PORT/shop',
    found: "Login failed for user 'app'. (message 18456, state 8)",
    hint: expect.stringMatching(/^the password is wrong; .*ALTER LOGIN \[app\] WITH PASSWORD/),
  });
  expect(JSON.stringify(refused)).not.toContain('secret');
});

test('a database that is not there is named, at the first attempt', async () => {
  let logins = 0;
  const refused = await told({
    login() {
      logins += 1;
      return { number: 4060, class: 11, message: 'Cannot open database "shop" requested by the login.' };
    },
  });
  expect(refused).toMatchObject({ code: 'no-such-database', hint: expect.stringContaining('sys.databases') });
  expect(logins).toBe(1);
});

test('a connection is encrypted, and the certificate is checked, unless the URL says otherwise', async () => {
  const selfSigned = await told({}, '');
  expect(selfSigned).toMatchObject({
    code: 'unreachable',
    hint: expect.stringContaining('&trustServerCertificate=true'),
  });
  const clear = await told({ encryption: 'refused' }, TRUSTED);
  expect(clear).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('&encrypt=false') });
  const demanded = await told({}, '?encrypt=false');
  expect(demanded).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('&encrypt=true') });
  expect(await told({ encryption: 'refused' }, '?encrypt=false')).toBeUndefined();
});

test('nothing that listens, no such name, and what is no SQL Server', async () => {
  expect(await toldAt('sqlserver://a@127.0.0.1:1/shop')).toMatchObject({
    ...{ code: 'unreachable', hint: expect.stringContaining('nothing listens there') },
  });
  expect(await toldAt('sqlserver://a@driftlab.invalid:1433/shop')).toMatchObject({
    ...{ code: 'unreachable', hint: expect.stringContaining('no name server knows driftlab.invalid') },
  });
  const other = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { readonly port: number };
  expect(await toldAt(`sqlserver://a@127.0.0.1:${port}/shop`)).toMatchObject({
    ...{ code: 'unreachable', hint: expect.stringContaining('is SQL Server') },
  });
  await new Promise((resolve) => other.close(resolve));
});

test.each([
  [
    229,
    "The SELECT permission was denied on the object 'orders', database 'shop', schema 'dbo'.",
    'no-right',
    'GRANT SELECT ON [orders] TO [app]',
  ],
  [208, "Invalid object name 'cdc.change_tables'.", 'cdc-not-enabled', 'USE [shop]; EXEC sys.sp_cdc_enable_db'],
  [208, "Invalid object name 'shop.cdc.fn_cdc_get_all_changes_dbo_a'.", 'no-capture-instance', 'sp_cdc_help'],
  [208, "Invalid object name 'dbo.orders'.", 'no-such-table', 'sys.tables'],
  [2812, "Could not find stored procedure 'sys.sp_cdc_enable_db'.", 'cdc-not-in-edition', 'Developer'],
  [2812, "Could not find stored procedure 'mine'.", 'refused', '2812'],
  [262, "CREATE TABLE permission denied in database 'shop'.", 'no-right', 'GRANT CREATE TABLE TO [app]'],
  [22902, 'Caller is not authorized to initiate the requested action.', 'no-right', 'db_owner'],
  [
    22901,
    "The database 'shop' is not enabled for Change Data Capture.",
    'cdc-not-enabled',
    'USE [shop]; EXEC sys.sp_cdc_enable_db',
  ],
  [
    22985,
    "Change data capture has not been enabled for source table 'dbo.orders'.",
    'cdc-table-not-enabled',
    'sys.sp_cdc_enable_table',
  ],
  [22988, 'This instance of SQL Server is the Express Edition.', 'cdc-not-in-edition', 'Developer'],
  [
    22960,
    "Change data capture instance 'x' has not been enabled",
    'no-capture-instance',
    'sp_cdc_help_change_data_capture',
  ],
  [22962, 'Two capture instances already exist', 'two-capture-instances', 'sp_cdc_disable_table'],
  [22993, 'The Change Data Capture job table', 'no-capture-job', 'sp_cdc_add_job'],
  [
    313,
    'An insufficient number of arguments were supplied for the procedure or function cdc.fn_cdc_get_all_changes_ ... .',
    'changes-cleaned-up',
    '@retention',
  ],
  [22022, 'SQLServerAgent is not currently running', 'agent-not-running', 'MSSQL_AGENT_ENABLED=true'],
  [1205, 'was deadlocked on lock resources', 'deadlock', 'run it again'],
  [1222, 'Lock request time out period exceeded.', 'timeout', 'sys.dm_exec_requests'],
  [
    3952,
    'Snapshot isolation transaction failed',
    'no-snapshot-isolation',
    'ALTER DATABASE [shop] SET ALLOW_SNAPSHOT_ISOLATION ON',
  ],
  [9002, "The transaction log for database 'shop' is full due to 'REPLICATION'.", 'log-full', 'log_reuse_wait_desc'],
  [911, "Database 'shop' does not exist.", 'no-such-database', 'sys.databases'],
  [50000, 'a trigger has raised this', 'refused', '50000'],
])('message %i of a statement', async (number, message, code, hint) => {
  await using server = await startTdsServer({ answer: () => ({ errors: [{ number, message }] }) });
  const url = `sqlserver://app:secret@127.0.0.1:${server.port}/shop${TRUSTED}`;
  const database = openDatabase(url, { max: 1 });
  const error = await database.query('…').catch((thrown: unknown) => thrown);
  await database.close();
  expect(readingOf(error, url)).toMatchObject({ code, hint: expect.stringContaining(hint) });
  expect(explained(url, 'this statement', error)).toMatchObject({
    ...{ code, message: 'SQL Server refuses this statement', found: `${message} (message ${number}, state 1)` },
  });
});

test('an error of a database that is known is told as one of its own; without an address it stays as it is', async () => {
  const refused = Object.assign(new Error('no'), { number: 22902 });
  const work = () => Promise.reject(refused);
  const url = 'sqlserver://app:secret@db:1433/shop';
  await expect(telling({ url }, 'to capture its tables', work)).rejects.toMatchObject({
    ...{ code: 'no-right', message: 'SQL Server refuses to capture its tables', cause: refused },
  });
  await expect(telling({}, 'to capture its tables', work)).rejects.toBe(refused);
});
