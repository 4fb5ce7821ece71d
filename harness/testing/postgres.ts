import { databaseUrl, openDatabase } from '#engines/postgres/client.ts';
import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { postgresNode } from '#runtimes/embedded/postgres-node.ts';
import { startTestServer, type TestServer } from './database-server.ts';

/** A throw-away PostgreSQL server, configured as the lab's own (logical WAL). Disposing of it leaves nothing. */
export function startTestPostgres(): Promise<TestServer> {
  return startTestServer(postgresNode);
}

/** Makes a database on a server, and opens it. */
export async function makeDatabase(server: DatabaseServer, name: string): Promise<Database> {
  const admin = openDatabase(databaseUrl(server, 'postgres'));
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.close();
  return openDatabase(databaseUrl(server, name));
}
