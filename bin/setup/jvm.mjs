// Kafka and Debezium: resolved by Maven through its wrapper, into the cache. Node 20, no dependency.
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, join, relative } from 'node:path';
import {
  checksumProblem,
  formatSums,
  INSTALLED_SUMS,
  parseSums,
  RESOLVED_SUMS,
  refusedByMaven,
  sha256,
  trustedChecksumArgs,
  wrongFile,
} from './checksums.mjs';
import { requireSpace } from './disk.mjs';
import { cacheRoot, jvmFolder, POM, ROOT } from './layout.mjs';
import { mavenEnvironment, provideMaven } from './maven.mjs';
import { giveWay, markFolder } from './own-folder.mjs';
import { SetupProblem } from './problem.mjs';
import { runProgram } from './program.mjs';
import { makeFolder } from './whole-file.mjs';

/** What the download, its unpacked copy and Maven's own repository need while they are made, in MB. */
const SPACE_MB = 700;

const MANIFEST = 'complete.json';

/**
 * Size of each file, by its path in the folder. Its checksum is pinned in the repository.
 * @typedef {Record<string, { size: number }>} Manifest
 */

/** The versions that the POM pins, for people. */
export function pinnedVersions() {
  const pom = readFileSync(POM, 'utf8');
  /** @param {string} name */
  const property = (name) => new RegExp(`<${name}\\.version>([^<]+)<`).exec(pom)?.[1] ?? '?';
  return { kafka: property('kafka'), debezium: property('debezium') };
}

/**
 * What is wrong with the JVM parts: undefined where they are complete. Looks at each file's size; with `hashes`, reads
 * them all and compares them with the checksums that the repository pins (`sums`: with these).
 * @param {{ hashes?: boolean, folder?: string, sums?: ReadonlyMap<string, string> }} [options]
 */
export function jvmMissing(options = {}) {
  const folder = options.folder ?? jvmFolder();
  /** @type {Manifest} */
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'));
    if (Object.keys(manifest).length === 0) throw new Error('no files');
  } catch {
    return `nothing complete at ${folder}`;
  }
  for (const [name, expected] of Object.entries(manifest)) {
    const file = join(folder, name);
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) return `${file} is missing`;
    if (size !== expected?.size) return `${file} has ${size} bytes, not ${expected?.size}`;
  }
  if (!options.hashes) return undefined;
  const wrong = wrongFile(folder, partsIn(folder), options.sums);
  return wrong && `${wrong.file} is not what is pinned: expected ${wrong.expected}, found ${wrong.found}`;
}

/**
 * @param {string} folder
 * @returns {string[]} paths of all files
 */
function filesIn(folder) {
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    .sort();
}

/**
 * The paths of Kafka's and Debezium's files in the folder; what the lab has made of them there is left out.
 * @param {string} folder
 */
function partsIn(folder) {
  return ['libs', 'plugins'].flatMap((part) => filesIn(join(folder, part)).map((file) => relative(folder, file)));
}

/**
 * Resolves the parts into a folder beside the final one and moves it into place when it is whole. What Maven has
 * fetched is kept until then, so a set-up that was broken off goes on where it was.
 * @param {{ java: string, progress: (text: string) => void }} options
 * @throws {SetupProblem} also where a file is not the one whose checksum the repository pins
 */
export async function installJvm(options) {
  const folder = jvmFolder();
  const fresh = `${folder}.build`;
  const repository = `${folder}.maven`;
  requireSpace(cacheRoot(), SPACE_MB);
  await resolveParts({ ...options, folder: fresh, repository, checks: trustedChecksumArgs({ record: false }) });
  rmSync(join(fresh, 'markers'), { recursive: true, force: true });
  const wrong = wrongFile(fresh, partsIn(fresh));
  if (wrong !== undefined) throw checksumProblem(wrong, INSTALLED_SUMS);
  /** @type {Manifest} */
  const manifest = {};
  for (const path of partsIn(fresh)) manifest[path] = { size: statSync(join(fresh, path)).size };
  writeFileSync(join(fresh, MANIFEST), JSON.stringify(manifest, undefined, 1));
  // An incomplete one of an older set-up or a damaged one gives way.
  giveWay(folder, areParts);
  renameSync(fresh, folder);
  giveWay(repository, areParts);
}

/**
 * Resolves docker/pom.xml anew and writes the checksums of what came into the repository's two lists: for whoever has
 * changed a version, and reads the difference before it is committed.
 * @param {{ java: string, progress: (text: string) => void }} options
 */
export async function recordChecksums(options) {
  makeFolder(cacheRoot());
  const scratch = mkdtempSync(join(cacheRoot(), 'checksums.'));
  const folder = join(scratch, 'parts');
  const sums = join(scratch, 'sums');
  try {
    const checks = trustedChecksumArgs({ record: true, folder: sums });
    await resolveParts({ ...options, folder, repository: join(scratch, 'repository'), checks });
    const resolved = readFileSync(join(sums, basename(RESOLVED_SUMS)), 'utf8');
    writeFileSync(RESOLVED_SUMS, formatSums(parseSums(resolved)));
    const installed = partsIn(folder).map((path) => /** @type {const} */ ([path, sha256(join(folder, path))]));
    writeFileSync(INSTALLED_SUMS, formatSums(new Map(installed)));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * Has Maven resolve the POM into `folder`, anew; `checks` say what it compares the files with.
 * @param {{ java: string, progress: (text: string) => void, folder: string, repository: string, checks: readonly string[] }} options
 */
async function resolveParts({ java, progress, folder, repository, checks }) {
  giveWay(folder, areParts);
  for (const made of [folder, repository]) markFolder(made, { kind: 'cache' });
  await provideMaven(progress);
  const timer = setInterval(() => progress(`${megabytes(repository) + megabytes(folder)} MB`), 500);
  try {
    const args = [
      ...['--batch-mode', '--no-transfer-progress', '-f', POM, 'process-resources'],
      ...[`-Ddriftlab.out=${folder}`, `-Dmaven.repo.local=${repository}`, ...checks, ...proxyArgs(process.env)],
    ];
    const { status, output } = await mvnw(args, java);
    if (status === 0) return;
    const refused = refusedByMaven(output);
    // A file that is not the pinned one is fetched again next time, not read from here.
    if (refused !== undefined) giveWay(repository, areParts);
    throw refused === undefined ? mavenProblem(status, output) : checksumProblem(refused, RESOLVED_SUMS);
  } finally {
    clearInterval(timer);
  }
}

/** What is in the folders of the JVM parts; those of older versions have no mark. */
const PARTS = new Set(['libs', 'plugins', 'markers', 'cds', MANIFEST]);

/** @param {readonly string[]} names */
const areParts = (names) => names.every((name) => PARTS.has(name) || /^kraft(\.\w+)*$/.test(name));

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
 * @param {number | null} status
 * @param {string} output
 */
function mavenProblem(status, output) {
  const errors = output.split('\n').filter((line) => /ERROR|rror:|ailed|cannot|No such/.test(line));
  const said = (errors[0] ?? output.trim().split('\n').at(-1) ?? '').replace(/^\[ERROR\]\s*/, '').slice(0, 400);
  const network =
    /Unknown host|UnknownHost|Network is unreachable|timed out|Connection refused|Could not transfer|wget: Failed|curl: Failed/i;
  return new SetupProblem({
    message: 'Kafka and Debezium could not be downloaded',
    expected: 'Maven to resolve docker/pom.xml',
    found: `status ${status}: ${said}`,
    fix: /No space left/i.test(output)
      ? 'make room on the disk, then run this again: it goes on where it was'
      : network.test(output)
        ? 'check the network, then run this again: it goes on where it was. Behind a mirror, name it in ~/.m2/settings.xml'
        : `run ./mvnw -f docker/pom.xml process-resources and read what it says`,
  });
}
