import { existsSync, lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseServer, End } from '#model/stack.ts';
import { LAB_NAME } from '#setup/layout.mjs';
import { writeWhole } from '#setup/whole-file.mjs';

/** A database of a lab's on a server that is not its own. */
export interface ClaimedDatabase {
  readonly end: End;
  readonly name: string;
}

/** What a lab has on such servers. Holds their passwords: its file is for its owner's eyes alone. */
export interface AttachedRecord {
  readonly servers: { readonly [end in End]?: DatabaseServer };
  readonly databases: readonly ClaimedDatabase[];
}

const SUFFIX = '.attached.json';

/** Beside the folder of the lab and not in it: it outlives the folder where something is left on a server. */
export function recordFile(lab: string): string {
  return `${lab}${SUFFIX}`;
}

export function writeRecord(file: string, record: AttachedRecord): void {
  writeWhole(file, JSON.stringify(record), { mode: 0o600 });
}

/** What a file holds; undefined where there is none, or one that no lab has written. */
export function readRecord(file: string): AttachedRecord | undefined {
  let value: unknown;
  try {
    if (!lstatSync(file).isFile()) return undefined;
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
  return isRecord(value) ? value : undefined;
}

export function removeRecord(file: string): void {
  rmSync(file, { force: true });
}

/** The records of labs that are no more. */
export function orphanedRecords(labs: string): string[] {
  return namesIn(labs)
    .filter((name) => name.endsWith(SUFFIX) && LAB_NAME.test(name.slice(0, -SUFFIX.length)))
    .map((name) => join(labs, name))
    .filter((file) => !existsSync(file.slice(0, -SUFFIX.length)));
}

function namesIn(labs: string): string[] {
  try {
    return readdirSync(labs);
  } catch {
    return []; // No lab has run here yet.
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** A server without a prefix would have no names of the lab's own: nothing must be dropped there. */
function isServer(value: unknown): value is DatabaseServer {
  if (!isObject(value)) return false;
  const { engine, host, port, user, password, ownPrefix } = value;
  return [engine, host, user, password, ownPrefix].every(isText) && ownPrefix !== '' && Number.isInteger(port);
}

function isRecord(value: unknown): value is AttachedRecord {
  if (!isObject(value) || !isObject(value.servers) || !Array.isArray(value.databases)) return false;
  const { servers } = value;
  const known = (end: unknown): boolean => (end === 'source' || end === 'sink') && isServer(servers[end]);
  return (
    Object.keys(servers).every(known) &&
    value.databases.every((one) => isObject(one) && isText(one.name) && one.name !== '' && known(one.end))
  );
}
