// The database server MySQL, for who has a pipeline that ends or begins there: found on the machine, never fetched. Node 20,
// no dependency.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { reachableByAll, unprivilegedUser } from './unprivileged.mjs';

/** The oldest server that is taken. */
export const MYSQL_MIN = 8;

/**
 * `server`: the program; `base`: the folder that it takes its plugins from; `share`: its messages, and its character sets
 * in `charsets`; `confined`: AppArmor lets that file read and write its own distribution's data folders alone.
 * @typedef {{ server: string, base: string, share: string, version: string, confined: boolean }} Mysql
 */

/**
 * The first server of MySQL that is new enough, from PATH and from where packages put it; `passedOver` says of each other
 * `mysqld` before it why it is not taken.
 * @param {readonly string[]} [folders]
 * @returns {{ found: Mysql | undefined, passedOver: readonly string[] }}
 */
export function lookForMysql(folders = placesOfMysqld()) {
  /** @type {string[]} */
  const passedOver = [];
  for (const server of new Set(folders.map((folder) => join(folder, 'mysqld')).filter(isProgram))) {
    const described = examined(server);
    if (typeof described !== 'string') return { found: described, passedOver };
    passedOver.push(`${server}: ${described}`);
  }
  return { found: undefined, passedOver };
}

/** See {@link lookForMysql}. */
export function findMysql() {
  return lookForMysql().found;
}

/** How to get one, on this machine. */
export function mysqlAdvice() {
  return adviceFor(process.platform, readIfThere('/etc/os-release'));
}

/**
 * @param {string} platform as Node.js names it
 * @param {string} release the text of /etc/os-release
 */
export function adviceFor(platform, release) {
  if (platform === 'darwin') return 'brew install mysql';
  const ids = [...release.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].flatMap(([, value = '']) =>
    value.replace(/^"|"$/g, '').split(' '),
  );
  const own = `install MySQL ${MYSQL_MIN}.0 or newer; mysqld must be in PATH or /usr/sbin`;
  if (ids.includes('ubuntu'))
    return 'sudo apt-get install -y mysql-server-core-8.0 (mysql-server-core in newer releases)';
  if (ids.includes('debian'))
    return `${own}. Debian has it in its unstable release alone; dev.mysql.com/downloads has packages for stable ones`;
  return own;
}

/** Where packages and MySQL's own installers put the server, which need not be in a user's PATH. */
const SERVER_FOLDERS = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/libexec',
  '/usr/local/mysql/bin',
  '/opt/homebrew/opt/mysql/bin',
  '/usr/local/opt/mysql/bin',
];

function placesOfMysqld() {
  return [...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''), ...SERVER_FOLDERS];
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** A program that only prints its help is done long before; one that hangs must not hang the set-up. */
const HELP_LIMIT_MS = 20_000;

/**
 * What a server says of itself; a text says why it cannot be run.
 * @param {string} server
 * @returns {Mysql | string}
 */
function examined(server) {
  // Even for its help it goes to its data folder and opens its binary log there: not where another server may run.
  const apart = [`--datadir=${tmpdir()}`, '--skip-log-bin'];
  const { stdout, stderr, error, status } = spawnSync(server, ['--no-defaults', ...apart, '--verbose', '--help'], {
    encoding: 'utf8',
    timeout: HELP_LIMIT_MS,
    maxBuffer: 16 << 20,
  });
  if (error !== undefined) return error.message;
  const described = describedBy(server, stdout);
  if (typeof described === 'string')
    return status === 0 ? described : `exit status ${status}: ${stderr.trim().split('\n').at(-1)}`;
  const closed = [server, described.share].find((file) => !isForEveryone(file));
  if (closed !== undefined) return `databases run as another user than root, who cannot reach ${closed}`;
  return { ...described, confined: isConfined(server) };
}

/**
 * @param {string} server
 * @param {string} help what `mysqld --no-defaults --verbose --help` prints: its version first, its settings last
 * @param {(file: string) => boolean} [exists]
 * @returns {Omit<Mysql, 'confined'> | string} a text says why it is none that can be run
 */
export function describedBy(server, help, exists = existsSync) {
  const [, version, rest = ''] = /\bVer (\d+\.\d+\.\d+)(.*)/.exec(help) ?? [];
  if (version === undefined) return 'it does not say its version';
  // MariaDB installs its server under this name as well.
  if (/mariadb/i.test(rest)) return `MariaDB ${version}`;
  if (Number.parseInt(version, 10) < MYSQL_MIN) return `MySQL ${version}, which is older than ${MYSQL_MIN}.0`;
  /** @param {string} name */
  const setting = (name) => new RegExp(`^${name} +(/.*\\S)$`, 'm').exec(help)?.[1]?.replace(/\/$/, '');
  const base = setting('basedir') ?? dirname(dirname(server));
  const [messages, charsets] = [setting('lc-messages-dir'), setting('character-sets-dir')];
  const folders = [
    ...(messages === undefined ? [] : [messages]),
    ...(charsets === undefined ? [] : [dirname(charsets)]),
    join(base, 'share', 'mysql'),
    join(base, 'share'),
  ];
  const needed = [join('english', 'errmsg.sys'), join('charsets', 'Index.xml')];
  const share = folders.find((folder) => needed.every((file) => exists(join(folder, file))));
  if (share === undefined)
    return `MySQL ${version} without its messages and character sets (looked in ${folders.join(', ')})`;
  return { server, base, share, version };
}

/**
 * Whether the user that databases run as reaches a file.
 * @param {string} file
 */
function isForEveryone(file) {
  return unprivilegedUser() === undefined || reachableByAll(dirname(realpathSync(file)));
}

/** @param {string} server */
function isConfined(server) {
  const file = realpathSync(server);
  const profile = `/etc/apparmor.d/${file.slice(1).replaceAll('/', '.')}`;
  return readIfThere('/sys/module/apparmor/parameters/enabled').startsWith('Y') && existsSync(profile);
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
