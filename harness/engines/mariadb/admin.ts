import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { databaseUrl, type MariadbDatabase, openDatabase } from './client.ts';
import { copyDatabase } from './copy.ts';
import { flavourOf } from './flavour.ts';
import { quoteIdent } from './quote.ts';
import { unreachable } from './refusal.ts';
import { lackOf } from './requirements.ts';

/** Runs `work` on the server, in no database. */
export async function onServer<T>(server: DatabaseServer, work: (database: MariadbDatabase) => Promise<T>): Promise<T> {
  const database = openDatabase(databaseUrl(server, ''), { max: 1, application: 'driftlab admin' });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/**
 * Creates a database and opens it; as a copy of `template` where one is given, to which nobody may write meanwhile. What
 * could not be copied whole is dropped again.
 */
export async function createDatabase(
  server: DatabaseServer,
  name: string,
  template?: string,
  onMade?: () => void,
): Promise<Database> {
  await onServer(server, async (admin) => {
    // A server's own default may be latin1, which holds few of the texts that a source may have.
    await admin.query(`CREATE DATABASE ${quoteIdent(name)} CHARACTER SET utf8mb4`);
    onMade?.();
    if (template === undefined) return;
    try {
      await copyDatabase(admin, template, name);
    } catch (error) {
      await admin.query(`DROP DATABASE IF EXISTS ${quoteIdent(name)}`);
      throw error;
    }
  });
  return openNamed(server, name);
}

/** Opens a database that is there. */
export function openNamed(server: DatabaseServer, name: string): MariadbDatabase {
  return openDatabase(databaseUrl(server, name), { max: 6 });
}

/** What the server says it is: `11.4.5`. */
export function serverVersion(server: DatabaseServer): Promise<string> {
  return onServer(server, async (admin) => {
    const [row] = await admin.query<{ version: string }>('SELECT VERSION() AS version');
    return /^[\d.]+/.exec(row?.version ?? '')?.[0] ?? '';
  });
}

/** True once the server answers; a server that is killed while it is asked ends the connection, and the caller asks again. */
export async function serverAnswers(server: DatabaseServer): Promise<true> {
  const database = openDatabase(databaseUrl(server, ''), { max: 1, connectMs: 2000, application: 'driftlab admin' });
  try {
    await database.query('SELECT 1');
    return true;
  } finally {
    await database.close();
  }
}

/** Throws an OperatorError (exit 1) for a server that cannot be reached, or whose changes this user cannot capture. */
export async function requireUsable(server: DatabaseServer): Promise<void> {
  const lack = await onServer(server, async (admin) => {
    const variables = await admin.run('SHOW GLOBAL VARIABLES');
    const grants = await admin.run('SHOW GRANTS');
    const account = await admin.run('SELECT CURRENT_USER()');
    return lackOf(
      {
        settings: new Map(variables.rows.map(([name, value]) => [name ?? '', value ?? ''])),
        grants: grants.rows.map(([grant]) => grant ?? ''),
        account: account.rows[0]?.[0] ?? '',
      },
      flavourOf(server),
    );
  }).catch((error: unknown) => {
    throw unreachable(databaseUrl(server, ''), error);
  });
  if (lack !== undefined) throw lack;
}
