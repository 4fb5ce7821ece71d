import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { databaseUrl, openDatabase } from '#engines/postgres/client.ts';
import type { Database } from '#model/pipeline.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { startTestPostgres } from './postgres.ts';

/** A PostgreSQL server that is set otherwise than a stack's, with the database `own`, opened as its superuser. */
export interface OwnServer extends AsyncDisposable {
  readonly server: DatabaseServer;
  readonly own: Database;
  /** Ends it in order and starts it again: some of its settings are read only then. */
  restart(): Promise<void>;
}

/** Starts a server that has these settings from its second start on. */
export async function startOwnServer(settings: Readonly<Record<string, string>>): Promise<OwnServer> {
  const { server, node, ...more } = await startTestPostgres();
  const admin = openDatabase(databaseUrl(server, 'postgres'));
  await admin.query('CREATE DATABASE own');
  for (const [name, value] of Object.entries(settings)) await admin.query(`ALTER SYSTEM SET ${name} = '${value}'`);
  await admin.close();
  const restart = async () => {
    await node.stop();
    await node.start();
  };
  await restart();
  const own = openDatabase(databaseUrl(server, 'own'));
  return {
    ...{ server, own, restart },
    async [Symbol.asyncDispose]() {
      await own.close();
      await more[Symbol.asyncDispose]();
    },
  };
}

async function shown(database: Pick<Database, 'query'>, setting: string): Promise<string> {
  const [row] = await database.query<{ is: string }>(`SELECT current_setting('${setting}') AS is`);
  return row?.is ?? '';
}

/** Puts lines before all others of a server's pg_hba.conf: what was there before, to be put back. */
export async function admitBy(
  database: Pick<Database, 'query'>,
  ...lines: readonly string[]
): Promise<() => Promise<void>> {
  const file = await shown(database, 'hba_file');
  const before = readFileSync(file, 'utf8');
  const write = async (text: string) => {
    writeFileSync(file, text);
    await database.query('SELECT pg_reload_conf()');
  };
  await write([...lines, before].join('\n'));
  return () => write(before);
}

/** Whether this machine can make a certificate. */
export function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Has a server speak TLS, with a certificate that it signs itself. */
export async function speakTls(database: Pick<Database, 'query'>): Promise<void> {
  const data = dirname(await shown(database, 'hba_file'));
  const [key, certificate] = [join(data, 'server.key'), join(data, 'server.crt')];
  execFileSync(
    'openssl',
    ['req', '-x509', '-nodes', '-newkey', 'rsa:2048', '-subj', '/CN=localhost', '-keyout', key, '-out', certificate],
    { stdio: 'ignore' },
  );
  // The server reads no key that others could read, nor one of somebody else's.
  const { uid, gid } = statSync(data);
  for (const file of [key, certificate]) chownSync(file, uid, gid);
  await database.query('ALTER SYSTEM SET ssl = on');
  await database.query('SELECT pg_reload_conf()');
}

/** Whether a disk may be mounted here: in most containers nobody may. */
export function mountsDisks(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

/** Gives a server a tablespace `small` on a disk of its own that has 8 MB. */
export async function mountSmall(database: Pick<Database, 'query'>, after: AsyncDisposableStack): Promise<void> {
  const { uid, gid } = statSync(await shown(database, 'data_directory'));
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-disk-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', folder]);
  after.defer(() => {
    // The server has files open on it.
    execFileSync('umount', ['--lazy', folder]);
    rmdirSync(folder);
  });
  const place = join(folder, 'small');
  mkdirSync(place, { mode: 0o700 });
  for (const one of [folder, place]) chownSync(one, uid, gid);
  await database.query(`CREATE TABLESPACE small LOCATION '${place}'`);
}
