import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LABS } from '#setup/layout.mjs';
import { markFolder, removeFolder } from '#setup/own-folder.mjs';
import { makeFolder, writeWhole } from '#setup/whole-file.mjs';
import { asDiskFull } from '#std/disk-full.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { identify, isAlive, markedWith, type ProcessMark, sendSignal, signalTree, treeOf } from '#std/process-table.ts';
import { removeContainersNow } from '../docker/remove.ts';
import { belongsTo, isLabFolder, type LabChild, type LabManifest, MANIFEST, manifestIn } from './manifest.ts';
import { embeddedPlaces } from './places.ts';

export interface LabFolder {
  readonly id: string;
  readonly path: string;
  /** What all processes of the lab bear, whatever has become of those that started them. */
  readonly mark: ProcessMark;
  /** Writes a child down. Synchronous: nothing happens between the child's birth and the note of it. */
  addChild(child: Omit<LabChild, 'started'>): void;
  removeChild(pid: number): void;
  /** Takes a folder outside the lab's own for the lab: marks it, and removes it with the lab. */
  addFolder(path: string): void;
  /** Notes, before there are any, that a Docker engine has containers of the lab's; undefined once it has none any more. */
  noteEngine(host: string | undefined): void;
  /** The folder outside the lab's own whose name begins so, if there is one. */
  folderNamed(prefix: string): string | undefined;
  /** Ends what is left and removes all folders, at once. Twice is harmless. */
  destroy(): void;
  /** Keeps all folders for {@link openLab} to open again. Nothing of the lab may run any more. */
  keep(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** The listeners of all labs of this process. */
const OURS = new WeakSet<object>();

/** Makes the folder of a new lab, owned by this process; or takes over `kept`, the folder of one that was kept. */
export function openLab(labs: string = LABS, kept?: string): LabFolder {
  const owner = identify(process.pid);
  if (owner === undefined) throw new Error('this process is not in the process table');
  const before = kept === undefined ? undefined : readKept(kept);
  const id =
    kept !== undefined
      ? basename(kept)
      : `${new Date().toISOString().replace(/\D/g, '').slice(0, 14)}-${randomBytes(3).toString('hex')}`;
  const path = kept ?? join(labs, id);
  make(path);
  let manifest: LabManifest = { ...before, owner, children: [], folders: before?.folders ?? [], kept: false };
  let destroyed = false;
  const save = (next: LabManifest) => {
    manifest = next;
    if (destroyed) return;
    writeWhole(join(path, MANIFEST), JSON.stringify(manifest));
  };
  try {
    save(manifest);
  } catch (error) {
    // Without its manifest no later command would know it for a lab.
    if (kept === undefined) removeFolder(path, MANIFEST);
    throw asDiskFull(error, embeddedPlaces()[0]) ?? error;
  }
  const letGo = () => {
    destroyed = true;
    process.off('exit', destroy);
    for (const signal of SIGNALS) process.off(signal, onSignal);
  };
  const destroy = () => {
    if (destroyed) return;
    letGo();
    endNow(manifest.children, markOf(id));
    removeWhole(path, manifest);
  };
  const onSignal = (signal: NodeJS.Signals) => {
    // The program handles the signal itself, and disposes of its stack: not our business.
    if (process.listeners(signal).some((listener) => !OURS.has(listener))) return;
    destroy();
    // Other labs of this process have listeners of their own; the last one lets the signal do its work.
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  OURS.add(onSignal);
  // However this process ends, except by SIGKILL, its children end with it.
  process.on('exit', destroy);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    id,
    path,
    mark: markOf(id),
    addChild(child) {
      const identity = identify(child.pid);
      if (identity === undefined) return;
      const added = { ...manifest, children: [...manifest.children, { ...child, ...identity }] };
      try {
        save(added);
      } catch (error) {
        // It is known to this process all the same, which ends it.
        manifest = added;
        throw asDiskFull(error, embeddedPlaces()[0]) ?? error;
      }
    },
    removeChild(pid) {
      const children = manifest.children.filter((child) => child.pid !== pid);
      try {
        save({ ...manifest, children });
      } catch {
        // One that has ended may stand in it: whoever reads it looks whether it lives. Its caller is an event handler.
        manifest = { ...manifest, children };
      }
    },
    addFolder(folder) {
      markFolder(folder, { kind: 'lab', owner: id });
      save({ ...manifest, folders: [...manifest.folders, folder] });
    },
    noteEngine(host) {
      const { engine: _, ...rest } = manifest;
      save(host === undefined ? rest : { ...rest, engine: host });
    },
    folderNamed: (prefix) => manifest.folders.find((folder) => basename(folder).startsWith(prefix)),
    destroy,
    keep() {
      if (destroyed) return;
      save({ ...manifest, children: [], kept: true });
      letGo();
    },
  };
}

function make(path: string): void {
  try {
    makeFolder(path, 0o700);
  } catch (cause) {
    throw new OperatorError({
      code: 'lab-folder-not-made',
      message: "the folder of the lab's servers cannot be made",
      expected: `a folder ${path} that this user may write`,
      found: messageOf(cause),
      hint: 'make that folder writable, or run this from a copy that you may write',
      cause,
      exit: 3,
    });
  }
}

/** The manifest of a lab that was kept. Throws an OperatorError (`kept-incomplete`) where some of it has gone since. */
function readKept(path: string): LabManifest {
  const manifest = manifestIn(path);
  const missing = [path, ...(manifest?.folders ?? [])].filter((folder) => !existsSync(folder));
  if (manifest?.kept === true && missing.length === 0) return manifest;
  throw new OperatorError({
    code: 'kept-incomplete',
    message: 'the data that the lab has kept are not complete any more',
    expected: path,
    found: missing.length > 0 ? `${missing.join(', ')} missing` : 'no lab that was ended in order',
    hint: 'npx driftlab clean removes what is left; npx driftlab up then starts a new lab',
    exit: 3,
  });
}

/** Removes the data of a lab that was kept; harmless where there are none. */
export function removeKept(path: string): void {
  const manifest = manifestIn(path);
  if (manifest?.kept !== true) return;
  // Where its containers cannot be removed now, the next command tries again.
  const { kept: _, ...rest } = manifest;
  writeWhole(join(path, MANIFEST), JSON.stringify(rest));
  removeWhole(path, rest);
}

/** The labs that were kept. */
export function keptLabs(labs: string = LABS): { readonly path: string; readonly manifest: LabManifest }[] {
  return foldersOf(labs).flatMap((path) => {
    const manifest = manifestIn(path);
    return manifest?.kept === true ? [{ path, manifest }] : [];
  });
}

/**
 * Ends processes and what descends from them, without giving way to anything else in this process: it may be in its last
 * moment. Returns how many there were. Each gets its own signal first: PostgreSQL gives its shared memory back on
 * SIGQUIT, and cannot on SIGKILL.
 */
function endNow(children: readonly LabChild[], mark: ProcessMark): number {
  const trees = children.filter(isAlive).flatMap((child) => treeOf(child.pid));
  // Those that have left the tree: somebody's program may have put them into a session of their own.
  const left = [...new Map([...trees, ...markedWith(mark)].map((entry) => [entry.pid, entry])).values()];
  for (const { pid } of left) sendSignal(pid, 'SIGCONT');
  for (const child of children.filter(isAlive)) sendSignal(child.pid, child.endSignal);
  sleepWhile(() => children.some(isAlive), 300);
  for (const process of left) if (isAlive(process)) signalTree(process.pid, 'SIGKILL');
  sleepWhile(() => left.some(isAlive), 5000);
  return left.length;
}

function markOf(id: string): ProcessMark {
  return { name: 'DRIFTLAB_LAB', value: id };
}

function sleepWhile(condition: () => boolean, limitMs: number): void {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  const until = performance.now() + limitMs;
  while (condition() && performance.now() < until) Atomics.wait(clock, 0, 0, 10);
}

/** As {@link removeLab}, its containers first. Undefined where they cannot be removed now: then all stays as it is. */
function removeWhole(path: string, manifest: LabManifest): string[] | undefined {
  if (manifest.engine !== undefined && !removeContainersNow(manifest.engine, basename(path))) return undefined;
  return removeLab(path, manifest);
}

/**
 * Removes a lab's folder, and those outside of it that are its own. Returns those that its manifest names and that are not:
 * they are left as they are.
 */
function removeLab(path: string, { folders }: LabManifest): string[] {
  const lab = basename(path);
  const foreign: string[] = [];
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    if (!belongsTo(lab, folder)) {
      foreign.push(folder);
      continue;
    }
    releaseSharedMemory(folder);
    removeFolder(folder);
  }
  if (!isLabFolder(path)) return foreign;
  releaseSharedMemory(path);
  removeFolder(path, MANIFEST);
  return foreign;
}

/**
 * A PostgreSQL that was ended with SIGKILL leaves a segment of System V shared memory. Its next start on the same folder
 * would remove it; before the folder goes, we do. The seventh line of postmaster.pid holds the segment's key and id.
 */
function releaseSharedMemory(folder: string): void {
  for (const data of [join(folder, 'data'), join(folder, 'source', 'data'), join(folder, 'sink', 'data')]) {
    try {
      const id = sharedMemoryId(readFileSync(join(data, 'postmaster.pid'), 'utf8'));
      if (id !== undefined) execFileSync('ipcrm', ['-m', id], { stdio: 'ignore' });
    } catch {
      // No such server, an orderly end, or no ipcrm here: 56 bytes stay until the machine starts anew.
    }
  }
}

/** The id of the shared memory segment in the text of a postmaster.pid. */
export function sharedMemoryId(text: string): string | undefined {
  return /^\s*\d+\s+(\d+)\s*$/.exec(text.split('\n')[6] ?? '')?.[1];
}

/** What {@link sweep} found and ended. */
export interface Swept {
  readonly labs: number;
  readonly processes: number;
  /** Folders that a lab named as its own, and that are not. */
  readonly foreign: readonly string[];
  /** Labs of whose containers the engine could not be asked to remove them: they stay for the next command. */
  readonly unreachable: readonly { readonly path: string; readonly engine: string }[];
}

/**
 * Ends and removes the labs whose owner is gone: what a run left that was killed with SIGKILL. Labs of living owners are
 * not touched, no process is ended that merely has the pid of one written down, and no folder is removed that merely
 * stands in a manifest.
 */
export function sweep(labs: string = LABS): Swept {
  let swept = 0;
  let processes = 0;
  const foreign: string[] = [];
  const unreachable: { path: string; engine: string }[] = [];
  for (const path of foldersOf(labs)) {
    const manifest = manifestIn(path);
    if (manifest === undefined || manifest.kept === true || isAlive(manifest.owner)) continue;
    processes += endNow(manifest.children, markOf(basename(path)));
    const left = removeWhole(path, manifest);
    if (left === undefined) {
      unreachable.push({ path, engine: manifest.engine ?? '' });
      continue;
    }
    foreign.push(...left);
    swept++;
  }
  return { labs: swept, processes, foreign, unreachable };
}

/** The folders of labs, by their names. */
export function foldersOf(labs: string): string[] {
  try {
    return readdirSync(labs)
      .map((name) => join(labs, name))
      .filter(isLabFolder);
  } catch {
    return []; // No lab has run here yet.
  }
}
