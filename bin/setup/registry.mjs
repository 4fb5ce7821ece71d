// A schema registry and the converters that write with it, for pipelines whose records need one: fetched when one is first
// needed. Node 20, no dependency.
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { javaName } from './archives.mjs';
import { parseSums, RESOLVED_SUMS, trustedChecksumArgs } from './checksums.mjs';
import { requireSpace } from './disk.mjs';
import { pinnedVersions } from './jvm.mjs';
import { cacheRoot } from './layout.mjs';
import { filesIn, notWhole, writeManifest } from './manifest.mjs';
import { giveWay } from './own-folder.mjs';
import { seedParent } from './registry-parent.mjs';
import { REGISTRY, resolveParts } from './resolve.mjs';

/** What the archive and what is unpacked of it need while they are made, in MB; 120 MB stay. */
const SPACE_MB = 300;

/**
 * `app`: the folder of the registry's program, `jar`: its file there, `converters`: a folder with the converters' jars.
 * @typedef {{ app: string, jar: string, converters: string, version: string }} Registry
 */

/** The folder of what Maven has fetched, named by the archive's pinned checksum. */
export function registryFolder() {
  const { registry } = pinnedVersions();
  const artefact = 'apicurio-registry-app';
  const path = `io/apicurio/${artefact}/${registry}/${artefact}-${registry}-all.tar.gz`;
  const sum = parseSums(readFileSync(RESOLVED_SUMS, 'utf8')).get(path) ?? 'unpinned';
  return join(cacheRoot(), `registry-${registry}-${sum.slice(0, 12)}`);
}

/**
 * Undefined where it is not there.
 * @returns {Registry | undefined}
 */
export function findRegistry() {
  const folder = registryFolder();
  if (!existsSync(folder) || notWhole(folder) !== undefined) return undefined;
  const { registry: version } = pinnedVersions();
  const jar = `apicurio-registry-app-${version}-runner.jar`;
  return { app: join(folder, 'app'), jar, converters: join(folder, 'converters'), version };
}

/**
 * Its class-data-sharing archive, which saves half of what a start costs; see `archiveFile`.
 * @param {Pick<import('./java.mjs').Java, 'command' | 'version'>} java
 */
export function registryArchive(java) {
  return join(registryFolder(), 'cds', javaName(java), 'registry.jsa');
}

/** What has to be done where {@link findRegistry} finds none. */
export const registryAdvice = 'npx driftlab setup registry (a run that needs it does it too)';

/**
 * Fetches them into the cache.
 * @param {{ java: string, progress: (text: string) => void }} options
 * @throws {import('./problem.mjs').SetupProblem} also where a file is not the one whose checksum the repository pins
 */
export async function installRegistry(options) {
  const { registry } = pinnedVersions();
  const folder = registryFolder();
  const build = `${folder}.build`;
  const repository = `${folder}.maven`;
  requireSpace(cacheRoot(), SPACE_MB);
  const what = `the schema registry ${registry}`;
  const checks = trustedChecksumArgs({ record: false });
  /** @param {string} to */
  const seed = (to) => seedParent(to, registry);
  await resolveParts({ ...options, what, goals: REGISTRY, folder: build, repository, checks, seed });
  rmSync(join(build, 'markers'), { recursive: true, force: true });
  const parts = ['app', 'converters'].flatMap((part) =>
    filesIn(join(build, part)).map((file) => relative(build, file)),
  );
  writeManifest(build, parts);
  giveWay(folder);
  renameSync(build, folder);
  giveWay(repository);
}
