import pg from 'pg';
import type { StreamMark } from '#engines/port/bulk.ts';
import type { Database } from '#model/pipeline.ts';
import { until } from '#std/wait.ts';
import { openDatabase } from '../client.ts';
import { quoteIdent, quoteTable } from '../quote.ts';

const FREE_LIMIT_MS = 30_000;

/** A slot as it was made, with the snapshot that lasts as long as the connection that made it. */
interface OpenSlot extends AsyncDisposable {
  readonly snapshot: string;
  /** Its consistent point: the slot gives what is committed above, and the snapshot sees what was committed below. */
  readonly position: string;
}

/**
 * Makes a publication and a slot for its changes, both anew. The publication first: the slot's decoding looks it up as it was
 * at each change.
 */
export async function openSlot(url: string, application: string, { name, tables }: StreamMark): Promise<OpenSlot> {
  await dropSlot(url, name);
  const database = openDatabase(url, { max: 1, application });
  try {
    await database.query(
      `CREATE PUBLICATION ${quoteIdent(name)} FOR TABLE ${tables.map(quoteTable).join(', ')} WITH (publish_via_partition_root = true)`,
    );
  } finally {
    await database.close();
  }
  const client = new pg.Client({
    connectionString: url,
    application_name: application,
    replication: 'database',
  } as pg.ClientConfig);
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ consistent_point: string; snapshot_name: string }>(
      `CREATE_REPLICATION_SLOT ${quoteIdent(name)} LOGICAL pgoutput (SNAPSHOT 'export')`,
    );
    return {
      snapshot: rows[0]?.snapshot_name ?? '',
      position: rows[0]?.consistent_point ?? '',
      [Symbol.asyncDispose]: () => client.end(),
    };
  } catch (error) {
    await client.end();
    throw error;
  }
}

/** What of a slot and a publication of a name is not there, or cannot be read on, as a clause; undefined where all is well. */
export function whySlotGone(url: string, name: string): Promise<string | undefined> {
  return asked(url, async (database) => {
    const slots = await database.query(
      "SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND wal_status IS DISTINCT FROM 'lost'",
      [name],
    );
    if (slots.length === 0) return `the replication slot ${name} is gone, or has lost its log`;
    // Another one would not do: the log is decoded as it was when its changes were written.
    const publications = await database.query('SELECT 1 FROM pg_publication WHERE pubname = $1', [name]);
    return publications.length === 0 ? `the publication ${name} is gone` : undefined;
  });
}

/** Whether a slot is being read. */
export function isSlotActive(url: string, name: string): Promise<boolean> {
  return asked(url, async (database) => {
    const active = await database.query('SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND active', [name]);
    return active.length > 0;
  });
}

/** Drops a slot and a publication of a name once nobody reads the slot; harmless where there are none. */
export function dropSlot(url: string, name: string): Promise<void> {
  return asked(url, async (database) => {
    await until(
      async () => {
        await database.query(
          'SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = $1 AND NOT active',
          [name],
        );
        return (await database.query('SELECT 1 FROM pg_replication_slots WHERE slot_name = $1', [name])).length === 0;
      },
      { what: `the replication slot ${name} to be free`, limitMs: FREE_LIMIT_MS },
    );
    await database.query(`DROP PUBLICATION IF EXISTS ${quoteIdent(name)}`);
  });
}

/** Runs `work` on a connection of its own. */
async function asked<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase(url, { max: 1, application: 'driftlab admin' });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
