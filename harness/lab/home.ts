import { randomBytes } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { LAB_PORT } from '#model/lab.ts';
import { WORK } from '#setup/layout.mjs';
import { withLock } from '#setup/lock.mjs';
import { markFolder, markOf, removeOwn } from '#setup/own-folder.mjs';
import { makeFolder, writeWhole } from '#setup/whole-file.mjs';
import { messageOf, OperatorError } from '#std/errors.ts';
import { identify, isAlive, isIdentity, type ProcessIdentity } from '#std/process-table.ts';
import { damaged, excerpt, type LabState, readStateFile } from './state.ts';

/** The lab's own folder: one lab to a checkout, or to a project where the package is installed. */
export interface LabHome {
  readonly folder: string;
  /** The folder's own name leads to it: the folder is only emptied then. */
  readonly linked: boolean;
  readonly log: string;
  /** Folder of the nodes' logs. */
  readonly logs: string;
  readonly ledger: string;
  /** Faults and alerts so far, and what the generator has made. */
  readonly memory: string;
  /** What whoever operates the lab has noted of it. */
  readonly notes: string;
  readonly token: string;
  readonly state: string;
}

const DEFAULT = join(WORK, '.lab', 'live');

export function labHome(env: NodeJS.ProcessEnv = process.env): LabHome {
  const named = resolve(env.DRIFTLAB_HOME || DEFAULT);
  const folder = realOr(named);
  return {
    folder,
    linked: lstatSync(named, { throwIfNoEntry: false })?.isSymbolicLink() === true,
    log: join(folder, 'daemon.log'),
    logs: join(folder, 'logs'),
    ledger: join(folder, 'ledger.jsonl'),
    memory: join(folder, 'memory.json'),
    notes: join(folder, 'notes.json'),
    token: join(folder, 'token'),
    state: join(folder, 'state.json'),
  };
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * Whether the home is the lab's: false where nothing is in it yet. Throws an OperatorError (`home-foreign`) for a folder in
 * which anybody else has something, and for what is no folder.
 */
function isOwnHome(home: LabHome): boolean {
  const found = statSync(home.folder, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (!found.isDirectory()) throw foreign(home, 'a file, or another thing that is no folder');
  if (markOf(home.folder) !== undefined || (realOr(DEFAULT) === home.folder && !home.linked)) return true;
  const names = namesIn(home);
  if (names.length === 0) return false;
  // Labs of older versions have no marker; what the state's file says proves them.
  if (names.every((name) => isOwnFile(home, name)) && hasState(home)) return true;
  const shown = names.slice(0, 3).join(', ');
  throw foreign(home, `${names.length > 3 ? `${shown} and ${names.length - 3} more` : shown}, and no mark of a lab`);
}

function namesIn(home: LabHome): string[] {
  try {
    return readdirSync(home.folder);
  } catch (error) {
    throw foreign(home, messageOf(error));
  }
}

function hasState(home: LabHome): boolean {
  try {
    return readState(home) !== undefined;
  } catch {
    return false;
  }
}

function foreign({ folder }: LabHome, found: string): OperatorError {
  return new OperatorError({
    code: 'home-foreign',
    message: `${folder} is not a lab's folder, so nothing in it is touched`,
    expected: 'DRIFTLAB_HOME to name a folder that is not there yet, is empty, or was made by driftlab up',
    found,
    hint: 'set DRIFTLAB_HOME to a new folder, or unset it',
  });
}

/** What the lab writes into its home; everything else that is there is somebody else's. */
function isOwnFile(home: LabHome, name: string): boolean {
  const own = [home.log, home.logs, home.ledger, home.memory, home.notes, home.token, home.state].map((path) =>
    basename(path),
  );
  // The last: what a version before left of a file that was being written.
  return own.includes(name) || /^\.driftlab-\d+-[0-9a-f]+\.part$/.test(name) || /^\w+(\.json)?\.\d+\.new$/.test(name);
}

/** Makes the home, and marks it as the lab's. */
export function makeHome(home: LabHome): void {
  try {
    makeFolder(home.folder, 0o700);
    markFolder(home.folder, { kind: 'home' });
  } catch (cause) {
    throw new OperatorError({
      code: 'home-not-made',
      message: "the lab's folder cannot be made",
      expected: `a folder ${home.folder} that this user may write`,
      found: messageOf(cause),
      hint: 'set DRIFTLAB_HOME to a folder that you may write',
      cause,
      exit: 3,
    });
  }
}

/** Notes the daemon beside its state: what is left to find it by where the state is damaged. */
export function markDaemon(home: LabHome, daemon: ProcessIdentity): void {
  markFolder(home.folder, { kind: 'home', daemon });
}

/** The daemon that the home's mark names; undefined where it names none. */
export function markedDaemon(home: LabHome): ProcessIdentity | undefined {
  const daemon = markOf(home.folder)?.daemon;
  return isIdentity(daemon) ? daemon : undefined;
}

/**
 * Runs `work` while no other command starts a lab in this home, or takes one away: two that found none at once would both
 * start one. Held for moments.
 */
export async function withHome<T>(home: LabHome, work: () => T | Promise<T>): Promise<T> {
  isOwnHome(home);
  // Beside the folder: the folder itself comes and goes.
  const lock = join(dirname(home.folder), `.${basename(home.folder)}.driftlab-lock`);
  return withLock(
    lock,
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
  makeFolder(dirname(file), 0o700);
  writeWhole(file, text, { mode: 0o600 });
}

/** The lab's state; undefined where none was started. Throws an OperatorError (`state-damaged`) for a file that holds none. */
export function readState(home: LabHome): LabState | undefined {
  return readStateFile(home.state);
}

export function writeState(home: LabHome, state: LabState): void {
  writePrivate(home.state, JSON.stringify(state, null, 2));
}

export function makeToken(home: LabHome): string {
  const token = randomBytes(32).toString('base64url');
  writePrivate(home.token, `${token}\n`);
  return token;
}

/** Undefined where there is none. Throws an OperatorError (`state-damaged`) for what the lab cannot have written. */
export function readToken(home: LabHome): string | undefined {
  let text: string;
  try {
    text = readFileSync(home.token, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw damaged("the lab's token cannot be read", home.token, messageOf(cause));
  }
  if (/^[\w-]{20,}\s*$/.test(text)) return text.trim();
  throw damaged("the lab's token is damaged", home.token, excerpt(text));
}

/**
 * Forgets the lab: its faults, its ledger, its logs. Its servers' data are not here. Returns the names of what is left: it
 * is not the lab's. Throws an OperatorError where the home is none.
 */
export function removeHome(home: LabHome): readonly string[] {
  if (!isOwnHome(home)) return [];
  const keepFolder = home.linked || home.folder === realOr(process.cwd());
  return removeOwn(home.folder, { own: (name) => isOwnFile(home, name), keepFolder });
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
