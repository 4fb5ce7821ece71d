import { readdirSync, readlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, sep } from 'node:path';
import { LABS } from '#setup/layout.mjs';
import { markOf, removeFolder } from '#setup/own-folder.mjs';
import { foldersOf } from './lab-folder.ts';
import { MANIFEST, manifestIn } from './manifest.ts';

/** A lab whose manifest is damaged; `inUse`: processes that work in its folders, for which it was left. */
export interface DamagedLab {
  readonly path: string;
  readonly inUse: readonly number[];
}

/**
 * Removes labs whose manifest is damaged, so that nobody can say whose they are, with the folders in the temp folder that
 * are marked as theirs. One in which a process still works is left.
 */
export function clearDamaged(labs: string = LABS): DamagedLab[] {
  return foldersOf(labs).flatMap((path) => {
    if (manifestIn(path) !== undefined) return [];
    const outside = readdirSync(tmpdir())
      .map((name) => join(tmpdir(), name))
      .filter((folder) => basename(folder).startsWith('driftlab-') && markOf(folder)?.owner === basename(path));
    const inUse = workersIn([path, ...outside]);
    if (inUse.length === 0) for (const folder of [...outside, path]) removeFolder(folder, MANIFEST);
    return [{ path, inUse }];
  });
}

/** Processes whose working folder is one of these, or below. Found on Linux only. */
function workersIn(folders: readonly string[]): number[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const cwd = readlinkSync(join('/proc', name, 'cwd'));
      return folders.some((folder) => cwd === folder || cwd.startsWith(folder + sep)) ? [Number(name)] : [];
    } catch {
      return []; // It ended, or is another user's.
    }
  });
}
