import { join } from 'node:path';
import type { DatabaseServer, Node } from '#model/stack.ts';
import type { PlanDatabaseNode } from '#runtimes/embedded/database-node.ts';
import { openLab } from '#runtimes/embedded/lab-folder.ts';
import { EmbeddedNode } from '#runtimes/embedded/node.ts';
import { freePorts } from '#std/free-port.ts';

export interface TestServer extends AsyncDisposable {
  readonly server: DatabaseServer;
  readonly node: Node;
}

/** A throw-away database server, configured as the lab's own. Disposing of it leaves nothing. */
export async function startTestServer(plan: PlanDatabaseNode): Promise<TestServer> {
  const lab = openLab();
  const [port] = await freePorts(1);
  const { spec, server } = await plan('database', lab, { port, log: join(lab.path, 'database.log') });
  const node = new EmbeddedNode(spec, () => {});
  const end = async () => {
    await node.end();
    lab.destroy();
  };
  try {
    await node.start();
  } catch (error) {
    await end();
    throw error;
  }
  return { server, node, [Symbol.asyncDispose]: end };
}
