import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { engineOf } from '#engines/index.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { writeWhole } from '#setup/whole-file.mjs';
import { OperatorError } from '#std/errors.ts';
import { freePorts } from '#std/free-port.ts';
import { logTail } from '#std/log-tail.ts';
import { identify, isAlive } from '#std/process-table.ts';
import { until } from '#std/wait.ts';
import {
  inTurn,
  type KeptPlace,
  keptData,
  keptPlace,
  noteUser,
  type Running,
  readRunning,
  stopUnused,
} from './kept-place.ts';
import { type PostgresHome, postgresHome } from './postgres-home.ts';
import { copyTemplate } from './server-home.ts';

const LIMIT_MS = 60_000;

/** Unlike a lab's, what is kept here outlives the machine's own crash. */
const DURABLE = ['-c', 'fsync=on', '-c', 'full_page_writes=on', '-c', 'shared_buffers=16MB'];

/** A PostgreSQL server whose data stay. Disposing lets go of it: it runs for as long as any command uses it. */
interface KeptPostgres extends AsyncDisposable {
  /** Of a database on it. */
  readonly url: string;
}

type KeptHome = PostgresHome & ReturnType<typeof keptData>;

/**
 * Uses the server, and starts it where nobody does yet. Throws an OperatorError where it cannot be started
 * (`kept-not-started`), or its data are of another version of PostgreSQL (`kept-version`).
 */
export async function openKeptPostgres(): Promise<KeptPostgres> {
  const place = keptPlace();
  const home = { ...(await postgresHome()), ...keptData() };
  return inTurn(place, async () => {
    // First, so that whoever looks for its users meanwhile does not stop the server.
    const own = noteUser(place);
    const letGo = async (): Promise<void> => {
      rmSync(own, { force: true });
      await stopUnused(place);
    };
    try {
      const server = (await runningAt(place, home)) ?? (await start(place, home));
      const url = engineOf(server).server.url(server, 'postgres');
      return { url, [Symbol.asyncDispose]: () => inTurn(place, letGo) };
    } catch (error) {
      await letGo();
      throw error;
    }
  });
}

function serverAt({ passwordFile, user }: KeptHome, port: number): DatabaseServer {
  return { engine: 'postgres', host: '127.0.0.1', port, user, password: readFileSync(passwordFile, 'utf8') };
}

/** The server that runs already, once it answers; undefined where none does. */
async function runningAt(place: KeptPlace, home: KeptHome): Promise<DatabaseServer | undefined> {
  const running = readRunning(place);
  if (running === undefined || !isAlive(running)) return undefined;
  const server = serverAt(home, running.port);
  await untilAnswers(server, () => !isAlive(running));
  return isAlive(running) ? server : undefined;
}

async function untilAnswers(server: DatabaseServer, exited: () => boolean): Promise<void> {
  const { answers } = engineOf(server).server;
  const what = "the pipelines' database server to answer";
  await until(async () => exited() || (await answers(server)), { what, limitMs: LIMIT_MS });
}

async function start(place: KeptPlace, home: KeptHome): Promise<DatabaseServer> {
  if (!existsSync(home.data)) await fill(home);
  requireVersion(home);
  const [port] = await freePorts(1);
  const child = spawnServer(place, home, port);
  let exit: string | undefined;
  child.once('exit', (status, signal) => {
    exit = signal ?? `exit status ${status}`;
  });
  child.once('error', ({ message }) => {
    exit = message;
  });
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  const running: Running | undefined = identity === undefined ? undefined : { ...identity, port };
  if (running !== undefined) writeWhole(place.running, JSON.stringify(running));
  const server = serverAt(home, port);
  await untilAnswers(server, () => exit !== undefined);
  if (exit === undefined) return server;
  throw new OperatorError({
    code: 'kept-not-started',
    message: 'the PostgreSQL server in which pipelines are kept does not start',
    expected: `a server on the data in ${home.data}`,
    found: `${exit}: ${logTail(place.log, 5)}`,
    hint: `see ${place.log}; or name a database of your own: --state URL`,
    exit: 3,
  });
}

/** A child with a process group of its own: a terminal's Ctrl-C does not reach it, and others may use it after us. */
function spawnServer(place: KeptPlace, home: KeptHome, port: number): ChildProcess {
  const out = openSync(place.log, 'w', 0o600);
  const child = spawn(join(home.bin, 'postgres'), ['-D', home.data, '-p', String(port), ...DURABLE], {
    ...{ cwd: home.data, detached: true, stdio: ['ignore', out, out] },
    ...(home.runAs ?? {}),
  });
  closeSync(out);
  child.unref();
  return child;
}

/** Makes the data, whole or not at all. */
async function fill(home: KeptHome): Promise<void> {
  const making = `${home.data}.making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { mode: 0o700 });
  if (home.runAs !== undefined) chownSync(making, home.runAs.uid, home.runAs.gid);
  await copyTemplate(home, join(making, 'data'));
  // Another release of the package makes a template with another password.
  writeWhole(home.passwordFile, home.password, { mode: 0o600 });
  renameSync(join(making, 'data'), home.data);
  rmSync(making, { recursive: true, force: true });
}

function requireVersion({ data, template }: KeptHome): void {
  const [found, expected] = [data, template].map((at) => readFileSync(join(at, 'PG_VERSION'), 'utf8').trim());
  if (found === expected) return;
  throw new OperatorError({
    code: 'kept-version',
    message: 'the data in which pipelines are kept are of another version of PostgreSQL',
    expected: `PostgreSQL ${expected}`,
    found: `PostgreSQL ${found}, in ${data}`,
    hint: 'use the driftlab that made them, or name a database of your own: --state URL',
    exit: 3,
  });
}
