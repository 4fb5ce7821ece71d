// One set-up at a time for each thing that is set up. Node 20, no dependency.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SetupProblem } from './problem.mjs';

const LIMIT_MS = 20 * 60_000;

/**
 * Runs `work` while holding the lock file, and waits while another living process holds it. The lock of a process that
 * is gone is taken over.
 * @template T
 * @param {string} file
 * @param {(pid: number) => void} onWait called once with the holder's pid
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(file, onWait, work) {
  mkdirSync(dirname(file), { recursive: true });
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
    await delay(200);
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
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
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
    const pid = Number(readFileSync(file, 'utf8'));
    if (pid > 0 && isRunning(pid)) return pid;
    // Made a moment ago, and its pid not written yet.
    if (!(pid > 0) && Date.now() - statSync(file).mtimeMs < 2000) return undefined;
    rmSync(file, { force: true });
  } catch {
    // Given back in this moment.
  }
  return undefined;
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
