import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { engineOf } from '#engines/index.ts';
import type { NodeName } from '#model/stack.ts';
import { type DatabaseNode, type DatabaseNodeOptions, dataFolder } from './database-node.ts';
import type { LabFolder } from './lab-folder.ts';
import { initialise, postgresHome } from './postgres-home.ts';
import { copyTemplate } from './server-home.ts';

/** A PostgreSQL server on a data folder of its own. */
export async function postgresNode(
  name: NodeName,
  lab: LabFolder,
  options: DatabaseNodeOptions,
): Promise<DatabaseNode> {
  const home = await postgresHome();
  const folder = dataFolder(home, lab, name);
  const data = join(folder, 'data');
  const server = {
    engine: 'postgres',
    host: '127.0.0.1',
    port: options.port,
    user: home.user,
    password: home.password,
  };
  // A folder that was kept is full already.
  let filled = existsSync(data);
  return {
    server,
    spec: {
      name,
      lab,
      log: options.log,
      command: {
        file: join(home.bin, 'postgres'),
        args: ['-D', data, '-p', String(options.port)],
        cwd: folder,
        ...(home.runAs ?? {}),
      },
      async prepare() {
        if (!filled) await (options.boot === 'plain' ? initialise : copyTemplate)(home, data);
        filled = true;
      },
      ready: () => engineOf(server).server.answers(server),
      startLimitMs: 120_000,
      // "Fast" shutdown: ends sessions, writes a checkpoint, removes its shared memory.
      stopSignal: 'SIGINT',
      stopLimitMs: 10_000,
      // Immediate shutdown: nothing is flushed, but its shared memory is given back, as SIGKILL would not.
      endSignal: 'SIGQUIT',
      ...(options.onState === undefined ? {} : { onState: options.onState }),
    },
  };
}
