// Kafka and Debezium: resolved by Maven through its wrapper, into the cache. Node 20, no dependency.
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import {
  checksumProblem,
  formatSums,
  INSTALLED_SUMS,
  parseSums,
  RESOLVED_SUMS,
  sha256,
  trustedChecksumArgs,
  wrongFile,
} from './checksums.mjs';
import { requireSpace } from './disk.mjs';
import { cacheRoot, jvmFolder, POM } from './layout.mjs';
import { filesIn, notWhole, writeManifest } from './manifest.mjs';
import { giveWay } from './own-folder.mjs';
import { seedParent } from './registry-parent.mjs';
import { areParts, ICEBERG, JVM_PARTS, MARIADB, OBJECTS, REGISTRY, resolveParts } from './resolve.mjs';
import { makeFolder } from './whole-file.mjs';

/** What the download, its unpacked copy and Maven's own repository need while they are made, in MB. */
const SPACE_MB = 700;

/** The versions that the POM pins, for people. */
export function pinnedVersions() {
  const pom = readFileSync(POM, 'utf8');
  /** @param {string} name */
  const property = (name) => new RegExp(`<${name}\\.version>([^<]+)<`).exec(pom)?.[1] ?? '?';
  return {
    kafka: property('kafka'),
    debezium: property('debezium'),
    mariadb: property('mariadb'),
    registry: property('registry'),
    s3proxy: property('s3proxy'),
    iceberg: property('iceberg'),
  };
}

/**
 * What is wrong with the JVM parts: undefined where they are complete. Looks at each file's size; with `hashes`, reads
 * them all and compares them with the checksums that the repository pins (`sums`: with these).
 * @param {{ hashes?: boolean, folder?: string, sums?: ReadonlyMap<string, string> }} [options]
 */
export function jvmMissing(options = {}) {
  const folder = options.folder ?? jvmFolder();
  const lacking = notWhole(folder);
  if (lacking !== undefined) return lacking;
  if (!options.hashes) return undefined;
  const wrong = wrongFile(folder, partsIn(folder), options.sums);
  return wrong && `${wrong.file} is not what is pinned: expected ${wrong.expected}, found ${wrong.found}`;
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
  const what = 'Kafka and Debezium';
  const checks = trustedChecksumArgs({ record: false });
  await resolveParts({ ...options, what, goals: [JVM_PARTS], folder: fresh, repository, checks });
  rmSync(join(fresh, 'markers'), { recursive: true, force: true });
  const wrong = wrongFile(fresh, partsIn(fresh));
  if (wrong !== undefined) throw checksumProblem(wrong, INSTALLED_SUMS);
  writeManifest(fresh, partsIn(fresh));
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
    const what = 'what docker/pom.xml names';
    const repository = join(scratch, 'repository');
    /** @param {string} to */
    const seed = (to) => seedParent(to, pinnedVersions().registry);
    const goals = [JVM_PARTS, MARIADB, ...REGISTRY, OBJECTS, ICEBERG];
    await resolveParts({ ...options, what, goals, folder, repository, checks, seed });
    const resolved = readFileSync(join(sums, basename(RESOLVED_SUMS)), 'utf8');
    writeFileSync(RESOLVED_SUMS, formatSums(parseSums(resolved)));
    const installed = partsIn(folder).map((path) => /** @type {const} */ ([path, sha256(join(folder, path))]));
    writeFileSync(INSTALLED_SUMS, formatSums(new Map(installed)));
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
