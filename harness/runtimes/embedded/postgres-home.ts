import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cacheRoot, POSTGRES_NATIVE, POSTGRES_PACKAGE } from '#setup/layout.mjs';
import { linkPostgresLibraries, postgresLinksMissing } from '#setup/npm-packages.mjs';
import { markFolder, markOf, removeFolder } from '#setup/own-folder.mjs';
import { reachableByAll, unprivilegedUser } from '#setup/unprivileged.mjs';
import { makeFolder } from '#setup/whole-file.mjs';
import { OperatorError } from '#std/errors.ts';

/** PostgreSQL's programs and an initialised data folder to copy, both readable for the user it runs as. */
export interface PostgresHome {
  readonly bin: string;
  readonly template: string;
  readonly user: string;
  readonly password: string;
  /** The user to run as; absent where this process need not give up its own. */
  readonly runAs?: { readonly uid: number; readonly gid: number };
  /** Where data folders can lie so that the user reaches them; absent where any place will do. */
  readonly dataRoot?: string;
}

const SUPERUSER = 'driftlab';

/**
 * Settings of all the lab's servers. Without fsync a commit still survives SIGKILL of the server, because its WAL was
 * handed to the operating system; only the machine's own crash would lose it, and a lab does not outlive that.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  wal_level: 'logical',
  max_connections: '200',
  max_replication_slots: '48',
  max_wal_senders: '48',
  fsync: 'off',
  full_page_writes: 'off',
  // In files of the data folder: a segment of POSIX shared memory would outlive a SIGKILL.
  dynamic_shared_memory_type: 'mmap',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  lc_messages: 'C',
  log_line_prefix: '%m [%p] %a ',
};

/** Prepares both, once per user and version; later calls only look. The package itself is never written to. */
export async function postgresHome(): Promise<PostgresHome> {
  if (!existsSync(join(POSTGRES_NATIVE, 'bin', 'postgres')))
    throw new OperatorError({
      code: 'postgres-missing',
      message: `PostgreSQL's binaries are not installed`,
      expected: `the npm package ${POSTGRES_PACKAGE}`,
      found: `nothing at ${POSTGRES_NATIVE}`,
      hint: 'npx driftlab setup',
      exit: 3,
    });
  const runAs = unprivilegedUser();
  const place = runAs === undefined ? cacheRoot() : reachableCache();
  const copied = runAs !== undefined || postgresLinksMissing();
  const home = join(place, `postgres-${templateKey()}${copied && runAs === undefined ? '-copy' : ''}`);
  if (!isWhole(home)) await build(home, copied, runAs);
  return {
    bin: join(copied ? join(home, 'native') : POSTGRES_NATIVE, 'bin'),
    template: join(home, 'template'),
    user: SUPERUSER,
    password: readFileSync(join(home, 'password'), 'utf8'),
    ...(runAs === undefined ? {} : { runAs, dataRoot: tmpdir() }),
  };
}

/** Names a template by what it is made from. */
function templateKey(): string {
  const manifest = readFileSync(join(dirname(POSTGRES_NATIVE), 'package.json'), 'utf8');
  return createHash('sha256').update(manifest).update(JSON.stringify(SETTINGS)).digest('hex').slice(0, 12);
}

/** The user's cache, or where another user cannot get there (root's home is closed to all), one for the whole system. */
function reachableCache(): string {
  for (const place of [cacheRoot(), '/var/cache/driftlab', join(tmpdir(), 'driftlab-cache')]) {
    try {
      makeFolder(place);
      const { uid, mode } = statSync(place);
      // What another user could change must not be run for root.
      if (reachableByAll(place) && uid === 0 && (mode & 0o022) === 0) return place;
    } catch {
      // Not to be had here; the next one.
    }
  }
  throw new OperatorError({
    code: 'no-reachable-folder',
    message: 'PostgreSQL must run as an unprivileged user, and there is no folder that this user can read',
    expected: 'a cache folder whose parents are open to all (mode o+x)',
    found: `${cacheRoot()}, /var/cache/driftlab and ${tmpdir()} are closed`,
    hint: 'set DRIFTLAB_CACHE to a folder that all users may read',
    exit: 3,
  });
}

async function build(home: string, copied: boolean, runAs: PostgresHome['runAs']): Promise<void> {
  const fresh = `${home}.${process.pid}.${randomBytes(3).toString('hex')}`;
  mkdirSync(fresh, { recursive: true, mode: 0o755 });
  try {
    chmodSync(fresh, 0o755);
    let native = POSTGRES_NATIVE;
    if (copied) {
      native = join(fresh, 'native');
      cpSync(POSTGRES_NATIVE, native, { recursive: true, verbatimSymlinks: true });
      linkPostgresLibraries(native);
    }
    const password = randomBytes(16).toString('hex');
    const passwordFile = join(fresh, 'password');
    writeFileSync(passwordFile, password, { mode: 0o600 });
    const template = join(fresh, 'template');
    mkdirSync(template, { mode: 0o700 });
    if (runAs !== undefined) for (const path of [template, passwordFile]) chownSync(path, runAs.uid, runAs.gid);
    if (NOT_FOR_A_SHELL.test(native + template)) await initdbElsewhere(native, template, password, runAs);
    else await initdb(join(native, 'bin'), template, passwordFile, runAs);
    writeFileSync(join(fresh, 'complete'), '');
    markFolder(fresh, { kind: 'cache' });
    if (existsSync(home) && !isWhole(home)) removeDamaged(home);
    renameSync(fresh, home);
  } catch (error) {
    rmSync(fresh, { recursive: true, force: true });
    // Another process may have been quicker; its result is as good.
    if (!isWhole(home)) throw error;
  }
}

function isWhole(home: string): boolean {
  return ['complete', 'password', join('template', 'PG_VERSION')].every((part) => existsSync(join(home, part)));
}

function removeDamaged(home: string): void {
  if (markOf(home) !== undefined) removeFolder(home);
  else
    throw new OperatorError({
      code: 'cache-damaged',
      message: `${home} is damaged, or not Driftlab's`,
      expected: "PostgreSQL's programs and an initialised data folder, as the set-up left them",
      found: 'a folder that lacks a part of them, and is not marked as Driftlab’s',
      hint: 'remove it if it is not yours, or set DRIFTLAB_CACHE to another folder; then run this again',
      exit: 3,
    });
}

/** initdb calls the server through a shell, with its path and that of the data in double quotes. */
const NOT_FOR_A_SHELL = /["$`\\\n]/;

/** Runs initdb in the system's temp folder, on a copy of PostgreSQL's programs, and puts what it makes into `template`. */
async function initdbElsewhere(
  native: string,
  template: string,
  password: string,
  runAs: PostgresHome['runAs'],
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-initdb-'));
  try {
    const programs = join(folder, 'native');
    const passwordFile = join(folder, 'password');
    const data = join(folder, 'data');
    cpSync(native, programs, { recursive: true, verbatimSymlinks: true });
    writeFileSync(passwordFile, password, { mode: 0o600 });
    mkdirSync(data, { mode: 0o700 });
    if (runAs !== undefined) for (const path of [folder, data, passwordFile]) chownSync(path, runAs.uid, runAs.gid);
    await initdb(join(programs, 'bin'), data, passwordFile, runAs);
    await run('cp', ['-Rp', `${data}/.`, template], folder, runAs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function initdb(bin: string, data: string, passwordFile: string, runAs: PostgresHome['runAs']): Promise<void> {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = [
    ...['-D', data, '-U', SUPERUSER, '--pwfile', passwordFile, '-A', 'scram-sha-256'],
    ...['-E', 'UTF8', '--no-locale', '--no-sync', '--no-instructions', ...settings],
  ];
  await run(join(bin, 'initdb'), args, dirname(data), runAs);
}

/** A new data folder, made by initdb: what copying the template saves. */
export async function initialise(home: PostgresHome, data: string): Promise<void> {
  const passwordFile = join(dirname(home.template), 'password');
  await initdb(home.bin, data, passwordFile, home.runAs);
}

/** A new data folder: a copy of the template, owned by whom the server runs as. Its parent must let that user write. */
export async function copyTemplate(home: PostgresHome, data: string): Promise<void> {
  // `cp` because it is done by the user itself, so that nothing has to be given away file by file.
  await run('cp', ['-Rp', home.template, data], dirname(data), home.runAs);
}

/** Runs a program to its end; throws an OperatorError with its last words where its status is not 0. */
async function run(file: string, args: readonly string[], cwd: string, runAs: PostgresHome['runAs']): Promise<void> {
  const child = spawn(file, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], ...(runAs ?? {}) });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code] = await once(child, 'close');
  if (code !== 0)
    throw new OperatorError({
      code: 'postgres-set-up-failed',
      message: `${file} ended with status ${code}`,
      found: output.trim().split('\n').slice(-10).join('\n'),
      hint: 'is there room on the disk? npx driftlab doctor shows it',
      exit: 3,
    });
}
