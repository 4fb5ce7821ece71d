import type { DatabaseServer } from '#model/stack.ts';
import { until } from '#std/wait.ts';
import { onServer } from './admin.ts';
import type { MariadbDatabase } from './client.ts';
import { flavourOf } from './flavour.ts';
import { quoteIdent } from './quote.ts';

const DROP_LIMIT_MS = 10_000;
const SESSIONS_LIMIT_MS = 5000;

/** Drops a database with the connections that are left on it; harmless when there is none of this name. */
export async function dropDatabase(server: DatabaseServer, name: string): Promise<void> {
  await onServer(server, async (admin) => {
    // A transaction that somebody left open would hold the tables. For a moment the list also has sessions of other databases
    // that read triggers or views of this one: the lab's own read none but their own database's (see `catalog.ts`).
    const left = await admin.query<{ id: string }>('SELECT id AS id FROM information_schema.processlist WHERE db = ?', [
      name,
    ]);
    await endSessions(
      admin,
      left.map(({ id }) => id),
    );
    const triggered = await admin.query<{ name: string }>(
      'SELECT DISTINCT event_object_table AS name FROM information_schema.triggers WHERE event_object_schema = ?',
      [name],
    );
    await until(() => dropped(admin, name, triggered), {
      what: `the files of the database ${name} to go`,
      limitMs: DROP_LIMIT_MS,
    });
  });
}

/** Ends sessions, whatever they do, and waits until they have let go of what they hold. */
export async function endSessions(admin: Pick<MariadbDatabase, 'query'>, sessions: readonly string[]): Promise<void> {
  if (sessions.length === 0) return;
  for (const session of sessions)
    await admin.query(`KILL CONNECTION ${session}`).catch((error: { readonly code?: string }) => {
      if (error.code !== 'ER_NO_SUCH_THREAD') throw error;
    });
  const ids = sessions.join(', ');
  const gone = async (): Promise<boolean> =>
    (await admin.query(`SELECT 1 FROM information_schema.processlist WHERE id IN (${ids})`)).length === 0;
  // A session is said to be killed before it has ended.
  await until(gone, { what: `the sessions ${ids} to end`, limitMs: SESSIONS_LIMIT_MS });
}

/** False where the folder of the database is not empty yet. */
async function dropped(
  admin: MariadbDatabase,
  name: string,
  triggered: readonly { readonly name: string }[],
): Promise<boolean> {
  try {
    await admin.query(`DROP DATABASE IF EXISTS ${quoteIdent(name)}`);
    return true;
  } catch (error) {
    if ((error as { readonly code?: string }).code !== 'ER_DB_DROP_RMDIR' || !flavourOf(admin).leavesTriggerFiles)
      throw error;
    for (const [number, table] of triggered.entries()) await removeTriggerBackup(admin, name, table.name, number);
    return false;
  }
}

/**
 * A second trigger of a table makes the server keep the first one's file as `t.TRG-` and remove that at the end. Where
 * another session changes a definition at that moment, 11.4.5 leaves it (seen in one run of eight, with six databases made
 * side by side), and the folder cannot be removed. What is made in its place takes the file with it. A database has each
 * trigger's name only once, so those of each table have its number.
 */
async function removeTriggerBackup(
  admin: MariadbDatabase,
  database: string,
  table: string,
  number: number,
): Promise<void> {
  const on = `${quoteIdent(database)}.${quoteIdent(table)}`;
  const first = `${quoteIdent(database)}.driftlab_first_${number}`;
  const second = `${quoteIdent(database)}.driftlab_second_${number}`;
  await admin.query(`CREATE TABLE IF NOT EXISTS ${on} (id int)`);
  await admin.query(`CREATE OR REPLACE TRIGGER ${first} BEFORE INSERT ON ${on} FOR EACH ROW SET @driftlab = 1`);
  await admin.query(`CREATE OR REPLACE TRIGGER ${second} BEFORE DELETE ON ${on} FOR EACH ROW SET @driftlab = 1`);
}
