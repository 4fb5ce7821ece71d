// Apache Iceberg's sink for Kafka Connect, for who has pipelines that end in Iceberg tables: fetched when it is first needed.
// Node 20, no dependency.
import { readFileSync, renameSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseSums, RESOLVED_SUMS, trustedChecksumArgs } from './checksums.mjs';
import { requireSpace } from './disk.mjs';
import { pinnedVersions } from './jvm.mjs';
import { cacheRoot } from './layout.mjs';
import { filesIn, notWhole, writeManifest } from './manifest.mjs';
import { giveWay } from './own-folder.mjs';
import { ICEBERG, resolveParts } from './resolve.mjs';

/** What the jars and Maven's own copies of them need while they are fetched, in MB; 145 MB stay. */
const SPACE_MB = 400;

/** @typedef {{ plugin: string, version: string }} Iceberg `plugin`: the path of a folder with its jars */

/** The folder of what Maven has fetched, named by the pinned checksum of the sink's own jar. */
export function icebergFolder() {
  const { iceberg } = pinnedVersions();
  const artefact = 'iceberg-kafka-connect';
  const path = `org/apache/iceberg/${artefact}/${iceberg}/${artefact}-${iceberg}.jar`;
  const sum = parseSums(readFileSync(RESOLVED_SUMS, 'utf8')).get(path) ?? 'unpinned';
  return join(cacheRoot(), `iceberg-${iceberg}-${sum.slice(0, 12)}`);
}

/**
 * Undefined where it is not there.
 * @returns {Iceberg | undefined}
 */
export function findIceberg() {
  const folder = icebergFolder();
  if (notWhole(folder) !== undefined) return undefined;
  return { plugin: join(folder, 'iceberg'), version: pinnedVersions().iceberg };
}

/** What has to be done where {@link findIceberg} finds none. */
export const icebergAdvice = 'npx driftlab setup iceberg (a run that needs it does it too)';

/**
 * Fetches it into the cache.
 * @param {{ java: string, progress: (text: string) => void }} options
 * @throws {import('./problem.mjs').SetupProblem} also where a file is not the one whose checksum the repository pins
 */
export async function installIceberg(options) {
  const folder = icebergFolder();
  const build = `${folder}.build`;
  const repository = `${folder}.maven`;
  requireSpace(cacheRoot(), SPACE_MB);
  const what = `Apache Iceberg's sink ${pinnedVersions().iceberg}`;
  const checks = trustedChecksumArgs({ record: false });
  await resolveParts({ ...options, what, goals: [ICEBERG], folder: build, repository, checks });
  writeManifest(
    build,
    filesIn(join(build, 'iceberg')).map((file) => relative(build, file)),
  );
  giveWay(folder);
  renameSync(build, folder);
  giveWay(repository);
}
