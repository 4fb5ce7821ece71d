import { postgresNode } from '#runtimes/embedded/postgres-node.ts';
import { startTestServer, type TestServer } from './database-server.ts';

/** A throw-away PostgreSQL server, configured as the lab's own (logical WAL). Disposing of it leaves nothing. */
export function startTestPostgres(): Promise<TestServer> {
  return startTestServer(postgresNode);
}
