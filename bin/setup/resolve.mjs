// What docker/pom.xml pins, resolved by Maven through its wrapper. Node 20, no dependency.
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { checksumProblem, RESOLVED_SUMS, refusedByMaven } from './checksums.mjs';
import { POM, ROOT } from './layout.mjs';
import { filesIn, MANIFEST } from './manifest.mjs';
import { mavenEnvironment, provideMaven } from './maven.mjs';
import { giveWay, markFolder } from './own-folder.mjs';
import { SetupProblem } from './problem.mjs';
import { runProgram } from './program.mjs';

/** Kafka, Debezium and what they need. */
export const JVM_PARTS = 'process-resources';

/** The database server MariaDB. */
export const MARIADB = 'org.apache.maven.plugins:maven-dependency-plugin:unpack@mariadb';

/** A schema registry, and converters for it. */
export const REGISTRY = [
  'org.apache.maven.plugins:maven-dependency-plugin:unpack@registry',
  'org.apache.maven.plugins:maven-dependency-plugin:copy@converters',
];

/** An object store. */
export const OBJECTS = 'org.apache.maven.plugins:maven-dependency-plugin:copy@objects';

/** Apache Iceberg's sink for Kafka Connect. */
export const ICEBERG = 'org.apache.maven.plugins:maven-dependency-plugin:copy@iceberg';

/**
 * Has Maven resolve some of the POM into `folder`, anew; `checks` say what it compares the files with. What it has fetched
 * is in `repository`.
 * @param {{
 *   what: string, goals: readonly string[], java: string, progress: (text: string) => void,
 *   folder: string, repository: string, checks: readonly string[], seed?: (repository: string) => void,
 * }} options `what`: the parts as people name them; `seed` puts into the repository what need not be fetched
 */
export async function resolveParts({ what, goals, java, progress, folder, repository, checks, seed }) {
  giveWay(folder, areParts);
  for (const made of [folder, repository]) markFolder(made, { kind: 'cache' });
  seed?.(repository);
  await provideMaven(progress);
  const timer = setInterval(() => progress(`${megabytes(repository) + megabytes(folder)} MB`), 500);
  try {
    const args = [
      ...['--batch-mode', '--no-transfer-progress', '-f', POM, ...goals],
      ...[`-Ddriftlab.out=${folder}`, `-Dmaven.repo.local=${repository}`, ...checks, ...proxyArgs(process.env)],
    ];
    const { status, output } = await mvnw(args, java);
    if (status === 0) return;
    const refused = refusedByMaven(output);
    // A file that is not the pinned one is fetched again next time, not read from here.
    if (refused !== undefined) giveWay(repository, areParts);
    throw refused === undefined ? mavenProblem(what, goals, status, output) : checksumProblem(refused, RESOLVED_SUMS);
  } finally {
    clearInterval(timer);
  }
}

/** What is in the folders of the JVM parts; those of older versions have no mark. */
const PARTS = new Set(['libs', 'plugins', 'markers', 'cds', MANIFEST]);

/** @param {readonly string[]} names */
export const areParts = (names) => names.every((name) => PARTS.has(name) || /^kraft(\.\w+)*$/.test(name));

/** @param {string} folder */
function megabytes(folder) {
  let bytes = 0;
  try {
    for (const file of filesIn(folder)) bytes += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  } catch {
    // A folder that was there a moment ago.
  }
  return Math.round(bytes / 1e6);
}

/**
 * @param {string[]} args
 * @param {string} java
 * @returns {Promise<{ status: number | null, output: string }>}
 */
function mvnw(args, java) {
  const env = { ...process.env, ...mavenEnvironment(), JAVACMD: java };
  return runProgram('sh', [join(ROOT, 'mvnw'), ...args], { cwd: ROOT, env });
}

/**
 * Maven reads proxies from its settings, and not from the environment as all others do.
 * @param {NodeJS.ProcessEnv} env
 */
export function proxyArgs(env) {
  const args = [];
  for (const scheme of ['http', 'https']) {
    const proxy = env[`${scheme}_proxy`] || env[`${scheme.toUpperCase()}_PROXY`];
    if (!proxy || existsSync(join(homedir(), '.m2', 'settings.xml'))) continue;
    const url = URL.canParse(proxy) ? new URL(proxy) : undefined;
    if (url === undefined || url.hostname === '') continue;
    args.push(`-D${scheme}.proxyHost=${url.hostname}`, `-D${scheme}.proxyPort=${url.port || '80'}`);
  }
  return args.length === 0 ? args : [...args, '-Daether.connector.http.useSystemProperties=true'];
}

/**
 * @param {string} what
 * @param {readonly string[]} goals
 * @param {number | null} status
 * @param {string} output
 */
function mavenProblem(what, goals, status, output) {
  const errors = output.split('\n').filter((line) => /ERROR|rror:|ailed|cannot|No such/.test(line));
  const said = (errors[0] ?? output.trim().split('\n').at(-1) ?? '').replace(/^\[ERROR\]\s*/, '').slice(0, 400);
  const network =
    /Unknown host|UnknownHost|Network is unreachable|timed out|Connection refused|Could not transfer|wget: Failed|curl: Failed/i;
  return new SetupProblem({
    message: `${what} could not be downloaded`,
    expected: 'Maven to resolve docker/pom.xml',
    found: `status ${status}: ${said}`,
    fix: /No space left/i.test(output)
      ? 'make room on the disk, then run this again: it goes on where it was'
      : network.test(output)
        ? 'check the network, then run this again: it goes on where it was. Behind a mirror, name it in ~/.m2/settings.xml'
        : `run ./mvnw -f docker/pom.xml ${goals.join(' ')} and read what it says`,
  });
}
