import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { until } from '#std/wait.ts';
import { databaseUrl, type MariadbDatabase, openDatabase } from './client.ts';
import { copyDatabase } from './copy.ts';
import { quoteIdent } from './quote.ts';

/** Runs `work` on the server, in no database. */
async function onServer<T>(server: DatabaseServer, work: (database: MariadbDatabase) => Promise<T>): Promise<T> {
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
export async function createDatabase(server: DatabaseServer, name: string, template?: string): Promise<Database> {
  await onServer(server, async (admin) => {
    // A server's own default may be latin1, which holds few of the texts that a source may have.
    await admin.query(`CREATE DATABASE ${quoteIdent(name)} CHARACTER SET utf8mb4`);
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

const DROP_LIMIT_MS = 10_000;

/** False where the folder of the database is not empty yet. */
async function dropped(admin: MariadbDatabase, name: string): Promise<boolean> {
  try {
    await admin.query(`DROP DATABASE IF EXISTS ${quoteIdent(name)}`);
    return true;
  } catch (error) {
    if ((error as { readonly code?: string }).code === 'ER_DB_DROP_RMDIR') return false;
    throw error;
  }
}

/** Drops a database with the connections that are left on it; harmless when there is none of this name. */
export async function dropDatabase(server: DatabaseServer, name: string): Promise<void> {
  await onServer(server, async (admin) => {
    // A transaction that somebody left open would hold the tables.
    const left = await admin.query<{ id: string }>('SELECT id FROM information_schema.processlist WHERE db = ?', [
      name,
    ]);
    for (const { id } of left)
      await admin.query(`KILL CONNECTION ${id}`).catch((error: { readonly code?: string }) => {
        if (error.code !== 'ER_NO_SUCH_THREAD') throw error;
      });
    // Seen once on 11.4.5: the tables were gone, and a file of one of them lay there still.
    await until(() => dropped(admin, name), {
      what: `the files of the database ${name} to go`,
      limitMs: DROP_LIMIT_MS,
    });
  });
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
