// The checksums that this repository pins for what runs on the JVM. Node 20, no dependency.
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { POM, ROOT } from './layout.mjs';
import { SetupProblem } from './problem.mjs';

/**
 * SHA-256 of everything that Maven resolves: jars, archives, POMs, and Maven's own plugins. Maven reads it by this name,
 * and checks a file before it is used.
 */
export const RESOLVED_SUMS = join(dirname(POM), 'checksums.sha256');

/** SHA-256 of each file of the JVM folder, by its path there: `sha256sum -c` reads it too. */
export const INSTALLED_SUMS = join(dirname(POM), 'installed.sha256');

const UPDATE = 'npm run driftlab -- dev checksums';

/** @param {string} file */
export function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

/**
 * What makes Maven compare each file that it resolves with a list of checksums, from whichever repository it comes.
 * @param {{ record: boolean, folder?: string }} options `record` writes the list (into `folder`) instead
 */
export function trustedChecksumArgs({ record, folder = dirname(RESOLVED_SUMS) }) {
  const processor = '-Daether.artifactResolver.postProcessor.trustedChecksums';
  const source = '-Daether.trustedChecksumsSource.summaryFile';
  return [
    ...[`${processor}=true`, `${processor}.checksumAlgorithms=SHA-256`],
    `${processor}.${record ? 'record' : 'failIfMissing'}=true`,
    // One list, not one for each repository: a mirror has the same files.
    ...[`${source}=true`, `${source}.originAware=false`, `${source}.basedir=${folder}`],
  ];
}

/**
 * The lines of a checksum file: path to SHA-256.
 * @param {string} text
 * @returns {Map<string, string>}
 */
export function parseSums(text) {
  const sums = new Map();
  for (const line of text.split('\n')) {
    const [, sum, path] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    if (sum !== undefined && path !== undefined) sums.set(path, sum);
  }
  return sums;
}

/**
 * A checksum file's text. It begins with the checksum of the POM from which it was made, so that a test can tell when
 * the two differ.
 * @param {ReadonlyMap<string, string>} sums
 */
export function formatSums(sums) {
  const lines = [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, sum]) => `${sum}  ${path}`);
  return `${[`# written by ${UPDATE}`, `# of docker/pom.xml ${sha256(POM)}`, ...lines].join('\n')}\n`;
}

/**
 * Whether a checksum file was made from the POM as it is now.
 * @param {string} text
 */
export function madeFromPom(text) {
  return text.includes(`\n# of docker/pom.xml ${sha256(POM)}\n`);
}

/**
 * The first file of a folder that is not as {@link INSTALLED_SUMS} says. Undefined where all are.
 * @param {string} folder
 * @param {readonly string[]} found paths in the folder of all files that are there
 * @param {ReadonlyMap<string, string>} [sums]
 * @returns {{ file: string, expected: string, found: string } | undefined}
 */
export function wrongFile(folder, found, sums = parseSums(readFileSync(INSTALLED_SUMS, 'utf8'))) {
  for (const [path, sum] of sums) {
    const file = join(folder, path);
    const actual = statSync(file, { throwIfNoEntry: false })?.isFile() ? sha256(file) : 'no such file';
    if (actual !== sum) return { file, expected: `SHA-256 ${sum}`, found: actual };
  }
  const foreign = found.find((path) => !sums.has(path));
  if (foreign === undefined) return undefined;
  return { file: join(folder, foreign), expected: 'no such file', found: sha256(join(folder, foreign)) };
}

/**
 * What a set-up says of a file that is not the pinned one.
 * @param {{ file: string, expected: string, found: string }} wrong
 * @param {string} list the checksum file that it was compared with
 */
export function checksumProblem({ file, expected, found }, list) {
  return new SetupProblem({
    message: `${file} is not the file whose checksum is pinned`,
    expected: `${expected} (${list.slice(ROOT.length + 1)})`,
    found,
    fix: `check which repository ~/.m2/settings.xml or MVNW_REPOURL names; after a change of docker/pom.xml run ${UPDATE}`,
  });
}

/**
 * The file that Maven has refused, out of what it says; undefined where it has refused none.
 * @param {string} output
 */
export function refusedByMaven(output) {
  const mismatch = /Artifact (\S+) trusted checksum mismatch: \S+?=([0-9a-f]+); calculated=([0-9a-f]+)/.exec(output);
  if (mismatch !== null) {
    const [, file = '', sum, found = ''] = mismatch;
    return { file, expected: `SHA-256 ${sum}`, found };
  }
  const missing = /Missing from \S+ trusted checksum\(s\) \[SHA-256\] for artifact (\S+)/.exec(output);
  if (missing === null) return undefined;
  return { file: missing[1] ?? '', expected: 'a SHA-256', found: 'none for this file' };
}
