import { mysqlNode } from '#runtimes/embedded/mysql-node.ts';
import { startTestServer, type TestServer } from './database-server.ts';

/** A throw-away MySQL server, configured as the lab's own. Disposing of it leaves nothing. */
export function startTestMysql(): Promise<TestServer> {
  return startTestServer(mysqlNode);
}
