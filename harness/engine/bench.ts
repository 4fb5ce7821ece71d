import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineOf } from '#engines/index.ts';
import type { Invariant } from '#model/invariant.ts';
import type { Stall, VariantVerdict } from '#model/observation.ts';
import type { CommandSpec, Database, Design, VariantSpec } from '#model/pipeline.ts';
import type { Phase } from '#model/run-event.ts';
import type { Stack } from '#model/stack.ts';
import type { Generator } from '#model/workload.ts';
import { type OpenedPipeline, openPipeline } from '#pipelines/open-pipeline.ts';
import { OperatorError } from '#std/errors.ts';
import { openVerifier, type Verifier } from '#verify/verifier.ts';
import { type LedgerWriter, openLedger } from '#workloads/ledger.ts';
import { openProgramWriter } from '#workloads/program-writer.ts';
import { openWriters, type RunningWriters } from '#workloads/writers.ts';
import { markLogs } from './disturbances.ts';
import { reached } from './drain.ts';
import type { Explaining } from './explain.ts';
import { type Monitor, openMonitor } from './monitor.ts';
import type { Observations } from './observations.ts';
import { settled } from './settled.ts';
import { type Emit, openWaits, type Waits } from './watch.ts';

export interface BenchOptions {
  /** Names the pipeline and all that belongs to it; the `mode` of its events and of its ledger's lines. */
  readonly name: string;
  readonly stack: Stack;
  /** The source database of which the pipeline gets a copy. */
  readonly template: string;
  readonly variants: Readonly<Record<string, VariantSpec>>;
  /** Makes the generator of the writers on the pipeline's own source. */
  readonly generator: (source: Database) => Generator | Promise<Generator>;
  /** A program that writes in the generator's stead. */
  readonly program?: CommandSpec;
  /** A pipeline of somebody's own: whether it equals its source before anything is broken is observed, not demanded. */
  readonly design?: Design;
  /** Folder of the logs of programs. */
  readonly logs?: string;
  /** Transactions per second. */
  readonly rate: number;
  /** Lets every sink note the order of its writes; see {@link PipelineOptions}. */
  readonly effects?: boolean;
  /** Goes on with a bench of this name that was suspended. */
  readonly suspended?: boolean;
  /** File of the ledger. */
  readonly ledger: string;
  /** Number of the last operation that a suspended bench has written to it. */
  readonly ledgerSeq?: number;
  /** Checked whenever every row is. */
  readonly invariants?: readonly Invariant[];
  /** Keeps what checks of every row have seen, where it is to be judged again. */
  readonly observations?: Observations;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** One pipeline with its writers, its verifier and those who watch it: what faults are injected into. */
export interface Bench extends AsyncDisposable {
  readonly name: string;
  readonly stack: Stack;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly pipeline: OpenedPipeline;
  readonly writers: RunningWriters;
  readonly ledger: LedgerWriter;
  readonly verifier: Verifier;
  readonly waits: Waits;
  readonly monitor: Monitor;
  /** What the causes of a step are looked for in, beside what was judged. */
  readonly circumstances: Pick<Explaining, 'design' | 'before' | 'nodes' | 'from'>;
  /** Compares every row of every variant; see {@link Verifier.finalCheck}. What it sees is kept under the step's name. */
  check(stuck: ReadonlyMap<string, Stall>, step?: string): Promise<readonly VariantVerdict[]>;
  say(phase: Phase, text: string, step?: string): void;
  /** Stops the writers and ends everything in order, to be opened again: what is on its way arrives then. */
  suspend(): Promise<void>;
}

const WRITER_SESSIONS = 4;
const BASELINE_LIMIT_MS = 90_000;

/**
 * Opens a pipeline and all around it, and waits until the first snapshot has reached every sink: each must equal the
 * source before anything is broken. Writers do not write yet. Disposing takes all of it away.
 */
export async function openBench(options: BenchOptions): Promise<Bench> {
  const { name, stack, signal, emit } = options;
  const from = markLogs(stack.nodes.values());
  const say: Bench['say'] = (phase, text, step) =>
    emit({ type: 'phase', mode: name, phase, text, ...(step === undefined ? {} : { step }) });
  const waits = openWaits(emit, signal);
  await using parts = new AsyncDisposableStack();

  say('prepare', 'source, connector, sinks and consumers');
  const { template, variants, suspended = false, effects = false, design, logs } = options;
  const pipeline = parts.use(
    await openPipeline({
      ...{ stack, name, template, variants, signal, suspended, effects },
      ...(design === undefined ? {} : { design }),
      ...(logs === undefined ? {} : { logs }),
      onWait: (wait) => emit({ type: 'wait', ...wait }),
    }),
  );
  const own = parts.use(openLedger(options.ledger, name, options.ledgerSeq));
  const { writers, ledger } = await openWriting(options, pipeline, own);
  parts.use(writers);
  const verifier = openVerifier({
    ...{ pipeline, ledger, signal },
    ...(options.invariants === undefined ? {} : { invariants: options.invariants }),
  });
  const check: Bench['check'] = async (stuck, step) => {
    const { observations } = options;
    if (observations === undefined) return verifier.finalCheck(stuck);
    const of = { mode: name, ...(step === undefined ? {} : { step }) };
    const verdicts = await verifier.finalCheck(stuck, (variant, fact) => observations.record(of, variant, fact));
    observations.flush();
    return verdicts;
  };

  if (suspended) {
    say('baseline', 'the verifier reads the log again; what was broken stays broken');
    await caughtUp(pipeline, waits);
  } else if (design !== undefined) {
    say('baseline', 'the first snapshot must complete');
    await settled(pipeline, waits);
  } else {
    say('baseline', 'every sink must equal the source before anything is broken');
    await baseline({ name, pipeline, check, waits, emit });
  }
  const monitor = parts.use(
    openMonitor({ mode: name, pipeline, writers, emit, check: () => verifier.continuousCheck() }),
  );
  const before = await engineOf(pipeline.source).source.state(pipeline.source);
  const circumstances = { before, nodes: stack.nodes, from, ...(design === undefined ? {} : { design }) };
  const opened = parts.move();
  return {
    ...{ name, stack, signal, emit, pipeline, writers, ledger, verifier, check, waits, monitor, say, circumstances },
    async suspend() {
      await monitor[Symbol.asyncDispose]();
      await writers.pause();
      await pipeline.suspend();
      await opened.disposeAsync();
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** The writers, and the ledger that tells of them: their own, or one that the source's log tells. */
async function openWriting(
  options: BenchOptions,
  pipeline: OpenedPipeline,
  ledger: LedgerWriter,
): Promise<{ readonly writers: RunningWriters; readonly ledger: LedgerWriter }> {
  const { source } = pipeline;
  if (options.program === undefined) {
    const sessions = Array.from({ length: WRITER_SESSIONS }, () => engineOf(source).source.openWriterSession(source));
    const generator = await options.generator(source);
    return { writers: openWriters({ sessions, generator, ledger, rate: options.rate }), ledger };
  }
  return openProgramWriter({
    ...{ command: options.program, source, ledger, signal: options.signal, host: engineOf(source).source },
    feed: await engineOf(source).source.openChangeFeed(source, () => pipeline.tables(), pipeline.connectorTables),
    log: join(options.logs ?? tmpdir(), `${options.name}_writer.log`),
    programs: options.stack.programs,
  });
}

async function caughtUp(pipeline: OpenedPipeline, waits: Waits): Promise<void> {
  const ends = await pipeline.log.endOffsets();
  await waits.until("the verifier's reader to read the log", () => reached(pipeline.log.position(), ends), {
    limitMs: BASELINE_LIMIT_MS,
    saw: () => `${pipeline.log.records} records`,
  });
}

type Unbroken = Pick<Bench, 'name' | 'pipeline' | 'check' | 'waits' | 'emit'>;

/** Waits until the first snapshot has reached every sink, and demands a PASS of all. */
async function baseline({ name, pipeline, check, waits, emit }: Unbroken): Promise<void> {
  const rows = await pipeline.sourceRows();
  await waits.until('the connector to snapshot the source', () => pipeline.log.snapshotReads >= rows, {
    limitMs: BASELINE_LIMIT_MS,
    saw: () => `${pipeline.log.snapshotReads} of ${rows} rows`,
  });
  const ends = await pipeline.log.endOffsets();
  const behind = new Set(pipeline.variants.keys());
  await waits.until(
    'every variant to apply the snapshot',
    async () => {
      for (const [variant, one] of pipeline.variants) if (reached(await one.applied(), ends)) behind.delete(variant);
      return behind.size === 0;
    },
    { limitMs: BASELINE_LIMIT_MS, saw: () => `${[...behind].join(', ')} still behind` },
  );
  const started = performance.now();
  const variants = await check(new Map());
  const tookMs = performance.now() - started;
  emit({ type: 'check', mode: name, kind: 'baseline', tookMs, variants });
  const bad = variants.filter((variant) => variant.verdict !== 'PASS');
  if (bad.length > 0) throw brokenBaseline(name, bad);
}

function brokenBaseline(name: string, bad: readonly VariantVerdict[]): OperatorError {
  const [first] = bad;
  return new OperatorError({
    code: 'baseline-broken',
    message: `mode ${name}: ${bad.map(({ variant }) => variant).join(', ')} differ from the source before any fault was injected`,
    expected: 'PASS of every variant',
    found: `${first?.verdict}: ${first?.reason ?? first?.findings[0]?.detail ?? 'no finding'}`,
    exit: 3,
  });
}
