import { spawnSync } from 'node:child_process';
import { programFile } from '#setup/layout.mjs';

const LIMIT_MS = 60_000;

/**
 * Removes the containers, networks and volumes of a lab, at once: this process may be in its last moment. False where the
 * engine does not answer.
 */
export function removeContainersNow(engine: string, lab: string): boolean {
  const args = [programFile('harness/runtimes/docker/remove-main'), engine, lab];
  return spawnSync(process.execPath, args, { stdio: 'ignore', timeout: LIMIT_MS }).status === 0;
}
