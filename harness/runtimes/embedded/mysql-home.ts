import { createHash } from 'node:crypto';
import { chownSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { lookForMysql, MYSQL_MIN, type Mysql, mysqlAdvice } from '#setup/mysql.mjs';
import { OperatorError } from '#std/errors.ts';
import { emptyTemplate, homePlace, makeHome, type RunAs, runToEnd, type ServerHome } from './server-home.ts';

type Programs = Pick<Mysql, 'server' | 'base' | 'share'>;

/** MySQL's server, what it reads beside its data, and an initialised data folder to copy. */
export interface MysqlHome extends ServerHome, Programs {}

const USER = 'driftlab';

/**
 * Settings of the data folder, which the server must be started with as it was made with, and those that make it small: as
 * it comes it takes 540 MB. Nothing is flushed to the disk: a commit still survives SIGKILL of the server, because log and binary log were handed to the operating
 * system. Names that not every server knows are `loose`.
 */
const DATA_SETTINGS: readonly string[] = [
  '--loose-innodb-redo-log-capacity=32M',
  '--innodb-buffer-pool-size=64M',
  '--innodb-log-buffer-size=1M',
  '--innodb-flush-log-at-trx-commit=2',
  '--innodb-flush-method=nosync',
  '--innodb-read-io-threads=1',
  '--innodb-write-io-threads=1',
  // Threads of their own, which a machine of few processors has no use for.
  '--loose-innodb-log-writer-threads=OFF',
  '--innodb-buffer-pool-dump-at-shutdown=OFF',
  '--innodb-buffer-pool-load-at-startup=OFF',
  // Half of what the server takes. What the lab reads of it (`log_status`) is there all the same.
  '--performance-schema=OFF',
  '--loose-temptable-max-ram=16M',
  '--loose-binlog-transaction-dependency-history-size=25000',
  '--key-buffer-size=1M',
  // A second protocol, on a port of its own.
  '--loose-mysqlx=OFF',
  // The folder that packages name here need not be there, and then the server does not start.
  '--secure-file-priv=NULL',
];

/** Where a server finds what it reads, whatever else is installed and configured on the machine. */
export function commonArgs({ base, share }: Programs, data: string): string[] {
  return [
    '--no-defaults',
    `--basedir=${base}`,
    `--datadir=${data}`,
    `--lc-messages-dir=${share}`,
    `--character-sets-dir=${join(share, 'charsets')}`,
    ...DATA_SETTINGS,
  ];
}

/** Prepares all of it, once per user and server; later calls only look. */
export async function mysqlHome(): Promise<MysqlHome> {
  const found = foundMysql();
  const { place, runAs, dataRoot } = homePlace();
  const home = join(place, `mysql-home-${homeKey(found)}`);
  await makeHome(home, 'ibdata1', (fresh) => fill(fresh, found, runAs));
  return {
    ...programsIn(home, found),
    template: join(home, 'template'),
    user: USER,
    password: readFileSync(join(home, 'password'), 'utf8'),
    ...(runAs === undefined ? {} : { runAs, dataRoot }),
  };
}

function foundMysql(): Mysql {
  const { found, passedOver } = lookForMysql();
  if (found !== undefined) return found;
  throw new OperatorError({
    code: 'mysql-missing',
    message: 'there is no MySQL server on this machine',
    expected: `mysqld of MySQL ${MYSQL_MIN}.0 or newer, in PATH or where packages put it`,
    found: passedOver.length === 0 ? 'no mysqld' : passedOver.join('\n'),
    hint: mysqlAdvice(),
    exit: 3,
  });
}

/** Names a home by what it is made from. */
function homeKey(found: Mysql): string {
  return createHash('sha256')
    .update(JSON.stringify([found, DATA_SETTINGS, usersSql('')]))
    .digest('hex')
    .slice(0, 12);
}

/**
 * What a home runs. AppArmor confines the file at its own path alone: a copy may read and write where any program of the user
 * may.
 */
function programsIn(folder: string, { server, base, share, confined }: Mysql): Programs {
  return { server: confined ? join(folder, 'bin', 'mysqld') : server, base, share };
}

/** A statement a line. Whoever else an initialised folder lets in has no password. */
function usersSql(password: string): string {
  return [
    `CREATE USER ${USER}@'%' IDENTIFIED BY '${password}';`,
    `GRANT ALL ON *.* TO ${USER}@'%' WITH GRANT OPTION;`,
    "DROP USER 'root'@'localhost';",
    '',
  ].join('\n');
}

/** A data folder with one user, who may do everything. */
async function fill(fresh: string, found: Mysql, runAs: RunAs | undefined): Promise<void> {
  const programs = programsIn(fresh, found);
  if (found.confined) {
    mkdirSync(dirname(programs.server));
    copyFileSync(found.server, programs.server);
  }
  const { template, password } = emptyTemplate(fresh, runAs);
  const statements = join(fresh, 'init.sql');
  writeFileSync(statements, usersSql(password), { mode: 0o600 });
  if (runAs !== undefined) chownSync(statements, runAs.uid, runAs.gid);
  const args = [...commonArgs(programs, template), '--initialize-insecure', `--init-file=${statements}`];
  await runToEnd(programs.server, args, template, runAs);
  rmSync(statements);
  // Each server makes itself an id, which its transactions' names begin with.
  rmSync(join(template, 'auto.cnf'));
}
