import { join } from 'node:path';
import type { DatabaseServer } from '#model/stack.ts';
import { openLab } from '#runtimes/embedded/lab-folder.ts';
import { EmbeddedNode } from '#runtimes/embedded/node.ts';
import { postgresNode } from '#runtimes/embedded/postgres-node.ts';
import { freePorts } from '#std/free-port.ts';

/** A throw-away PostgreSQL server, configured as the lab's own (logical WAL). Disposing of it leaves nothing. */
export async function startTestPostgres(): Promise<{ readonly server: DatabaseServer } & AsyncDisposable> {
  const lab = openLab();
  const [port] = await freePorts(1);
  const { spec, server } = await postgresNode('postgres', lab, { port, log: join(lab.path, 'postgres.log') });
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
  return { server, [Symbol.asyncDispose]: end };
}
