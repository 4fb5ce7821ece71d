import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findMariadb, type Mariadb, mariadbAdvice } from '#setup/mariadb.mjs';
import { OperatorError } from '#std/errors.ts';
import { fetchPart } from './fetch-part.ts';
import { emptyTemplate, homePlace, makeHome, type RunAs, runToEnd, type ServerHome } from './server-home.ts';

/** MariaDB's server, what it reads beside its data, and an initialised data folder to copy. */
export interface MariadbHome extends ServerHome {
  readonly server: string;
  readonly share: string;
}

const USER = 'driftlab';

/**
 * Settings of the data folder, which the server must be started with as it was made with. Nothing is flushed to the disk:
 * a commit still survives SIGKILL of the server, because log and binary log were handed to the operating system.
 */
const DATA_SETTINGS: readonly string[] = [
  '--innodb-undo-tablespaces=0',
  '--innodb-log-file-size=32M',
  '--innodb-buffer-pool-size=64M',
  '--innodb-flush-log-at-trx-commit=2',
  // Names that servers before 11.4 do not know.
  '--loose-innodb-log-file-buffering=ON',
  '--loose-innodb-data-file-buffering=ON',
  '--aria-pagecache-buffer-size=8M',
  '--key-buffer-size=1M',
];

/** Where a server finds what it reads, whatever else is installed and configured on the machine. */
export function commonArgs({ share }: Pick<Mariadb, 'share'>, data: string): string[] {
  return [
    '--no-defaults',
    `--datadir=${data}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${join(share, 'charsets')}`,
    // Without it a new RSA key is made at every start, which takes seconds.
    '--skip-ssl',
    ...DATA_SETTINGS,
  ];
}

/**
 * Prepares all of it, once per user and version; later calls only look. The server itself is fetched where it is not there
 * yet; aborting ends that.
 */
export async function mariadbHome(signal?: AbortSignal): Promise<MariadbHome> {
  const found = findMariadb() ?? (await fetched(signal));
  const { place, runAs, dataRoot } = homePlace();
  const home = join(place, `mariadb-home-${homeKey(found)}`);
  const copied = runAs !== undefined;
  const { server, share } = copied ? programsIn(home) : found;
  await makeHome(home, 'ibdata1', (fresh) => fill(fresh, found, runAs));
  return {
    server,
    share,
    template: join(home, 'template'),
    user: USER,
    password: readFileSync(join(home, 'password'), 'utf8'),
    ...(runAs === undefined ? {} : { runAs, dataRoot }),
  };
}

/** Names a home by what it is made from. */
function homeKey({ server, version }: Mariadb): string {
  return createHash('sha256')
    .update(JSON.stringify([server, version, DATA_SETTINGS, BOOTSTRAP]))
    .digest('hex')
    .slice(0, 12);
}

function programsIn(folder: string): Pick<Mariadb, 'server' | 'share'> {
  return { server: join(folder, 'bin', 'mariadbd'), share: join(folder, 'share') };
}

let fetching: Promise<Mariadb> | undefined;

async function fetched(signal: AbortSignal | undefined): Promise<Mariadb> {
  fetching ??= setUp(signal).finally(() => {
    fetching = undefined;
  });
  return fetching;
}

async function setUp(signal: AbortSignal | undefined): Promise<Mariadb> {
  const said = await fetchPart('mariadb', signal);
  const found = findMariadb();
  if (found !== undefined) return found;
  throw new OperatorError({
    code: 'mariadb-missing',
    message: 'MariaDB is not installed, and could not be',
    expected: 'a server of MariaDB for the pipeline’s source or sink',
    found: said,
    hint: mariadbAdvice(),
    exit: 3,
  });
}

/** The tables of the server itself, in the order in which MariaDB's own installer makes them. */
const BOOTSTRAP = ['system_tables', 'performance_tables', 'gis', 'sys_schema'] as const;

function systemSql(share: string): string {
  const texts = BOOTSTRAP.flatMap((part) => {
    const names = part === 'gis' ? ['maria_add_gis_sp_bootstrap.sql'] : [`mariadb_${part}.sql`, `mysql_${part}.sql`];
    const file = names.map((name) => join(share, name)).find((path) => existsSync(path));
    return file === undefined ? [] : [readFileSync(file, 'utf8')];
  });
  return texts.join('\n');
}

/** A copy of the programs where there must be one, and a data folder with one user, who may do everything. */
async function fill(fresh: string, found: Mariadb, runAs: RunAs | undefined): Promise<void> {
  let programs: Pick<Mariadb, 'server' | 'share'> = found;
  if (runAs !== undefined) {
    programs = programsIn(fresh);
    cpSync(found.server, programs.server);
    cpSync(found.share, programs.share, { recursive: true });
  }
  const { template, password } = emptyTemplate(fresh, runAs);
  // The server reads a statement from each line, or up to the semicolon at a line's end.
  const sql = [
    'CREATE DATABASE mysql;',
    'USE mysql;',
    systemSql(programs.share),
    'FLUSH PRIVILEGES;',
    `CREATE USER ${USER}@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON *.* TO ${USER}@'%' WITH GRANT OPTION;`,
    '',
  ].join('\n');
  const args = [...commonArgs(programs, template), '--bootstrap', '--log-warnings=0'];
  await runToEnd(programs.server, args, template, runAs, sql);
}
