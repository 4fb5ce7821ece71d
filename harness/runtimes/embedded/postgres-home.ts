import { createHash } from 'node:crypto';
import { chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { POSTGRES_NATIVE, POSTGRES_PACKAGE } from '#setup/layout.mjs';
import { linkPostgresLibraries, postgresLinksMissing } from '#setup/npm-packages.mjs';
import { OperatorError } from '#std/errors.ts';
import { emptyTemplate, homePlace, makeHome, type RunAs, runToEnd, type ServerHome } from './server-home.ts';

/** PostgreSQL's programs and an initialised data folder to copy. */
export interface PostgresHome extends ServerHome {
  readonly bin: string;
}

/** Where a server listens that runs as a process. */
const LISTENING = { listen_addresses: '127.0.0.1', unix_socket_directories: '' };

const SUPERUSER = 'driftlab';

/**
 * Settings of all the lab's servers. Without fsync a commit still survives SIGKILL of the server, because its WAL was
 * handed to the operating system; only the machine's own crash would lose it, and a lab does not outlive that.
 */
export const POSTGRES_SETTINGS: Readonly<Record<string, string>> = {
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

const SETTINGS = { ...LISTENING, ...POSTGRES_SETTINGS };

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
  const { place, runAs, dataRoot } = homePlace();
  const copied = runAs !== undefined || postgresLinksMissing();
  const home = join(place, `postgres-${templateKey()}${copied && runAs === undefined ? '-copy' : ''}`);
  await makeHome(home, 'PG_VERSION', (fresh) => fill(fresh, copied, runAs));
  return {
    bin: join(copied ? join(home, 'native') : POSTGRES_NATIVE, 'bin'),
    template: join(home, 'template'),
    user: SUPERUSER,
    password: readFileSync(join(home, 'password'), 'utf8'),
    ...(runAs === undefined ? {} : { runAs, dataRoot }),
  };
}

/** Names a template by what it is made from. */
function templateKey(): string {
  const manifest = readFileSync(join(dirname(POSTGRES_NATIVE), 'package.json'), 'utf8');
  return createHash('sha256').update(manifest).update(JSON.stringify(SETTINGS)).digest('hex').slice(0, 12);
}

/** A copy of the programs where there must be one, and a data folder made with them. */
async function fill(fresh: string, copied: boolean, runAs: RunAs | undefined): Promise<void> {
  let native = POSTGRES_NATIVE;
  if (copied) {
    native = join(fresh, 'native');
    cpSync(POSTGRES_NATIVE, native, { recursive: true, verbatimSymlinks: true });
    linkPostgresLibraries(native);
  }
  const { template, password, passwordFile } = emptyTemplate(fresh, runAs);
  if (NOT_FOR_A_SHELL.test(native + template)) await initdbElsewhere(native, template, password, runAs);
  else await initdb(join(native, 'bin'), template, passwordFile, runAs);
}

/** initdb calls the server through a shell, with its path and that of the data in double quotes. */
const NOT_FOR_A_SHELL = /["$`\\\n]/;

/** Runs initdb in the system's temp folder, on a copy of PostgreSQL's programs, and puts what it makes into `template`. */
async function initdbElsewhere(
  native: string,
  template: string,
  password: string,
  runAs: RunAs | undefined,
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
    await runToEnd('cp', ['-Rp', `${data}/.`, template], folder, runAs);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function initdb(bin: string, data: string, passwordFile: string, runAs: RunAs | undefined): Promise<void> {
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const args = [
    ...['-D', data, '-U', SUPERUSER, '--pwfile', passwordFile, '-A', 'scram-sha-256'],
    ...['-E', 'UTF8', '--no-locale', '--no-sync', '--no-instructions', ...settings],
  ];
  await runToEnd(join(bin, 'initdb'), args, dirname(data), runAs);
}

/** A new data folder, made by initdb: what copying the template saves. */
export async function initialise(home: PostgresHome, data: string): Promise<void> {
  const passwordFile = join(dirname(home.template), 'password');
  await initdb(home.bin, data, passwordFile, home.runAs);
}
