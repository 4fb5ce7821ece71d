import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from '#setup/whole-file.mjs';
import { OperatorError } from '#std/errors.ts';

/** Longer than any name of a folder. */
const NAME_MAX = 1024;

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
  makeFolder(reports);
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
 * it missing; where the file system has none, a text file that holds the folder's name. Anything else of that name is the
 * user's own, and stays: false then.
 */
export function markLatest(folder: string): boolean {
  const latest = join(dirname(folder), 'latest');
  if (!isOurs(latest)) return false;
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

/** Whether nothing is there, or what {@link markLatest} puts there: a link or a file that names a folder beside it. */
function isOurs(latest: string): boolean {
  const found = lstatSync(latest, { throwIfNoEntry: false });
  if (found === undefined) return true;
  if (found.isSymbolicLink()) return basename(readlinkSync(latest)) === readlinkSync(latest);
  return found.isFile() && namedIn(latest) !== undefined;
}

/** The name of the folder in a `latest` file; undefined where it holds no such name. */
function namedIn(latest: string): string | undefined {
  if (statSync(latest).size > NAME_MAX) return undefined;
  const name = readFileSync(latest, 'utf8').trimEnd();
  return /^[^/\p{Cc}]+$/u.test(name) && name !== '..' ? name : undefined;
}

/**
 * The folder that a path means: itself, or the one that a `latest` file names where there are no symbolic links. Throws an
 * OperatorError (`run-missing`) for a path that leads to no folder.
 */
export function resolveRunFolder(path: string): string {
  const found = statOr(path);
  const name = found?.isFile() ? namedIn(path) : undefined;
  const folder = name === undefined ? realpathOr(path) : join(dirname(path), name);
  if (statOr(folder)?.isDirectory()) return folder;
  throw new OperatorError({
    code: 'run-missing',
    message: `${path} is not the folder of a run`,
    expected: 'the folder that a run has left its reports in, such as reports/latest',
    found: found === undefined ? 'nothing there' : name === undefined ? 'no folder' : `a file that names ${folder}`,
    hint: 'ls reports shows the runs',
  });
}

/** Undefined for whatever reason: a path that is too long, or leads through a file, leads nowhere as well. */
function statOr(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function realpathOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
