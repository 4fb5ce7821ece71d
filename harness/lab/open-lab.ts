import type { LabFault } from '#contracts/lab-fault.ts';
import type { LabPhase, LabReport, LabWriters, LabWritersRequest } from '#contracts/lab-report.ts';
import type { LabConnectors, LabLags, LabStack } from '#contracts/lab-stack.ts';
import { type Bench, openBench } from '#engine/bench.ts';
import { installerOn } from '#engine/installer.ts';
import { nodeVersions, productVersions, readVersions } from '#engine/versions.ts';
import type { Emit } from '#engine/watch.ts';
import { engineOf } from '#engines/index.ts';
import type { AnomalyCounts } from '#model/finding.ts';
import type { LabEvent } from '#model/lab.ts';
import type { LabAddresses } from '#model/lab-addresses.ts';
import type { VariantSpec } from '#model/pipeline.ts';
import type { Lag } from '#model/position.ts';
import type { RunEvent } from '#model/run-event.ts';
import type { Scenario } from '#model/scenario.ts';
import type { Node, Stack, Topology } from '#model/stack.ts';
import { databaseName, makeDatabase } from '#pipelines/databases.ts';
import { startStack } from '#runtimes/index.ts';
import { watchNodes } from '#runtimes/node-exit.ts';
import { messageOf } from '#std/errors.ts';
import { addressesOf } from './addresses.ts';
import { nextAlerts } from './alerts.ts';
import { createEventHub, type EventHub, type Untold } from './events.ts';
import { type FaultDesk, openFaultDesk } from './fault-desk.ts';
import { createFoundTimes } from './found-times.ts';
import { collectGarbage } from './garbage.ts';
import type { LabHome } from './home.ts';
import { openJanitor } from './janitor.ts';
import { followCommits } from './latency.ts';
import { labReport } from './live-report.ts';
import {
  emptyMemory,
  type LabMemory,
  REMEMBERED_MAX,
  readMemory,
  rememberingGenerator,
  writeMemory,
} from './memory.ts';
import { higher } from './outcome.ts';
import { openPulse, type Pulse } from './pulse.ts';
import { LAB_PIPELINE, labConnectors, labNodes, nodesDown } from './stack-view.ts';
import type { LabEngines } from './state.ts';
import { openWhy, type Why } from './why.ts';

const REVIVE_LIMIT_MS = 60_000;

export interface LabOptions {
  readonly id: string;
  readonly home: LabHome;
  readonly scenario: Scenario;
  readonly variants: Readonly<Record<string, VariantSpec>>;
  readonly seed: number;
  readonly rate: number;
  /** The engines of source and sinks; the default where one is left out. */
  readonly engines: LabEngines;
  readonly topology: Topology;
  /** When the lab was first started, in ms since the epoch. */
  readonly startedAt: number;
  /** Goes on with the data of a lab that was ended in order, and with what it remembered. */
  readonly kept?: string;
  readonly signal: AbortSignal;
}

/**
 * The live lab: a running stack, writers, variants and verifier, to be watched and broken. Disposing ends it and
 * keeps its data where that can be done.
 */
export interface LiveLab extends AsyncDisposable {
  readonly options: LabOptions;
  readonly phase: LabPhase;
  readonly hub: EventHub;
  /** Undefined until the lab is ready. */
  readonly desk: FaultDesk | undefined;
  readonly bench: Bench | undefined;
  readonly addresses: LabAddresses | undefined;
  /** Folder of the data, once it has been ended; undefined where they could not be kept. */
  readonly kept: string | undefined;
  /** Why the lab is not healthy; empty where it is. */
  unhealthy(): readonly string[];
  report(): LabReport;
  stack(): LabStack;
  lags(): LabLags;
  connectors(): Promise<LabConnectors>;
  writers(request: LabWritersRequest): Promise<LabWriters>;
  /** Starts everything; resolves when the lab is ready. */
  start(): Promise<void>;
  /** Its data are not wanted any more: ending it then removes them, and takes less time. */
  discard(): void;
  /** Told how long a commit took to a variant's sink. */
  onLatency(listener: (variant: string, seconds: number) => void): void;
}

export function createLab(options: LabOptions): LiveLab {
  return new Lab(options, options.kept === undefined ? emptyMemory() : readMemory(options.home));
}

type Checked = Extract<RunEvent, { readonly type: 'check' }>;

class Lab implements LiveLab {
  readonly options: LabOptions;
  readonly hub: EventHub;
  phase: LabPhase = 'starting';
  desk: FaultDesk | undefined;
  bench: Bench | undefined;
  addresses: LabAddresses | undefined;
  kept: string | undefined;
  readonly #memory: LabMemory;
  readonly #parts = new AsyncDisposableStack();
  readonly #abort = new AbortController();
  readonly #restarts = new Map<string, number>();
  readonly #found = createFoundTimes();
  #stack: Stack | undefined;
  #versions: Readonly<Record<string, string>> = {};
  #pulse: Pulse | undefined;
  #why: Why | undefined;
  #check: Checked | undefined;
  #final: ReadonlyMap<string, AnomalyCounts> = new Map();
  #sample: { readonly transactionsPerSecond: number; readonly lag: Readonly<Record<string, Lag>> } | undefined;
  #writersWanted = true;
  #note = { text: '', at: 0 };
  #ended: Promise<void> | undefined;
  #discarded = false;
  #onLatency: (variant: string, seconds: number) => void = () => {};

  constructor(options: LabOptions, memory: LabMemory) {
    this.options = options;
    // Before anything can fail: what was kept is still there then.
    this.kept = options.kept;
    this.#memory = memory;
    this.hub = createEventHub(Date.now());
  }

  async start(): Promise<void> {
    const { home, kept, engines, topology } = this.options;
    const signal = AbortSignal.any([this.options.signal, this.#abort.signal]);
    const began = performance.now();
    const stack = await startStack(topology, {
      ...{ logs: home.logs, engines, attach: true, network: true, signal, onState: this.#onNode },
      ...(kept === undefined ? {} : { kept }),
    });
    this.#stack = this.#parts.use(stack);
    this.#emit({ type: 'stack-ready', tookMs: performance.now() - began });
    const nodes = watchNodes(stack);
    // Later on a lab outlives the nodes that exit, and reports them.
    nodes.signal.addEventListener('abort', () => this.phase === 'starting' && this.#abort.abort(nodes.signal.reason));
    await this.#fill(stack, signal).catch(async (error) => {
      throw await nodes.causeOf(error);
    });
    this.#enter('running');
  }

  /** The pipeline, the writers and all that watches them, on servers that run. */
  async #fill(stack: Stack, signal: AbortSignal): Promise<void> {
    const { home, scenario, seed, rate, variants, kept } = this.options;
    const template = await this.#template(stack);
    const bench = await openBench({
      ...{ name: LAB_PIPELINE, stack, template, variants, rate, signal, emit: this.#emit },
      generator: (source) =>
        rememberingGenerator(
          scenario.workload.generator(seed, engineOf(source).dialect.defaultSchema),
          this.#memory.asked,
        ),
      ...{ ledger: home.ledger, ledgerSeq: this.#memory.seq },
      suspended: kept !== undefined,
    });
    this.bench = this.#parts.use(bench);
    this.addresses = await addressesOf(stack, variants);
    const versions = await readVersions(stack);
    this.#versions = nodeVersions(versions, stack.services);
    this.#why = openWhy({
      ...{ bench, versions: productVersions(versions, stack.services) },
      faults: () => this.desk?.faults ?? this.#memory.faults,
      foundAt: () => this.#found.at,
      onChange: (variant, causes) => this.#tell({ type: 'lab-causes', variant, causes }),
    });
    this.#pulse = this.#parts.use(
      await openPulse({ bench, onLook: (groups, retentionMs) => this.#onLook(groups, retentionMs) }),
    );
    this.#parts.use(openJanitor(bench, () => this.desk?.current !== undefined));
    this.#parts.use(followCommits(bench, (variant, seconds) => this.#onLatency(variant, seconds)));
    this.desk = openFaultDesk({
      bench,
      scenario,
      faults: this.#memory.faults,
      carried: (variant) => this.#known(variant),
      knows: () => kept === undefined || this.#check !== undefined,
      onChange: (fault) => this.#onFault(fault),
      writersWanted: () => this.#writersWanted,
      discarded: () => this.#discarded,
      onSettled: ({ variants: seen }) => {
        collectGarbage();
        this.#final = new Map(Object.entries(seen).map(([name, one]) => [name, one.seen.counts]));
      },
    });
    bench.writers.resume();
  }

  /** The engine's events, stamped, remembered where the report needs them, and told to those who watch. */
  readonly #emit: Emit = (unstamped) => {
    const event = { at: Date.now(), ...unstamped } as RunEvent;
    if (event.type === 'sample') this.#sample = event;
    if (event.type === 'check') return this.#onCheck(event);
    // A run keeps them to be judged again; whoever watches has the causes.
    if (event.type === 'circumstances') return;
    if (event.type === 'note') {
      // The same trouble comes again with every check while a server is down.
      if (event.text === this.#note.text && event.at - this.#note.at < 30_000) return;
      this.#note = event;
    }
    this.hub.emit(event);
  };

  /** Findings are told once, when they are new: a check a second with all of them would be most of what is sent. */
  #onCheck(event: Checked): void {
    this.#check = event;
    this.hub.emit({ ...event, variants: this.#found.note(event.variants, event.at) });
    this.#why?.note(event.variants, event.at);
  }

  #known(variant: string): AnomalyCounts {
    const counts = this.#check?.variants.find((one) => one.variant === variant)?.counts ?? {};
    return higher(counts, this.#final.get(variant) ?? {});
  }

  readonly #onNode = (node: Node, tookMs?: number): void => {
    if (node.state === 'running') this.#restarts.set(node.name, (this.#restarts.get(node.name) ?? -1) + 1);
    this.#emit({ type: 'node', node: node.name, state: node.state, ...(tookMs === undefined ? {} : { tookMs }) });
  };

  #onFault(fault: LabFault): void {
    this.#tell({ type: 'lab-fault', fault });
    if (this.phase === 'stopping') return;
    this.#enter(fault.state === 'injecting' || fault.state === 'settling' ? 'faulted' : 'running');
  }

  #onLook(groups: Parameters<typeof nextAlerts>[1], retentionMs: number | undefined): void {
    const before = this.#memory.alerts;
    const after = nextAlerts(before, groups, retentionMs, new Date());
    for (const alert of after) if (!before.includes(alert)) this.#tell({ type: 'lab-alert', alert });
    before.splice(0, before.length, ...after.slice(-REMEMBERED_MAX));
  }

  #enter(phase: LabPhase): void {
    if (this.phase === phase) return;
    this.phase = phase;
    this.#tell({ type: 'lab-phase', phase });
  }

  #tell(event: Untold): void {
    this.hub.emit({ at: Date.now(), ...event } as LabEvent);
  }

  /** A database with the workload's tables and rows, of which the source becomes a copy. */
  async #template(stack: Stack): Promise<string> {
    const { scenario, seed, kept } = this.options;
    const name = databaseName(stack.source, `driftlab_${scenario.workload.name}`);
    if (kept !== undefined) return name;
    const engine = engineOf(stack.source);
    const database = await makeDatabase(stack, 'source', name);
    await scenario.workload.install(database, seed, installerOn(stack, engine.source)).finally(() => database.close());
    return name;
  }

  discard(): void {
    this.#discarded = true;
  }

  onLatency(listener: (variant: string, seconds: number) => void): void {
    this.#onLatency = listener;
  }

  unhealthy(): readonly string[] {
    if (this.phase === 'starting' || this.phase === 'stopping' || this.phase === 'failed')
      return [`the lab is ${this.phase}`];
    return nodesDown(this.#stack?.nodes.values() ?? []);
  }

  report(): LabReport {
    const { id, seed, startedAt, variants } = this.options;
    return labReport({
      ...{ id, seed, startedAt, specs: variants },
      phase: this.phase,
      now: new Date(),
      ...(this.#check === undefined ? {} : { check: this.#check }),
      consumers: this.#pulse?.consumers ?? new Map(),
      lag: this.#sample?.lag ?? {},
      foundAt: this.#found.at,
      causes: this.#why?.causes ?? new Map(),
      writers: this.#writersNow(),
      faults: this.desk?.faults ?? this.#memory.faults,
      alerts: this.#memory.alerts,
    });
  }

  stack(): LabStack {
    return {
      runtime: this.#stack?.runtime ?? 'embedded',
      daemon: {
        pid: process.pid,
        uptime_seconds: Math.round(process.uptime()),
        memory_bytes: process.memoryUsage.rss(),
      },
      nodes: this.#stack === undefined ? [] : labNodes(this.#stack, this.#versions, this.#restarts),
    };
  }

  lags(): LabLags {
    return this.#pulse?.lags ?? { at: new Date().toISOString(), retention_ms: null, groups: [] };
  }

  async connectors(): Promise<LabConnectors> {
    const { pipeline } = this.bench ?? {};
    const lsn = pipeline?.log.capturedLsn;
    const captured =
      lsn === undefined || pipeline === undefined ? undefined : engineOf(pipeline.source).source.formatPosition(lsn);
    return this.#stack === undefined ? { connectors: [] } : labConnectors(this.#stack, captured);
  }

  async writers({ rate, state }: LabWritersRequest): Promise<LabWriters> {
    const writers = this.bench?.writers;
    if (writers !== undefined) {
      if (rate !== undefined) writers.rate = rate;
      if (state !== undefined) {
        this.#writersWanted = state === 'running';
        // A fault needs writers that write; what is wanted holds again as soon as it has settled.
        if (this.desk?.current === undefined) await (state === 'running' ? writers.resume() : writers.pause());
      }
    }
    const now = this.#writersNow();
    this.#tell({ type: 'lab-writers', writers: now });
    return now;
  }

  #writersNow(): LabWriters {
    const writers = this.bench?.writers;
    return {
      state: this.#writersWanted && writers !== undefined ? 'running' : 'paused',
      rate: writers?.rate ?? this.options.rate,
      transactions_per_second: Math.round((this.#sample?.transactionsPerSecond ?? 0) * 10) / 10,
      committed: writers?.committed ?? 0,
      failure: writers?.failure ?? null,
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    const ready = this.phase === 'running' || this.phase === 'faulted';
    this.#enter('stopping');
    this.#abort.abort(new Error('the lab is going down'));
    if (this.#discarded) {
      // The servers first: what runs on them then has nothing to wait for, and no order to keep.
      this.kept = undefined;
      await this.#stack?.[Symbol.asyncDispose]();
      return;
    }
    await this.desk?.idle();
    // What was kept before stays kept, also where it could not be opened.
    if (ready || this.options.kept !== undefined) await this.#keep();
    await this.#parts.disposeAsync();
  }

  async #keep(): Promise<void> {
    this.kept = undefined;
    try {
      const say = (text: string): void => this.#emit({ type: 'note', level: 'info', text });
      say('keeping the data: writers stop, the connector flushes its offsets, consumers commit theirs');
      await this.#pulse?.[Symbol.asyncDispose]();
      // What a server holds that has exited unexpectedly can be kept only once it has run again, and been ended in order.
      for (const node of this.#stack?.nodes.values() ?? []) {
        if (node.state !== 'failed') continue;
        say(`keeping the data: ${node.name} had failed, and is started again`);
        await node.start(AbortSignal.timeout(REVIVE_LIMIT_MS));
      }
      await this.bench?.suspend();
      say('keeping the data: the servers end in order');
      const { faults, alerts, asked } = this.#memory;
      const seq = this.bench?.ledger.seq ?? this.#memory.seq;
      writeMemory(this.options.home, { faults: [...(this.desk?.faults ?? faults)], alerts, asked, seq });
      this.kept = this.#stack === undefined ? this.options.kept : await this.#stack.suspend?.();
    } catch (error) {
      this.#emit({ type: 'note', level: 'error', text: `the lab's data could not be kept: ${messageOf(error)}` });
    }
  }
}
