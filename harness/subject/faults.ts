import { cleanUpChanges } from '#faults/clean-up-changes.ts';
import { crashConsumers } from '#faults/crash-consumers.ts';
import { killBroker } from '#faults/kill-broker.ts';
import { killConnect } from '#faults/kill-connect.ts';
import { killWorker } from '#faults/kill-worker.ts';
import { loseHistory } from '#faults/lose-history.ts';
import { moveLeaders } from '#faults/move-leaders.ts';
import { narrowRowImage } from '#faults/narrow-row-image.ts';
import { none } from '#faults/none.ts';
import { passRetention } from '#faults/pass-retention.ts';
import { pauseConsumers } from '#faults/pause-consumers.ts';
import { purgeBinlog } from '#faults/purge-binlog.ts';
import { snapshotAgain } from '#faults/snapshot-again.ts';
import { stopBrokers } from '#faults/stop-brokers.ts';
import { truncate } from '#faults/truncate.ts';
import { zombieWorker } from '#faults/zombie-worker.ts';
import type { Fault } from '#model/fault.ts';
import type { VariantSpec } from '#model/pipeline.ts';
import type { Expectation, FailureMode } from '#model/scenario.ts';
import type { Topology } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { whyNoTruncation } from '#workloads/generic/generic.ts';
import { checkTable } from './check-mapping.ts';
import { type Ends, type PlannedFile, sourceTable } from './ends.ts';
import { expectationOf } from './expectation.ts';
import {
  FAULT_NAMES,
  type FaultEntry,
  type FaultName,
  isNetworkFault,
  isRegistryFault,
  type NetworkFaultEntry,
  type PlainFaultEntry,
  type PlainFaultName,
  type RegistryFaultEntry,
} from './fault-schema.ts';
import { type Mechanism, networkFault } from './network-faults.ts';
import { registryFault } from './registry-faults.ts';

/** Records that must have been captured before a fault that counts them: enough to show, and soon there. */
const RECORDS = 100;

export interface Faulted {
  readonly variants: Readonly<Record<string, VariantSpec>>;
  /** Gets what is not checked, in words, as it becomes known. */
  readonly unchecked: string[];
  /** Operations that are written while nothing is broken. */
  readonly operations?: number;
  /** What the pipeline will run on. */
  readonly topology?: Topology;
}

/**
 * The faults of a file in its order as failure modes; all that the pipeline can be given where it names none. Throws an
 * OperatorError (`fault-impossible`, `expect-not-run`) for what is asked for and would never be.
 */
export function faultModes(read: PlannedFile, { variants, unchecked, operations, topology }: Faulted): FailureMode[] {
  const { file } = read;
  const impossible = (fault: FaultName): string | undefined => whyNot(fault, read, variants);
  const chosen =
    file.faults?.map((one): FaultEntry => (typeof one === 'string' ? { fault: one } : one)) ??
    FAULT_NAMES.filter(
      (fault) => !ASKED_FOR.has(fault) && hasCluster(fault, topology) && impossible(fault) === undefined,
    ).map((fault): FaultEntry => ({ fault }));
  for (const [index, { fault }] of (file.faults === undefined ? [] : chosen).entries()) {
    const why = impossible(fault);
    if (why !== undefined) throw faultImpossible(fault, why, read.at(['faults', index]));
  }
  const mechanisms = chosen.map((entry, index): Mechanism => {
    const at = (parameter: string): string => read.at(['faults', index, parameter]);
    refuseParameters(entry, at);
    if (isNetworkFault(entry)) return networkFault(entry, at);
    return isRegistryFault(entry) ? registryFault(entry) : mechanism(read.ends, entry, operations);
  });
  for (const fault of Object.keys(file.expect ?? {}) as FaultName[]) {
    if (chosen.some((one) => one.fault === fault)) continue;
    const why =
      file.faults === undefined
        ? (impossible(fault) ?? 'it is run only if it is listed under faults')
        : 'it is not listed under faults';
    throw expectNotRun(fault, why, read);
  }
  return mechanisms.map((made, index): FailureMode => {
    const entry = chosen[index] as FaultEntry;
    const before = chosen.slice(0, index).filter(({ fault }) => fault === entry.fault).length;
    const id = before === 0 ? entry.fault : `${entry.fault}-${before + 1}`;
    const mode = modeOf(read, { ...made, id, name: entry.fault, variants: Object.keys(variants) });
    return entry.fault === 'truncate' ? { ...mode, ...truncationOf(read, entry.table, index, unchecked) } : mode;
  });
}

/**
 * Faults that are run only where they are named, since nothing is meant to survive them: of what retention has dropped no
 * consumer can know, and of what a server has not kept no connector. They say what that costs. Those of the network, which
 * have to be told where, and for which all connections lead through a proxy. And those of a schema registry, after which a task
 * does not start by itself.
 */
const ASKED_FOR: ReadonlySet<FaultName> = new Set([
  'pass-retention',
  'purge-binlog',
  'lose-history',
  'narrow-row-image',
  'clean-up-changes',
  'network-cut',
  'network-slow',
  'kill-registry',
  'empty-registry',
  'slow-registry',
  'refuse-registry',
  'refuse-schema',
]);

/** Faults of clusters, which are run by themselves only on what has one. Who asks for them otherwise is told what they need. */
const OF_CLUSTERS: Readonly<Partial<Record<FaultName, keyof Topology>>> = {
  'kill-broker': 'brokers',
  'move-leaders': 'brokers',
  'stop-brokers': 'brokers',
  'kill-worker': 'workers',
  'zombie-worker': 'workers',
};

function hasCluster(fault: FaultName, topology: Topology = {}): boolean {
  const counted = OF_CLUSTERS[fault];
  return counted === undefined || Number(topology[counted] ?? 1) > 1;
}

type Parameter = Exclude<keyof PlainFaultEntry | keyof NetworkFaultEntry | keyof RegistryFaultEntry, 'fault'>;

/** The faults that take each parameter. */
const PARAMETERS: Readonly<Record<Parameter, readonly FaultName[]>> = {
  group: ['kill-worker', 'zombie-worker', 'kill-registry', 'empty-registry'],
  table: ['truncate'],
  records: ['restart-connector', 'pass-retention'],
  operations: ['purge-binlog', 'lose-history', 'narrow-row-image', 'clean-up-changes'],
  between: ['network-cut', 'network-slow'],
  one_way: ['network-cut', 'network-slow'],
  reset: ['network-cut'],
  latency_ms: ['network-slow', 'slow-registry'],
  jitter_ms: ['network-slow'],
  bytes_per_second: ['network-slow'],
  attended: ['kill-registry', 'refuse-registry', 'refuse-schema'],
  status: ['refuse-registry'],
};

/** A parameter that its fault does not take would be left out without a word. */
function refuseParameters(entry: FaultEntry, at: (parameter: string) => string): void {
  for (const [name, takers] of Object.entries(PARAMETERS))
    if (Object.hasOwn(entry, name) && !takers.includes(entry.fault))
      throw new OperatorError({
        code: 'fault-parameter',
        message: `${at(name)}: ${entry.fault} takes no ${name}`,
        expected: `${name} only for ${takers.join(' and ')}`,
        found: `${name} for ${entry.fault}`,
        hint: `remove ${name}`,
      });
}

/** Why a fault cannot be brought about in this pipeline, as far as its file says; undefined where it can. */
function whyNot(fault: FaultName, { file, ends }: PlannedFile, variants: Faulted['variants']): string | undefined {
  switch (fault) {
    case 'truncate':
      if (file.writer?.command !== undefined) return 'only the built-in writer can truncate';
      // What has change tables has them of every table that is captured, and the lab captures all.
      return ends.source.source.cleanUp === undefined ? undefined : `${ends.source.title} truncates no captured table`;
    case 'snapshot-again':
      return file.connector === undefined ? undefined : "only the lab's own connector can take a second snapshot";
    case 'crash-consumers':
      return Object.values(variants).some(({ kind }) => kind !== 'builtin')
        ? undefined
        : 'no consumer is a process of its own';
    case 'purge-binlog':
    case 'lose-history':
    case 'narrow-row-image':
      return ends.source.source.binlog === undefined ? `${ends.source.title} has no binary log` : undefined;
    case 'clean-up-changes':
      return ends.source.source.cleanUp === undefined ? `${ends.source.title} keeps no change tables` : undefined;
    default:
      return undefined;
  }
}

/** Whether a table can be truncated only the schema says, once it is installed. */
function truncationOf(
  read: PlannedFile,
  table: string | undefined,
  index: number,
  unchecked: string[],
): Pick<FailureMode, 'whyNot'> {
  const { file, at, ends } = read;
  const tables = file.writer?.tables?.map((one) => sourceTable(ends, one));
  return {
    async whyNot(source, seed) {
      const place = at(['faults', index, 'table']);
      const id = table === undefined ? undefined : sourceTable(ends, table);
      const wanted =
        table === undefined || id === undefined ? undefined : await checkTable(source, { name: table, id, at: place });
      const why = await whyNoTruncation(seed, source, ends.source.source, { tables, wanted });
      if (why === undefined) return undefined;
      const said = wanted === undefined ? `no table can be truncated: ${why}` : why;
      if (file.faults !== undefined) throw faultImpossible('truncate', said, at(['faults', index]));
      if (file.expect?.truncate !== undefined) throw expectNotRun('truncate', said, read);
      unchecked.push(`truncate is not run: ${said}`);
      return said;
    },
  };
}

function faultImpossible(fault: FaultName, why: string, at: string): OperatorError {
  return new OperatorError({
    code: 'fault-impossible',
    message: `${at}: ${fault} cannot be injected into this pipeline: ${why}`,
    expected: 'faults that this pipeline supports',
    found: fault,
    hint: `remove ${fault} from faults; without faults, every fault that the pipeline supports is run`,
  });
}

function expectNotRun(fault: FaultName, why: string, { file, at }: Pick<PlannedFile, 'file' | 'at'>): OperatorError {
  return new OperatorError({
    code: 'expect-not-run',
    message: `${at(['expect', fault])}: expect.${fault}: this fault is not run: ${why}`,
    expected: 'expectations only for faults that are run',
    found: fault,
    hint:
      file.faults !== undefined || why.includes('listed under faults')
        ? `add ${fault} to faults, or remove it from expect`
        : `remove ${fault} from expect`,
  });
}

function unknownSubject(name: string, known: readonly string[], fault: string, at: string): OperatorError {
  const meant = nearest(name, known);
  return new OperatorError({
    code: 'unknown-subject',
    message: `${at}: expect.${fault}: there is no subject ${JSON.stringify(name)}`,
    expected: `one of ${known.join(', ')}`,
    found: name,
    ...(meant.length === 0 ? {} : { hint: `did you mean ${meant.join(' or ')}?` }),
  });
}

const TITLES: Readonly<Record<PlainFaultName, string>> = {
  none: 'Nothing is broken',
  'restart-connector': 'Connect is killed before it flushes its offsets',
  'pause-consumers': 'Every consumer is paused for a while',
  'crash-consumers': 'Every consumer is killed with SIGKILL',
  truncate: 'A table is emptied with TRUNCATE',
  'pass-retention': 'Retention deletes records before they are consumed',
  'snapshot-again': 'The connector reads every table again',
  'purge-binlog': 'The server removes binlog files that the stopped connector has not read',
  'lose-history': 'The schema history topic is lost while the connector is stopped',
  'narrow-row-image': 'The server logs minimal row images',
  'clean-up-changes': 'The source cleans up captured changes that the stopped connector has not read',
  'kill-broker': 'The broker that leads most partitions is killed',
  'move-leaders': 'Every partition gets another leader',
  'stop-brokers': 'All brokers are killed at once',
  'kill-worker': 'A Connect worker is killed, and others take over its tasks',
  'zombie-worker': 'A Connect worker is presumed dead, and comes back',
};

/** Operations under a fault that counts them, where nobody says how many. */
const HARMED = 100;
/** Of these a defect in one of a thousand shows with near certainty. */
const OPERATIONS = 2000;
const WRITTEN_LIMIT_MS = 60_000;
/** Whoever says how many they want waits for them. */
const ASKED_LIMIT_MS = 1_800_000;

function mechanism(ends: Ends, entry: PlainFaultEntry, operations: number | undefined): Mechanism {
  return { title: TITLES[entry.fault], fault: faultOf(ends, entry, operations) };
}

function faultOf(ends: Ends, entry: PlainFaultEntry, operations: number | undefined): Fault {
  const { fault, table, records = RECORDS, group = 'source' } = entry;
  const harmed = { operations: entry.operations ?? HARMED };
  switch (fault) {
    case 'none':
      return none({
        operations: operations ?? OPERATIONS,
        limitMs: operations === undefined ? WRITTEN_LIMIT_MS : ASKED_LIMIT_MS,
      });
    case 'restart-connector':
      return killConnect({ records });
    case 'pause-consumers':
      return pauseConsumers();
    case 'crash-consumers':
      return crashConsumers();
    case 'truncate':
      return truncate(table === undefined ? undefined : sourceTable(ends, table));
    case 'pass-retention':
      return passRetention({ records });
    case 'snapshot-again':
      return snapshotAgain();
    case 'purge-binlog':
      return purgeBinlog(harmed);
    case 'lose-history':
      return loseHistory(harmed);
    case 'narrow-row-image':
      return narrowRowImage(harmed);
    case 'clean-up-changes':
      return cleanUpChanges({ ...harmed, of: 'all-tables' });
    case 'kill-broker':
      return killBroker();
    case 'move-leaders':
      return moveLeaders();
    case 'stop-brokers':
      return stopBrokers();
    case 'kill-worker':
      return killWorker(group);
    case 'zombie-worker':
      return zombieWorker(group);
  }
}

interface ModeParts extends Mechanism {
  readonly id: string;
  readonly name: FaultName;
  readonly variants: readonly string[];
}

function modeOf(read: PlannedFile, { id, name, title, fault, variants }: ModeParts): FailureMode {
  const expected = read.file.expect?.[name];
  const at = read.at(['expect', name]);
  const single = typeof expected === 'object' ? expected : {};
  for (const one of Object.keys(single)) if (!variants.includes(one)) throw unknownSubject(one, variants, name, at);
  const of = (variant: string): Expectation =>
    expectationOf(typeof expected === 'string' ? expected : (single[variant] ?? 'converges'), at);
  const expect = Object.fromEntries(variants.map((variant) => [variant, of(variant)]));
  return { id, title, story: title, steps: [{ id, title, fault, expect }] };
}
