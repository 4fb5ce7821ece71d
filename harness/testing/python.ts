import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cachedFolder } from './cached-folder.ts';

const run = promisify(execFile);

/** Pure Python, so that every machine takes the same. */
const PACKAGES = ['kafka-python==3.0.12', 'pg8000==1.31.6'];

/** A folder for PYTHONPATH with the packages of the consumer in Python; installed once, into the cache. */
export function pythonPackages(): Promise<string> {
  return cachedFolder(`python-${PACKAGES.join('-').replaceAll('==', '-')}`, async (fresh) => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', fresh];
    await run('python3', [...pip, ...PACKAGES]);
    return fresh;
  });
}
