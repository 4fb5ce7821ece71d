import {
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** `<scenario>-<yyyymmdd-hhmmss>-seed<seed>`, in local time, as the person who looks for it remembers it. */
export function runName(scenario: string, seed: number, at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}`;
  const time = `${two(at.getHours())}${two(at.getMinutes())}${two(at.getSeconds())}`;
  return `${scenario}-${day}-${time}-seed${seed}`;
}

/**
 * Makes the folder of a new run under `reports`, and gives its path. A run of the same second and seed gets a number
 * behind its name rather than a share of the other's folder.
 */
export function createRunFolder(reports: string, scenario: string, seed: number, at: Date): string {
  mkdirSync(reports, { recursive: true });
  const name = runName(scenario, seed, at);
  for (let number = 1; ; number++) {
    const folder = join(reports, number === 1 ? name : `${name}-${number}`);
    try {
      mkdirSync(folder);
      return folder;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || number >= 1000) throw error;
    }
  }
}

/**
 * Points `latest` beside the run's folder at it: a relative symbolic link, put in place in one step so that nobody finds
 * it missing; where the file system has none, a text file that holds the folder's name. A folder of that name is the
 * user's own, and stays: false then.
 */
export function markLatest(folder: string): boolean {
  const latest = join(dirname(folder), 'latest');
  const fresh = `${latest}.${process.pid}`;
  rmSync(fresh, { force: true });
  try {
    symlinkSync(basename(folder), fresh, 'dir');
  } catch {
    writeFileSync(fresh, `${basename(folder)}\n`);
  }
  try {
    renameSync(fresh, latest);
    return true;
  } catch {
    rmSync(fresh, { force: true });
    return false;
  }
}

/** The folder that a path means: itself, or the one that a `latest` file names where there are no symbolic links. */
export function resolveRunFolder(path: string): string {
  const isFile = statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  return isFile ? join(dirname(path), readFileSync(path, 'utf8').trim()) : realpathOr(path);
}

function realpathOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
