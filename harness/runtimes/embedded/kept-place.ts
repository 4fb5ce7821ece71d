import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { LABS } from '#setup/layout.mjs';
import { withLock } from '#setup/lock.mjs';
import { markFolder } from '#setup/own-folder.mjs';
import { unprivilegedUser } from '#setup/unprivileged.mjs';
import { makeFolder, writeWhole } from '#setup/whole-file.mjs';
import { identify, isAlive, isIdentity, type ProcessIdentity, sendSignal } from '#std/process-table.ts';
import { until } from '#std/wait.ts';

const NAME = 'pipelines';
const SYSTEM = '/var/lib/driftlab';
const LIMIT_MS = 60_000;

/** Who uses the server whose data outlive all commands, and whether it runs. */
export interface KeptPlace {
  readonly folder: string;
  readonly log: string;
  /** The server that runs, if it does. */
  readonly running: string;
  /** A file for each process that uses the server, by its pid. */
  readonly users: string;
  readonly lock: string;
}

export interface Running extends ProcessIdentity {
  readonly port: number;
}

export function keptPlace(): KeptPlace {
  const folder = join(LABS, NAME);
  const at = (file: string) => join(folder, file);
  return { folder, log: at('postgres.log'), running: at('server.json'), users: at('users'), lock: at('lock') };
}

/** Where the data lie: there too; for root, whose folders the server's unprivileged user does not reach, with the system's. */
export function keptData(labs: string = LABS): {
  readonly folder: string;
  readonly data: string;
  readonly passwordFile: string;
} {
  const runAs = unprivilegedUser();
  const hash = createHash('sha256').update(labs).digest('hex').slice(0, 12);
  const folder = runAs === undefined ? join(labs, NAME) : join(SYSTEM, `${NAME}-${hash}`);
  makeFolder(folder);
  // The server's user passes through it to the data, and finds nothing else to read.
  if (runAs !== undefined) chmodSync(folder, 0o711);
  markFolder(folder, { kind: 'kept' });
  return { folder, data: join(folder, 'data'), passwordFile: join(folder, 'password') };
}

/** Notes that this process uses the server; returns the note. */
export function noteUser({ users }: KeptPlace): string {
  makeFolder(users, 0o700);
  const file = join(users, `${process.pid}.json`);
  writeWhole(file, JSON.stringify(identify(process.pid)));
  return file;
}

/** Whether a process uses the server that lives. Notes of those that have gone are removed. */
function isUsed({ users }: KeptPlace): boolean {
  for (const file of readdirSync(users).map((name) => join(users, name))) {
    const user = readJson(file);
    if (isIdentity(user) && isAlive(user)) return true;
    rmSync(file, { force: true });
  }
  return false;
}

/** The server as it was noted, whether it lives or not; undefined where none was, or it was stopped in order. */
export function readRunning({ running }: KeptPlace): Running | undefined {
  const noted = readJson(running);
  if (!isIdentity(noted)) return undefined;
  const { port } = noted as Partial<Running>;
  return Number.isInteger(port) ? (noted as Running) : undefined;
}

/** Stops the server where those who used it are gone: what commands left that were killed. */
export async function sweepKeptPostgres(): Promise<void> {
  const place = keptPlace();
  const running = readRunning(place);
  if (running !== undefined && isAlive(running)) await inTurn(place, () => stopUnused(place));
}

/** One command at a time looks who uses the server, starts it or stops it. */
export function inTurn<T>({ lock }: KeptPlace, work: () => Promise<T>): Promise<T> {
  return withLock(lock, () => {}, work);
}

/** Stops the server where no process uses it any more. */
export async function stopUnused(place: KeptPlace): Promise<void> {
  const running = readRunning(place);
  if (running === undefined || isUsed(place)) return;
  // Fast shutdown: whoever is connected still belongs to a process that is gone.
  if (isAlive(running)) sendSignal(running.pid, 'SIGINT');
  await until(() => !isAlive(running), { what: "the pipelines' database server to exit", limitMs: LIMIT_MS });
  rmSync(place.running, { force: true });
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
