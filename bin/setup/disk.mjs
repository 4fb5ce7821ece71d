// Is there room? Node 20, no dependency.
import { mkdirSync, statfsSync } from 'node:fs';
import { messageOf, SetupProblem } from './problem.mjs';

/**
 * Free space for this user where the folder lies or will lie, in MB.
 * @param {string} folder
 */
export function freeMegabytes(folder) {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  return Math.floor((bavail * bsize) / 1e6);
}

/**
 * @param {string} folder
 * @param {number} needed in MB
 * @throws {SetupProblem} where there is less, or the folder cannot be made
 */
export function requireSpace(folder, needed) {
  let free;
  try {
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
