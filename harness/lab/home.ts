import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LAB_PORT, type LabPhase } from '#model/lab.ts';
import type { DatabaseServer } from '#model/stack.ts';
import { WORK } from '#setup/layout.mjs';
import { withLock } from '#setup/lock.mjs';
import { OperatorError } from '#std/errors.ts';
import { identify, isAlive, type ProcessIdentity } from '#std/process-table.ts';

/** Where the lab's servers answer. Holds passwords: it stands in a file that only its owner can read, and nowhere else. */
export interface LabAddresses {
  readonly source: DatabaseServer;
  readonly sink: DatabaseServer;
  readonly brokers: readonly string[];
  /** Name of the source database, and of each variant's sink. */
  readonly sourceDatabase: string;
  readonly sinkDatabases: Readonly<Record<string, string>>;
}

/** What the lab's commands know of it between them. */
export interface LabState {
  readonly id: string;
  readonly phase: LabPhase | 'down';
  /** The daemon; the last one where it is down. */
  readonly daemon: ProcessIdentity;
  readonly port: number;
  readonly startedAt: number;
  readonly seed: number;
  readonly rate: number;
  readonly variants: readonly string[];
  /** Folder of the servers' data, where the lab was ended in order and can go on. */
  readonly kept?: string;
  readonly addresses?: LabAddresses;
  /** Why it failed. */
  readonly error?: string;
}

/** The lab's own folder: one lab to a checkout, or to a project where the package is installed. */
export interface LabHome {
  readonly folder: string;
  readonly log: string;
  /** Folder of the nodes' logs. */
  readonly logs: string;
  readonly ledger: string;
  /** Faults and alerts so far, and what the generator has made. */
  readonly memory: string;
  readonly token: string;
  readonly state: string;
}

export function labHome(env: NodeJS.ProcessEnv = process.env): LabHome {
  const folder = env.DRIFTLAB_HOME ?? join(WORK, '.lab', 'live');
  return {
    folder,
    log: join(folder, 'daemon.log'),
    logs: join(folder, 'logs'),
    ledger: join(folder, 'ledger.jsonl'),
    memory: join(folder, 'memory.json'),
    token: join(folder, 'token'),
    state: join(folder, 'state.json'),
  };
}

/**
 * Runs `work` while no other command starts a lab in this home, or takes one away: two that found none at once would both
 * start one. Held for moments.
 */
export function withHome<T>(home: LabHome, work: () => T | Promise<T>): Promise<T> {
  // Beside the folder: the folder itself comes and goes.
  return withLock(
    `${home.folder}.lock`,
    () => {},
    async () => work(),
  );
}

/** The port that `DRIFTLAB_PORT` asks for, or the usual one. */
export function labPort(env: NodeJS.ProcessEnv = process.env): number {
  const text = env.DRIFTLAB_PORT;
  if (text === undefined || text === '') return LAB_PORT;
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 1 && port <= 65_535) return port;
  throw new OperatorError({
    code: 'wrong-value',
    message: `DRIFTLAB_PORT cannot be "${text}"`,
    expected: 'a port, from 1 to 65535',
    found: text,
  });
}

/** Writes a file that only its owner can read, whole or not at all. */
export function writePrivate(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}.new`;
  writeFileSync(fresh, text, { mode: 0o600 });
  chmodSync(fresh, 0o600);
  renameSync(fresh, file);
}

export function readState(home: LabHome): LabState | undefined {
  try {
    return JSON.parse(readFileSync(home.state, 'utf8')) as LabState;
  } catch {
    return undefined;
  }
}

export function writeState(home: LabHome, state: LabState): void {
  writePrivate(home.state, JSON.stringify(state, null, 2));
}

export function makeToken(home: LabHome): string {
  const token = randomBytes(32).toString('base64url');
  writePrivate(home.token, `${token}\n`);
  return token;
}

export function readToken(home: LabHome): string | undefined {
  try {
    return readFileSync(home.token, 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** Forgets the lab: its faults, its ledger, its logs. Its servers' data are not here. */
export function removeHome(home: LabHome): void {
  rmSync(home.folder, { recursive: true, force: true });
}

/**
 * How the lab stands. `killed`: its daemon is gone without a word; `rebooted` where the machine has started anew since.
 * What a killed lab's servers left is swept by whichever command comes next.
 */
export type Standing =
  | { readonly kind: 'none' }
  | { readonly kind: 'down'; readonly state: LabState }
  | { readonly kind: 'alive'; readonly state: LabState }
  | { readonly kind: 'killed'; readonly state: LabState; readonly rebooted: boolean };

export interface ProcessLook {
  isAlive(identity: ProcessIdentity): boolean;
  /** This process's own entry: `boot/ticks` in `started`. */
  readonly ownStarted: string | undefined;
}

function realLook(): ProcessLook {
  return { isAlive, ownStarted: identify(process.pid)?.started };
}

export function standing(state: LabState | undefined, look: ProcessLook = realLook()): Standing {
  if (state === undefined) return { kind: 'none' };
  if (look.isAlive(state.daemon)) return { kind: 'alive', state };
  // It said itself that it is down, or why it failed, before it went.
  if (state.phase === 'down' || state.phase === 'failed') return { kind: 'down', state };
  return { kind: 'killed', state, rebooted: bootOf(state.daemon.started) !== bootOf(look.ownStarted ?? '') };
}

/** Linux puts the boot's id before the slash; elsewhere a start time is all there is, and no reboot is told. */
function bootOf(started: string): string {
  return started.includes('/') ? (started.split('/')[0] ?? '') : '';
}
