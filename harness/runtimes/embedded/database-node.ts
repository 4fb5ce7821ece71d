import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { engineOf } from '#engines/index.ts';
import type { DatabaseServer, NodeName } from '#model/stack.ts';
import type { Boot } from './jvm.ts';
import type { LabFolder } from './lab-folder.ts';
import type { NodeSpec } from './node.ts';
import type { ServerHome } from './server-home.ts';

/** A database server to be started, and where it will answer. */
export interface DatabaseNode {
  readonly spec: NodeSpec;
  readonly server: DatabaseServer;
}

export interface DatabaseNodeOptions {
  readonly port: number;
  /** `plain`: without what makes the first start fast. */
  readonly boot?: Boot;
  readonly log: string;
  /** Aborting ends what is fetched for it. */
  readonly signal?: AbortSignal;
  readonly onState?: NodeSpec['onState'];
}

/** Plans a server on a data folder of its own. */
export type PlanDatabaseNode = (name: NodeName, lab: LabFolder, options: DatabaseNodeOptions) => Promise<DatabaseNode>;

/** What differs from engine to engine in a server of the lab. */
export interface OwnServer {
  readonly engine: string;
  readonly home: ServerHome;
  /** The server's command on its data folder, which lies in `folder`. */
  command(data: string, folder: string): { readonly file: string; readonly args: readonly string[] };
  /** Makes the data folder, the first time. */
  fill(data: string): Promise<void>;
  readonly stopSignal: NodeJS.Signals;
  readonly endSignal: NodeJS.Signals;
}

/** Servers of one topology have ids of their own; each is a topology by itself, unless somebody connects them. */
const SERVER_IDS: Readonly<Record<string, number>> = { source: 1, sink: 2 };

/** The id of a server that writes a binary log. */
export function serverIdOf(name: NodeName): number {
  return SERVER_IDS[name] ?? 3;
}

/** Plans a server of any engine: it answers on 127.0.0.1, to the user of its home. */
export function planServer(name: NodeName, lab: LabFolder, options: DatabaseNodeOptions, own: OwnServer): DatabaseNode {
  const { home } = own;
  const folder = dataFolder(home, lab, name);
  const data = join(folder, 'data');
  const server = {
    engine: own.engine,
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
      command: { ...own.command(data, folder), cwd: folder, ...(home.runAs ?? {}) },
      async prepare() {
        if (!filled) await own.fill(data);
        filled = true;
      },
      ready: () => engineOf(server).server.answers(server),
      startLimitMs: 120_000,
      stopSignal: own.stopSignal,
      stopLimitMs: 10_000,
      endSignal: own.endSignal,
      ...(options.onState === undefined ? {} : { onState: options.onState }),
    },
  };
}

/** In the lab's folder, or where the user that the server runs as could not get there, in the system's temp folder. */
function dataFolder(home: ServerHome, lab: LabFolder, name: NodeName): string {
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
