// Whose folder is it? Nothing is removed but what bears a mark of Driftlab's own. Node 20, no dependency.
import { lstatSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { SetupProblem } from './problem.mjs';
import { makeFolder, writeWhole } from './whole-file.mjs';

/** In every folder that is made to be removed again, and in none of anybody else's. */
export const MARKER = '.driftlab-owned';

/**
 * What a marker says. `owner`: which lab's, where it belongs to one.
 * @typedef {{ kind: string, owner?: string, daemon?: { pid: number, started: string } }} Mark
 */

/**
 * @param {string} folder
 * @param {Mark} mark
 */
export function markFolder(folder, mark) {
  makeFolder(folder);
  writeWhole(join(folder, MARKER), `${JSON.stringify({ driftlab: 'this folder is removed by driftlab', ...mark })}\n`);
}

/**
 * The mark of a folder; one without a kind where the marker is damaged. Undefined for a folder without a marker, for what
 * is no folder, and for a symbolic link: what it leads to is not where the lab put it.
 * @param {string} folder
 * @returns {Partial<Mark> | undefined}
 */
export function markOf(folder) {
  if (!isFolder(folder) || lstatSync(join(folder, MARKER), { throwIfNoEntry: false })?.isFile() !== true)
    return undefined;
  try {
    const mark = JSON.parse(readFileSync(join(folder, MARKER), 'utf8'));
    return typeof mark === 'object' && mark !== null ? mark : {};
  } catch {
    return {};
  }
}

/**
 * A folder itself, and no link to one.
 * @param {string} path
 */
export function isFolder(path) {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Removes a folder and what is in it, the file that marks it last: one whose removal is broken off is still marked.
 * Links are removed, not followed.
 * @param {string} folder
 * @param {string} [marker]
 */
export function removeFolder(folder, marker = MARKER) {
  /** @type {string[]} */
  let names;
  try {
    names = readdirSync(folder);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return;
    throw error;
  }
  const options = { recursive: true, force: true, maxRetries: 5, retryDelay: 50 };
  for (const name of names) if (name !== marker) rmSync(join(folder, name), options);
  rmSync(folder, options);
}

/**
 * Removes what is named in a folder, its marker last, and the folder itself where nothing else is in it. Returns the names
 * of what else is: it stays.
 * @param {string} folder
 * @param {{ own: (name: string) => boolean, keepFolder?: boolean }} options
 */
export function removeOwn(folder, { own, keepFolder = false }) {
  const names = readdirSync(folder).filter((name) => name !== MARKER);
  for (const name of names)
    if (own(name)) rmSync(join(folder, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  rmSync(join(folder, MARKER), { force: true });
  const left = names.filter((name) => !own(name));
  if (left.length > 0 || keepFolder) return left;
  try {
    rmdirSync(folder);
  } catch {
    // A mount point, say: empty is as good.
  }
  return left;
}

/**
 * Removes an entry of the cache that is to be made anew. What does not bear the mark stays, unless `own` knows it by the
 * names in it: older versions marked less.
 * @param {string} folder
 * @param {(names: readonly string[]) => boolean} [own]
 * @throws {SetupProblem}
 */
export function giveWay(folder, own = (names) => names.length === 0) {
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) return;
  if (markOf(folder) !== undefined || (isFolder(folder) && own(readdirSync(folder)))) return removeFolder(folder);
  throw new SetupProblem({
    message: `${folder} is in the way, and is not Driftlab's`,
    expected: "nothing of that name, or a folder with Driftlab's mark",
    found: isFolder(folder) ? 'a folder of somebody else' : 'a file or a link',
    fix: 'move it away, or set DRIFTLAB_CACHE to another folder',
  });
}
