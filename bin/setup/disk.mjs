// Is there room? Node 20, no dependency.
import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, SetupProblem } from './problem.mjs';
import { makeFolder } from './whole-file.mjs';

/**
 * Free space for this user where the folder lies or will lie, in MB. Makes nothing.
 * @param {string} folder
 * @throws where the folder cannot be made, or written
 */
export function freeMegabytes(folder) {
  const place = nearest(resolve(folder));
  if (!statSync(place).isDirectory()) throw new Error(`${place} is a file`);
  accessSync(place, constants.W_OK | constants.X_OK);
  // Nothing can be made below /proc, though its mode says so.
  if (/^\/(proc|sys)(\/|$)/.test(place)) throw new Error(`${place} is the system's own`);
  const { bavail, bsize } = statfsSync(place);
  return Math.floor((bavail * bsize) / 1e6);
}

/**
 * @param {string} path
 * @returns {string} itself, or the nearest above it that is there
 */
function nearest(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  return found !== undefined || dirname(path) === path ? path : nearest(dirname(path));
}

/**
 * @param {string} folder
 * @param {number} needed in MB
 * @throws {SetupProblem} where there is less, or the folder cannot be made
 */
export function requireSpace(folder, needed) {
  let free;
  try {
    makeFolder(folder);
    free = freeMegabytes(folder);
  } catch (error) {
    throw new SetupProblem({
      message: `the folder ${folder} cannot be made`,
      expected: 'a folder that this user may write',
      found: messageOf(error),
      fix: 'set DRIFTLAB_CACHE to a folder that you may write',
    });
  }
  if (free < needed)
    throw new SetupProblem({
      message: `there is too little room at ${folder}`,
      expected: `${needed} MB free`,
      found: `${free} MB free`,
      fix: 'make room there, or set DRIFTLAB_CACHE to a folder on a larger disk',
    });
}
