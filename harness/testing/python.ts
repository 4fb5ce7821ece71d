import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '#setup/layout.mjs';
import { cachedFolder } from './cached-folder.ts';

const run = promisify(execFile);

/** Pure Python, so that every machine takes the same. */
const PACKAGES = ['kafka-python==3.0.12', 'pg8000==1.31.6'];

const SCHEMATHESIS = join(ROOT, 'harness', 'testing', 'schemathesis');

/** A folder for PYTHONPATH with the packages of the consumer in Python; installed once, into the cache. */
export function pythonPackages(): Promise<string> {
  return installed(`python-${PACKAGES.join('-').replaceAll('==', '-')}`, PACKAGES);
}

/** The folder with schemathesis, which tests an HTTP interface against its OpenAPI document. */
export function schemathesisPackages(): Promise<string> {
  const file = join(SCHEMATHESIS, 'requirements.txt');
  const hash = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
  return installed(`python-schemathesis-${hash}`, ['--require-hashes', '--requirement', file]);
}

/** Runs it against an address as `schemathesis/schemathesis.toml` says; `out` is all that it wrote. */
export async function schemathesis(
  packages: string,
  address: string,
  authorization: string,
): Promise<{ readonly status: number; readonly out: string }> {
  // What it remembers of earlier runs lies in the current folder.
  const cwd = mkdtempSync(join(tmpdir(), 'driftlab-schemathesis-'));
  const args = ['--config-file', join(SCHEMATHESIS, 'schemathesis.toml'), 'run', address];
  // Written so: by that name it is left out, where what needs it is asked for without.
  args.push('--header', `Authorization: ${authorization}`);
  try {
    const env = { ...process.env, PYTHONPATH: packages, NO_COLOR: '1', COLUMNS: '120' };
    const { stdout } = await run('python3', [join(packages, 'bin', 'schemathesis'), ...args], { cwd, env });
    return { status: 0, out: stdout };
  } catch (error) {
    const { code, stdout = '', stderr = '' } = error as { code?: number; stdout?: string; stderr?: string };
    return { status: code ?? 1, out: `${stdout}${stderr}` };
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

const TSQL = join(ROOT, 'harness', 'testing', 'tsql');

/** The folder with sqlfluff, a parser of SQL that knows T-SQL. */
export function sqlfluffPackages(): Promise<string> {
  const file = join(TSQL, 'requirements.txt');
  const hash = createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12);
  return installed(`python-sqlfluff-${hash}`, ['--requirement', file]);
}

/** What is wrong with each batch of T-SQL, as sqlfluff and `tsql/parse.py` see it; empty where nothing is. */
export async function tsqlComplaints(packages: string, batches: readonly string[]): Promise<readonly string[][]> {
  const env = { ...process.env, PYTHONPATH: packages, PYTHONUTF8: '1' };
  const parsing = run('python3', [join(TSQL, 'parse.py')], { env, maxBuffer: 2 ** 26 });
  parsing.child.stdin?.end(JSON.stringify(batches));
  return JSON.parse((await parsing).stdout) as string[][];
}

function installed(name: string, wanted: readonly string[]): Promise<string> {
  return cachedFolder(name, async (fresh) => {
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--target', fresh];
    await run('python3', [...pip, ...wanted]);
    return fresh;
  });
}
