import { mariadbNode } from '#runtimes/embedded/mariadb-node.ts';
import { startTestServer, type TestServer } from './database-server.ts';

/** A throw-away MariaDB server, configured as the lab's own (binary log of rows). Disposing of it leaves nothing. */
export function startTestMariadb(): Promise<TestServer> {
  return startTestServer(mariadbNode);
}
