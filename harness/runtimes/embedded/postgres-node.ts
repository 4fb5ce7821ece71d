import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { engineOf } from '#engines/index.ts';
import type { DatabaseServer, NodeName } from '#model/stack.ts';
import type { Boot } from './jvm.ts';
import type { LabFolder } from './lab-folder.ts';
import type { NodeSpec } from './node.ts';
import { copyTemplate, initialise, type PostgresHome, postgresHome } from './postgres-home.ts';

export interface PostgresSpec {
  readonly spec: NodeSpec;
  readonly server: DatabaseServer;
}

export interface PostgresOptions {
  readonly port: number;
  /** `plain`: initialises its folder instead of copying one. */
  readonly boot?: Boot;
  readonly log: string;
  readonly onState?: NodeSpec['onState'];
}

/** A PostgreSQL server on a data folder of its own. */
export async function postgresNode(name: NodeName, lab: LabFolder, options: PostgresOptions): Promise<PostgresSpec> {
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

/** In the lab's folder, or where the user that PostgreSQL runs as could not get there, in the system's temp folder. */
function dataFolder(home: PostgresHome, lab: LabFolder, name: NodeName): string {
  if (home.runAs === undefined || home.dataRoot === undefined) {
    const folder = join(lab.path, name);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }
  const prefix = `driftlab-${name}-`;
  const kept = lab.folderNamed(prefix);
  if (kept !== undefined) return kept;
  const folder = mkdtempSync(join(home.dataRoot, prefix));
  try {
    lab.addFolder(folder);
  } catch (error) {
    // Made a moment ago, and not yet the lab's by any mark: nobody else would remove it.
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  chownSync(folder, home.runAs.uid, home.runAs.gid);
  return folder;
}
