import { chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
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

/** In the lab's folder, or where the user that the server runs as could not get there, in the system's temp folder. */
export function dataFolder(home: ServerHome, lab: LabFolder, name: NodeName): string {
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
