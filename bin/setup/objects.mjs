// The object store S3Proxy, for who has pipelines that end in objects: fetched when it is first needed. Node 20, no dependency.
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { parseSums, RESOLVED_SUMS, trustedChecksumArgs } from './checksums.mjs';
import { requireSpace } from './disk.mjs';
import { pinnedVersions } from './jvm.mjs';
import { cacheRoot } from './layout.mjs';
import { notWhole, writeManifest } from './manifest.mjs';
import { giveWay } from './own-folder.mjs';
import { OBJECTS, resolveParts } from './resolve.mjs';

/** What the archive and Maven's own copy of it need while it is made, in MB; 55 MB stay. */
const SPACE_MB = 200;

/** @typedef {{ jar: string, version: string }} ObjectStore `jar`: the path of the file */

function jarName() {
  return `s3proxy-${pinnedVersions().s3proxy}-jar-with-dependencies.jar`;
}

/** The folder of what Maven has fetched, named by the archive's pinned checksum. */
export function objectStoreFolder() {
  const { s3proxy } = pinnedVersions();
  const sum = parseSums(readFileSync(RESOLVED_SUMS, 'utf8')).get(`org/gaul/s3proxy/${s3proxy}/${jarName()}`);
  return join(cacheRoot(), `s3proxy-${s3proxy}-${(sum ?? 'unpinned').slice(0, 12)}`);
}

/**
 * Undefined where it is not there.
 * @returns {ObjectStore | undefined}
 */
export function findObjectStore() {
  const folder = objectStoreFolder();
  if (notWhole(folder) !== undefined) return undefined;
  return { jar: join(folder, 'objects', jarName()), version: pinnedVersions().s3proxy };
}

/** What has to be done where {@link findObjectStore} finds none. */
export const objectStoreAdvice = 'npx driftlab setup s3 (a run that needs it does it too)';

/**
 * Fetches it into the cache.
 * @param {{ java: string, progress: (text: string) => void }} options
 * @throws {import('./problem.mjs').SetupProblem} also where the archive is not the one whose checksum the repository pins
 */
export async function installObjectStore(options) {
  const folder = objectStoreFolder();
  const build = `${folder}.build`;
  const repository = `${folder}.maven`;
  requireSpace(cacheRoot(), SPACE_MB);
  const what = `the object store S3Proxy ${pinnedVersions().s3proxy}`;
  const checks = trustedChecksumArgs({ record: false });
  await resolveParts({ ...options, what, goals: [OBJECTS], folder: build, repository, checks });
  writeManifest(build, [join('objects', jarName())]);
  giveWay(folder);
  renameSync(build, folder);
  giveWay(repository);
}
