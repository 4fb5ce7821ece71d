import { existsSync, lstatSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { LAB_NAME } from '#setup/layout.mjs';
import { isFolder, markOf } from '#setup/own-folder.mjs';
import { isIdentity, type ProcessIdentity } from '#std/process-table.ts';

export interface LabChild extends ProcessIdentity {
  readonly name: string;
  /** On which it ends soonest, and leaves least behind. */
  readonly endSignal: NodeJS.Signals;
}

/** What a lab has outside this process, so that a later command can end it if this process could not. */
export interface LabManifest {
  readonly owner: ProcessIdentity;
  readonly children: readonly LabChild[];
  /** Folders outside the lab's own that go with it. */
  readonly folders: readonly string[];
  /** Ended in order, to be opened again: its folders stay until they are asked for or removed. */
  readonly kept?: boolean;
  /** Address of the Docker engine that has containers of the lab's: their label is its id. */
  readonly engine?: string;
}

export const MANIFEST = 'manifest.json';

/** A manifest's text; undefined for what is none, or a damaged one. */
export function readManifest(text: string): LabManifest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { owner, children, folders = [], kept = false, engine } = value;
  if (!isIdentity(owner) || !isListOf(children, isChild) || !isListOf(folders, isText)) return undefined;
  return { owner, children, folders, ...(kept === true ? { kept } : {}), ...(isText(engine) ? { engine } : {}) };
}

/**
 * The manifest of the lab in a folder. Undefined where the folder is not one that a lab was made in: by another name, a
 * link, or without a manifest of that shape.
 */
export function manifestIn(path: string): LabManifest | undefined {
  if (!isLabFolder(path)) return undefined;
  try {
    const file = join(path, MANIFEST);
    return lstatSync(file).isFile() ? readManifest(readFileSync(file, 'utf8')) : undefined;
  } catch {
    return undefined; // It is being made or removed at this moment.
  }
}

/** Whether a path is named as a lab's folder is, and is a folder. */
export function isLabFolder(path: string): boolean {
  return LAB_NAME.test(basename(path)) && isFolder(path);
}

/**
 * Whether a folder outside the lab's own is that lab's: a marker in it says so. Of labs of older versions, which put no
 * marker there, the name, the place, the owner and the content that only theirs have together.
 */
export function belongsTo(lab: string, folder: string): boolean {
  if (resolve(folder) !== folder || !isFolder(folder)) return false;
  const mark = markOf(folder);
  if (mark !== undefined) return mark.kind === 'lab' && mark.owner === lab;
  const temp = [tmpdir(), '/tmp', '/var/tmp'].filter(existsSync).map((path) => realpathSync(path));
  return (
    /^driftlab-(source|sink)-\w{6}$/.test(basename(folder)) &&
    temp.includes(realpathSync(dirname(folder))) &&
    lstatSync(folder).uid !== 0 &&
    readdirSync(folder).every((name) => name === 'data' && existsSync(join(folder, name, 'PG_VERSION')))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isListOf<T>(value: unknown, is: (one: unknown) => one is T): value is T[] {
  return Array.isArray(value) && value.every(is);
}

function isChild(value: unknown): value is LabChild {
  if (!isIdentity(value)) return false;
  const { name, endSignal } = value as Partial<LabChild>;
  return isText(name) && isText(endSignal) && Object.hasOwn(constants.signals, endSignal);
}
