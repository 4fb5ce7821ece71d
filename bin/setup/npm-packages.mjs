// The npm packages: are they there as the lock file says, and if not, install them. Node 20, no dependency.
import { existsSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { dependenciesMissing, installedNode, nodePackage } from './installed.mjs';
import { INSTALLED, POSTGRES_NATIVE, POSTGRES_PACKAGE, ROOT } from './layout.mjs';
import { SetupProblem } from './problem.mjs';
import { runProgram } from './program.mjs';

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, link?: boolean }} LockEntry
 * @typedef {{ packages: Record<string, LockEntry> }} LockFile
 */

/**
 * What differs between the lock file and what npm wrote down when it last installed: undefined where nothing does.
 * Packages for other platforms are optional, and rightly not there.
 * @param {LockFile} lock
 * @param {LockFile | undefined} installed
 */
export function packageDifference(lock, installed) {
  if (installed === undefined) return 'nothing is installed';
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const found = installed.packages[path];
    const name = path.replace(/^.*node_modules\//, '');
    if (found === undefined) {
      if (entry.optional || entry.devOptional) continue;
      return `${name} is missing`;
    }
    if (found.version !== entry.version) return `${name} is ${found.version}, not ${entry.version}`;
  }
  for (const [path, entry] of Object.entries(installed.packages))
    if (lock.packages[path] === undefined && !entry.optional)
      return `${path.replace(/^.*node_modules\//, '')} is not in the lock file`;
  return undefined;
}

/**
 * @param {string} file
 * @returns {LockFile | undefined}
 */
function readLock(file) {
  try {
    const lock = JSON.parse(readFileSync(file, 'utf8'));
    const packages = Object.values(lock.packages);
    return packages.every((entry) => typeof entry === 'object' && entry !== null) ? lock : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with node_modules: undefined where it is as the lock file, or an installed package, says. */
export function npmPackagesMissing() {
  if (INSTALLED) return dependenciesMissing();
  const lock = readLock(join(ROOT, 'package-lock.json'));
  if (lock === undefined) return 'package-lock.json cannot be read';
  const difference = packageDifference(lock, readLock(join(ROOT, 'node_modules', '.package-lock.json')));
  if (difference !== undefined) return difference;
  if (nodeBinary() === undefined) return 'the npm package node has no program in it';
  return undefined;
}

/** The Node.js which the program runs on: in a checkout that of the npm package `node`. Undefined where it is not there. */
export function nodeBinary() {
  if (INSTALLED) return installedNode();
  const modules = join(ROOT, 'node_modules');
  const platform = nodePackage();
  const candidates = [
    join(modules, 'node', 'bin', 'node'),
    // Where install scripts are off, the program stays in the package for the platform.
    join(modules, 'node', 'node_modules', platform, 'bin', 'node'),
    join(modules, platform, 'bin', 'node'),
  ];
  const found = candidates.find((file) => existsSync(file));
  return found === undefined ? undefined : realpathSync(found);
}

/**
 * What is wrong with PostgreSQL's programs: undefined where they are there. An installed package's may lack links: it is
 * not ours to write to, and {@link linkPostgresLibraries} is for the copy that is made then.
 */
export function postgresMissing() {
  if (!existsSync(join(POSTGRES_NATIVE, 'bin', 'postgres'))) return `${POSTGRES_PACKAGE} is not installed`;
  return !INSTALLED && postgresLinksMissing() ? 'links between its libraries are missing' : undefined;
}

export function postgresLinksMissing() {
  return missingLinks(POSTGRES_NATIVE).length > 0;
}

/**
 * @param {string} native
 * @returns {{ source: string, target: string }[]}
 */
function missingLinks(native) {
  const file = join(native, 'pg-symlinks.json');
  if (!existsSync(file)) return [];
  /** @type {{ source: string, target: string }[]} */
  const links = JSON.parse(readFileSync(file, 'utf8'));
  return links.filter((link) => !existsSync(join(dirname(native), link.target)));
}

/**
 * An npm package cannot hold symbolic links; its install script makes them, and where scripts are off we do.
 * @param {string} [native] the package's folder `native`, or a copy of it under the same name
 */
export function linkPostgresLibraries(native = POSTGRES_NATIVE) {
  for (const { source, target } of missingLinks(native)) {
    const from = join(dirname(native), target);
    const to = join(dirname(native), source);
    symlinkSync(dirname(from) === dirname(to) ? basename(to) : relative(dirname(from), to), from);
  }
}

/**
 * Installs what the lock file names; {@link npmPackagesMissing} then says whether it did. Not with `npm ci`: it refuses a
 * lock file that lacks optional packages for other platforms, which the registry may not have had when it was written.
 * @returns {Promise<void>}
 */
export async function installNpmPackages() {
  // As npm itself started us, the same npm; else the one in PATH.
  const cli = process.env.npm_execpath;
  const own = cli !== undefined && basename(cli).startsWith('npm-cli');
  const args = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  const [file, all] = own ? [process.execPath, [cli, ...args]] : ['npm', args];
  // npm's own note of what is there: an installation that was killed leaves it untrue, and npm may then leave it as it is.
  rmSync(join(ROOT, 'node_modules', '.package-lock.json'), { force: true });
  const { status, output } = await runProgram(file, all, { cwd: ROOT, env: environment() });
  const missing = npmPackagesMissing();
  if (status === 0 && missing === undefined) return;
  const said = output.split('\n').filter((line) => line.trim() !== '' && !/^npm error\s*$/.test(line));
  const lines = said.slice(0, 6).join('\n            ');
  throw new SetupProblem({
    message: 'the npm packages could not be installed',
    expected: 'npm install to end with status 0, and what package-lock.json names',
    found: `status ${status}${missing === undefined ? '' : `, ${missing}`}\n            ${lines}`,
    fix: /ENOSPC/.test(output)
      ? 'make room on the disk, then run this again'
      : /ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ENETUNREACH/.test(output)
        ? 'check the network (and npm config get registry, proxy), then run this again'
        : 'run npm install --no-save and read what it says',
  });
}

/** Flags that were given to the outer npm are not for this one. */
function environment() {
  const env = { ...process.env };
  for (const name of Object.keys(env))
    if (/^npm_(lifecycle|package|command)/.test(name) || name === 'npm_config_json') delete env[name];
  return env;
}
