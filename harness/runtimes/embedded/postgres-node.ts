import { join } from 'node:path';
import type { NodeName } from '#model/stack.ts';
import { type DatabaseNode, type DatabaseNodeOptions, planServer } from './database-node.ts';
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
  return planServer(name, lab, options, {
    engine: 'postgres',
    home,
    command: (data) => ({ file: join(home.bin, 'postgres'), args: ['-D', data, '-p', String(options.port)] }),
    fill: (data) => (options.boot === 'plain' ? initialise : copyTemplate)(home, data),
    // "Fast" shutdown: ends sessions, writes a checkpoint, removes its shared memory.
    stopSignal: 'SIGINT',
    // Immediate shutdown: nothing is flushed, but its shared memory is given back, as SIGKILL would not.
    endSignal: 'SIGQUIT',
  });
}
