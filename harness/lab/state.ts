import { readFileSync } from 'node:fs';
import type { LabPhase } from '#contracts/lab-report.ts';
import type { LabAddresses, SharedServers, SharedWorkers } from '#model/lab-addresses.ts';
import type { DatabaseServer, End, Topology } from '#model/stack.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { isIdentity, type ProcessIdentity } from '#std/process-table.ts';

/** Names of database engines, as `--source` and `--sink` have them. */
export interface LabEngines {
  readonly source?: string;
  readonly sink?: string;
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
  /** The engines of source and sinks; the default where one is left out, as in labs of older versions. */
  readonly engines?: LabEngines;
  /** What its stack is made of; the default where it is left out. */
  readonly topology?: Topology;
  /** Folder of the servers' data, where the lab was ended in order and can go on. */
  readonly kept?: string;
  readonly addresses?: LabAddresses;
  /** Why it failed. */
  readonly error?: string;
}

const PHASES: readonly string[] = ['starting', 'running', 'faulted', 'stopping', 'failed', 'down'];

/**
 * The text of a state's file, or undefined where there is none. Throws an OperatorError (`state-damaged`) for one that
 * cannot be read or holds no state of a lab.
 */
export function readStateFile(file: string): LabState | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw damaged('the state of the lab cannot be read', file, messageOf(cause));
  }
  const state = parsed(text);
  if (isState(state)) return state;
  throw damaged('the state of the lab is damaged, or of another version', file, excerpt(text));
}

/** A file of the lab's that it cannot go on from, and how to get out of that. */
export function damaged(message: string, file: string, found: string): OperatorError {
  return new OperatorError({
    code: 'state-damaged',
    message,
    expected: `what the lab has written to ${file}`,
    found,
    hint: 'npx driftlab clean ends the lab and removes its data; npx driftlab up then starts a new one',
  });
}

export function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The beginning of a file, such that it can be shown. */
export function excerpt(text: string): string {
  return text.trim() === '' ? 'nothing in it' : JSON.stringify(text.slice(0, 60));
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isState(value: unknown): value is LabState {
  if (!isRecord(value)) return false;
  const { id, phase, daemon, port, startedAt, seed, rate, variants, engines, topology, kept, addresses, error } = value;
  return (
    [id, phase].every(isText) &&
    PHASES.includes(String(phase)) &&
    isIdentity(daemon) &&
    [port, startedAt, seed, rate].every(Number.isFinite) &&
    isTexts(variants) &&
    (engines === undefined || isEngines(engines)) &&
    (topology === undefined || isTopology(topology)) &&
    [kept, error].every((text) => text === undefined || isText(text)) &&
    (addresses === undefined || isAddresses(addresses))
  );
}

function isEngines(value: unknown): value is LabEngines {
  return isRecord(value) && [value.source, value.sink].every((name) => name === undefined || isText(name));
}

function isTopology(value: unknown): value is Topology {
  if (!isRecord(value)) return false;
  const { runtime, brokers, workers, format } = value;
  return (
    [runtime, format].every((name) => name === undefined || isText(name)) &&
    [brokers, workers].every((count) => count === undefined || Number.isInteger(count))
  );
}

function isAddresses(value: unknown): value is LabAddresses {
  if (!isRecord(value)) return false;
  const { source, sink, brokers, registry, sourceDatabase, sinkDatabases, shared } = value;
  return (
    (registry === undefined || isText(registry)) &&
    (shared === undefined || isShared(shared)) &&
    isEnds({ source, sink }, isServer) &&
    isTexts(brokers) &&
    isText(sourceDatabase) &&
    isRecord(sinkDatabases) &&
    Object.values(sinkDatabases).every(isText)
  );
}

function isShared(value: unknown): value is SharedServers {
  return isRecord(value) && isEnds(value.databases, isServer) && isEnds(value.workers, isWorkers);
}

function isWorkers(value: unknown): value is SharedWorkers {
  if (!isRecord(value)) return false;
  const { urls, authorization, databases, brokers, secrets } = value;
  const kept = secrets === undefined || (isRecord(secrets) && [secrets.folder, secrets.reference].every(isText));
  const known = kept && (authorization === undefined || isText(authorization));
  return known && isTexts(urls) && isTexts(brokers) && isEnds(databases, isServer);
}

function isEnds<T>(value: unknown, is: (one: unknown) => one is T): value is Readonly<Record<End, T>> {
  return isRecord(value) && is(value.source) && is(value.sink);
}

function isServer(value: unknown): value is DatabaseServer {
  return (
    isRecord(value) &&
    [value.engine, value.host, value.user, value.password].every(isText) &&
    Number.isInteger(value.port)
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText);
}
