// One set-up at a time for each thing that is set up. Node 20, no dependency.
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf, SetupProblem } from './problem.mjs';
import { interrupted } from './program.mjs';
import { makeFolder } from './whole-file.mjs';

const LIMIT_MS = 20 * 60_000;

/**
 * Runs `work` while holding the lock file, and waits while another living process holds it. The lock of a process that
 * is gone is taken over.
 * @template T
 * @param {string} file
 * @param {(pid: number) => void} onWait called once with the holder's pid
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 * @throws {SetupProblem} where the lock cannot be taken
 */
export async function withLock(file, onWait, work) {
  try {
    makeFolder(dirname(file));
  } catch (error) {
    throw unlockable(file, messageOf(error));
  }
  const began = Date.now();
  let said = false;
  while (!take(file)) {
    const holder = holderOf(file);
    if (holder === undefined) continue;
    if (!said) onWait(holder);
    said = true;
    if (Date.now() - began > LIMIT_MS)
      throw new SetupProblem({
        message: `another set-up has not ended within ${LIMIT_MS / 60_000} minutes`,
        expected: `process ${holder} to end its set-up`,
        found: `it still holds ${file}`,
        fix: `end process ${holder}, then run this again`,
      });
    await delay(200, undefined, { signal: interrupted });
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
function take(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw unlockable(file, messageOf(error));
    return false;
  }
}

/**
 * The living process that holds the lock; a lock left by a dead one is removed.
 * @param {string} file
 * @returns {number | undefined}
 */
function holderOf(file) {
  try {
    const text = readFileSync(file, 'utf8');
    if (!/^\d{0,10}$/.test(text)) throw unlockable(file, 'a file of that name that is no lock');
    const pid = Number(text);
    if (pid > 0 && isRunning(pid)) return pid;
    // Made a moment ago, and its pid not written yet.
    if (!(pid > 0) && Date.now() - statSync(file).mtimeMs < 2000) return undefined;
    rmSync(file, { force: true });
  } catch (error) {
    // Given back in this moment.
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error;
  }
  return undefined;
}

/**
 * @param {string} file
 * @param {string} found
 */
function unlockable(file, found) {
  return new SetupProblem({
    message: `the lock ${file} cannot be taken`,
    expected: 'a folder that this user may write, and no other file of that name in it',
    found,
    fix: 'make the folder writable, or set DRIFTLAB_CACHE (for the cache) or DRIFTLAB_HOME (for the lab) to another one',
  });
}

/** @param {number} pid */
function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
