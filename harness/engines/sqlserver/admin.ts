import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer, End } from '#model/stack.ts';
import { until } from '#std/wait.ts';
import { AGENT_SQL } from './capture.ts';
import { openDatabase, type SqlServerDatabase } from './client.ts';
import { backUpSql, type DatabaseFile, filesSql, removeBackUpSql, restoreSql } from './copy.ts';
import { copyCaptures } from './copy-captures.ts';
import { quoteIdent, quoteLiteral } from './quote.ts';
import { explained, unreachable } from './refusal.ts';
import { lackOf, unreachableByConnectors } from './requirements.ts';
import { isServerError } from './server-error.ts';
import { databaseUrl } from './url.ts';

const MASTER = 'master';

/** Runs `work` on the server, in the database that is always there. */
async function onServer<T>(server: DatabaseServer, work: (database: SqlServerDatabase) => Promise<T>): Promise<T> {
  const database = openDatabase(databaseUrl(server, MASTER), { max: 1, application: 'driftlab admin' });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

export const createSql = (name: string): string => `CREATE DATABASE ${quoteIdent(name)}`;

/** One moment of the database can be read, whoever writes meanwhile. */
export const allowSnapshotSql = (name: string): string =>
  `ALTER DATABASE ${quoteIdent(name)} SET ALLOW_SNAPSHOT_ISOLATION ON`;

/**
 * Creates a database and opens it; as a copy of `template` where one is given, from a backup of it. What could not be copied
 * whole is dropped again.
 */
export async function createDatabase(
  server: DatabaseServer,
  name: string,
  template?: string,
  onMade?: () => void,
): Promise<Database> {
  await onServer(server, async (admin) => {
    if (template === undefined) await admin.run(createSql(name));
    else await copyDatabase(admin, template, name);
    onMade?.();
    await admin.run(allowSnapshotSql(name));
  }).catch((error: unknown) => {
    throw explained(databaseUrl(server, MASTER), `to make the database ${name}`, error);
  });
  const made = openNamed(server, name);
  if (template !== undefined) await captureAsBefore(server, template, made);
  return made;
}

/** What could not be captured as the original is is dropped again, too. */
async function captureAsBefore(server: DatabaseServer, template: string, made: SqlServerDatabase): Promise<void> {
  const original = openNamed(server, template);
  try {
    await copyCaptures(original, made);
  } catch (error) {
    await made.close();
    await dropDatabase(server, made.name).catch(() => {});
    throw explained(original.url, `to capture the database ${made.name} as ${template} is`, error);
  } finally {
    await original.close();
  }
}

async function copyDatabase(admin: SqlServerDatabase, from: string, to: string): Promise<void> {
  await admin.run(backUpSql(from, to));
  try {
    const files = await admin.query<DatabaseFile>(filesSql(from));
    await admin.run(restoreSql(to, files));
  } catch (error) {
    await admin.run(dropSql(to)).catch(() => {});
    throw error;
  } finally {
    // Only from 2019 on, and only where the user may: the file is small, and the next copy of the name writes over it.
    await admin.run(removeBackUpSql(to)).catch(() => {});
  }
}

/** Opens a database that is there. */
export function openNamed(server: DatabaseServer, name: string): SqlServerDatabase {
  return openDatabase(databaseUrl(server, name), { max: 6 });
}

/** Whoever is connected is thrown out; the jobs of the capture go with the database. Does nothing where there is none. */
export function dropSql(name: string): string {
  const database = quoteIdent(name);
  return `IF DB_ID(${quoteLiteral(name)}) IS NOT NULL
BEGIN
  ALTER DATABASE ${database} SET SINGLE_USER WITH ROLLBACK IMMEDIATE;
  DROP DATABASE ${database};
END`;
}

const DROP_LIMIT_MS = 15_000;

/** Somebody else has connected again, the capture job for one, or the database is on its way from one state to another. */
const IN_USE: ReadonlySet<number> = new Set([924, 1205, 3702, 5061, 5064, 5070]);

/** Drops a database with the connections that are left on it; harmless when there is none of this name. */
export async function dropDatabase(server: DatabaseServer, name: string): Promise<void> {
  await onServer(server, async (admin) => {
    const dropped = async (): Promise<boolean> => {
      try {
        await admin.run(dropSql(name));
        return true;
      } catch (error) {
        if (isServerError(error) && IN_USE.has(error.number)) return false;
        throw explained(databaseUrl(server, MASTER), `to drop the database ${name}`, error);
      }
    };
    await until(dropped, { what: `the database ${name} to be let go`, limitMs: DROP_LIMIT_MS });
  });
}

/** Every start of a server makes tempdb anew. */
export const IDENTITY_SQL = `SELECT CONCAT(@@SERVERNAME, N'/', CONVERT(nvarchar(40), create_date, 126), N'/', DB_NAME()) AS [identity]
FROM sys.databases WHERE name = N'tempdb'`;

export const VERSION_SQL = "SELECT CONVERT(nvarchar(128), SERVERPROPERTY(N'ProductVersion')) AS version";

/** What the server says it is: `16.0.4135.4`. */
export function serverVersion(server: DatabaseServer): Promise<string> {
  return onServer(server, async (admin) => {
    const [row] = await admin.query<{ version: string }>(VERSION_SQL);
    return row?.version ?? '';
  });
}

/** True once the server answers; a server that is killed while it is asked ends the connection, and the caller asks again. */
export async function serverAnswers(server: DatabaseServer): Promise<true> {
  const database = openDatabase(databaseUrl(server, MASTER), {
    ...{ max: 1, connectMs: 2000, application: 'driftlab admin' },
  });
  try {
    await database.query('SELECT 1 AS answers');
    return true;
  } finally {
    await database.close();
  }
}

export const FACTS_SQL = `SELECT CONVERT(int, SERVERPROPERTY(N'ProductMajorVersion')) AS version,
  CONVERT(int, SERVERPROPERTY(N'EngineEdition')) AS kind, CONVERT(nvarchar(128), SERVERPROPERTY(N'Edition')) AS edition,
  IS_SRVROLEMEMBER(N'sysadmin') AS sysadmin, SUSER_SNAME() AS login`;

/** Throws an OperatorError (exit 1) for a server that cannot be reached, or that this login cannot use as is wanted. */
export async function requireUsable(server: DatabaseServer, as: End = 'source'): Promise<void> {
  const wrong = unreachableByConnectors(server);
  if (wrong !== undefined) throw wrong;
  const lack = await onServer(server, async (admin) => {
    const [facts] =
      await admin.query<Record<'version' | 'kind' | 'edition' | 'sysadmin' | 'login', string | null>>(FACTS_SQL);
    // Without the right to see the server's state nobody can tell.
    const [agent] = as === 'sink' ? [] : await admin.query<{ state: string | null }>(AGENT_SQL).catch(() => []);
    return lackOf(
      {
        version: Number(facts?.version ?? 0),
        kind: Number(facts?.kind ?? 0),
        edition: facts?.edition ?? '',
        sysadmin: facts?.sysadmin === '1',
        login: facts?.login ?? server.user,
        agent: agent?.state ?? undefined,
      },
      as,
    );
  }).catch((error: unknown) => {
    throw unreachable(databaseUrl(server, MASTER), error);
  });
  if (lack !== undefined) throw lack;
}
