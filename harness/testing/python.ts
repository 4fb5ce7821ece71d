import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheRoot } from '#setup/layout.mjs';

const run = promisify(execFile);

/** Pure Python, so that every machine takes the same. */
const PACKAGES = ['kafka-python==3.0.12', 'pg8000==1.31.6'];

/** A folder for PYTHONPATH with the packages of the consumer in Python; installed once, into the cache. */
export async function pythonPackages(): Promise<string> {
  const folder = join(cacheRoot(), `python-${PACKAGES.join('-').replaceAll('==', '-')}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    await run('python3', [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--target',
      fresh,
      ...PACKAGES,
    ]);
    // Put in place in one step: nobody finds half of it. Another may have been quicker.
    if (!existsSync(folder)) renameSync(fresh, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}
