import pg from 'pg';
import type { Table } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer, End } from '#model/stack.ts';
import { until } from '#std/wait.ts';
import { databaseUrl, openDatabase } from './client.ts';
import { quoteIdent } from './quote.ts';
import { unreachable } from './refusal.ts';
import { lackOf, STATE_SQL, stateOf } from './requirements.ts';

/** The database that is there to connect to. */
const MAINTENANCE = 'postgres';

/** Runs `work` on the server's maintenance database. */
async function onServer<T>(server: DatabaseServer, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase(databaseUrl(server, MAINTENANCE), { max: 1, application: 'driftlab admin' });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** As the lab's own servers make databases by default; another server's default may hold fewer texts. */
const EMPTY = "template0 ENCODING 'UTF8' LOCALE_PROVIDER libc LOCALE 'C'";

/** Creates a database and opens it; as a copy of `template` where one is given, to which nobody may be connected. */
export async function createDatabase(
  server: DatabaseServer,
  name: string,
  template?: string,
  onMade?: () => void,
): Promise<Database> {
  const from = template === undefined ? EMPTY : quoteIdent(template);
  await onServer(server, (admin) => admin.query(`CREATE DATABASE ${quoteIdent(name)} TEMPLATE ${from}`));
  onMade?.();
  return openNamed(server, name);
}

/** Opens a database that is there. */
export function openNamed(server: DatabaseServer, name: string): Database {
  return openDatabase(databaseUrl(server, name), { max: 6 });
}

/** Drops a database with the connections that are left on it; harmless when there is none of this name. */
export async function dropDatabase(server: DatabaseServer, name: string): Promise<void> {
  await onServer(server, (admin) => admin.query(`DROP DATABASE IF EXISTS ${quoteIdent(name)} WITH (FORCE)`));
}

/** Drops every replication slot of a database once nobody reads it any more. */
export async function dropSlots(database: Database, limitMs: number): Promise<void> {
  await until(
    async () => {
      await database.query(
        'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = $1 AND NOT active',
        [database.name],
      );
      const left = await database.query('SELECT 1 FROM pg_replication_slots WHERE database = $1', [database.name]);
      return left.length === 0;
    },
    { what: `the replication slots of ${database.name} to be free`, limitMs },
  );
}

/**
 * Keeps Debezium's placeholder for an unchanged TOASTed value out of a sink's table: an update that carries it leaves
 * the column as it is. The JDBC sink connector writes the placeholder like any other text, and this trigger is what
 * Debezium's own documentation advises against it.
 */
export async function keepUnchangedValues(database: Pick<Database, 'query'>, table: Table): Promise<void> {
  const textColumns = table.columns.filter((column) => column.type === 'text').map((column) => column.name);
  if (textColumns.length === 0) return;
  const name = `${quoteIdent(table.schema)}.${quoteIdent(table.name)}`;
  const trigger = `${quoteIdent(table.schema)}.${quoteIdent(`driftlab_keep_${table.name}`)}`;
  const lines = textColumns.map(
    (column) =>
      `IF NEW.${quoteIdent(column)} = '__debezium_unavailable_value' THEN NEW.${quoteIdent(column)} := OLD.${quoteIdent(column)}; END IF;`,
  );
  await database.query(
    `CREATE FUNCTION ${trigger}() RETURNS trigger LANGUAGE plpgsql AS $keep$
     BEGIN
       ${lines.join('\n       ')}
       RETURN NEW;
     END $keep$`,
  );
  await database.query(
    `CREATE TRIGGER driftlab_keep BEFORE UPDATE ON ${name} FOR EACH ROW EXECUTE FUNCTION ${trigger}()`,
  );
}

/** What the server says it is: `18.4`. */
export function serverVersion(server: DatabaseServer): Promise<string> {
  return onServer(server, async (admin) => {
    const [row] = await admin.query<{ server_version: string }>('SHOW server_version');
    return row?.server_version ?? '';
  });
}

/** True once the server answers; a server that is killed while it is asked ends the connection, and the caller asks again. */
export async function serverAnswers(server: DatabaseServer): Promise<true> {
  const client = new pg.Client({ ...server, database: MAINTENANCE, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } finally {
    await client.end().catch(() => {});
  }
}

/** Throws an OperatorError (exit 1) for a server that cannot be reached, or that this role cannot use as is wanted. */
export async function requireUsable(server: DatabaseServer, as: End = 'source'): Promise<void> {
  const rows = await onServer(server, (admin) => admin.query<{ state: string }>(STATE_SQL)).catch((error: unknown) => {
    throw unreachable(databaseUrl(server, MAINTENANCE), error);
  });
  const lack = lackOf(stateOf(rows), as);
  if (lack !== undefined) throw lack;
}
