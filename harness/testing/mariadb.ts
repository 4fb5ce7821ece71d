import { mariadbNode } from '#runtimes/embedded/mariadb-node.ts';
import { startTestServer, type TestServer } from './database-server.ts';

/**
 * A throw-away MariaDB server, configured as the lab's own (binary log of rows); of options given twice the server takes the
 * last. Disposing of it leaves nothing.
 */
export function startTestMariadb(options: readonly string[] = []): Promise<TestServer> {
  return startTestServer(async (name, lab, node) => {
    const planned = await mariadbNode(name, lab, node);
    const { command } = planned.spec;
    const spec = Object.assign({}, planned.spec, { command: { ...command, args: [...command.args, ...options] } });
    return { server: planned.server, spec };
  });
}
