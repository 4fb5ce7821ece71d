import { join } from 'node:path';
import { engineOf } from '#engines/index.ts';
import type { Database, Pipeline, VariantSpec } from '#model/pipeline.ts';
import type { FailureMode, Scenario } from '#model/scenario.ts';
import type { Stack } from '#model/stack.ts';
import type { RefusedWrites, SubjectFacts } from '#model/subject.ts';
import { type Verdict, worst } from '#model/verdict.ts';
import type { Generator } from '#model/workload.ts';
import { LEDGER_FILE } from '#workloads/ledger.ts';
import type { RunningWriters } from '#workloads/writers.ts';
import { type Bench, openBench } from './bench.ts';
import { loggedBetween, markLogs } from './disturbances.ts';
import type { Observations } from './observations.ts';
import { refusedWrites, sayRefused, writesRefused } from './refused-writes.ts';
import { runStep } from './run-step.ts';
import { closingSourceLog, sayUnbounded } from './source-log.ts';
import type { Emit } from './watch.ts';

export interface ModeOptions {
  readonly scenario: Scenario;
  readonly stack: Stack;
  /** The source database of which the mode gets a copy. */
  readonly template: string;
  readonly mode: FailureMode;
  readonly variants: Readonly<Record<string, VariantSpec>>;
  readonly seed: number;
  readonly rate: number;
  readonly holdMs: number;
  /** By `mode/step`. */
  readonly atOperations?: Readonly<Record<string, number>>;
  readonly drainLimitMs?: number;
  readonly folder: string;
  readonly observations: Observations;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** Runs one failure mode on a pipeline of its own, step after step, and says whether all was as expected. */
export async function runMode(options: ModeOptions): Promise<Verdict> {
  const { mode, stack, template, variants, rate, signal, emit, holdMs, drainLimitMs } = options;
  const { design } = options.scenario;
  await using bench = await openBench({
    ...{ name: mode.id, stack, template, variants, rate, signal, emit },
    ...(design === undefined ? {} : { design, logs: join(options.folder, 'logs') }),
    ...(options.scenario.workload.command === undefined ? {} : { program: options.scenario.workload.command }),
    generator: (source) => generatorOf(options.scenario.workload, options.seed, source),
    ledger: join(options.folder, LEDGER_FILE),
    observations: options.observations,
    invariants: options.scenario.invariants ?? [],
    // Somebody's own sinks are left as they are.
    effects: design === undefined,
  });
  let told: SubjectFacts | undefined;
  const tellFacts = (): void => {
    if (design === undefined) return;
    const facts = factsOf(options.scenario, bench.pipeline, refusedTransactions(mode.id, bench.writers));
    if (facts.unchecked.length !== told?.unchecked.length) emit({ type: 'subject', ...facts });
    told = facts;
  };
  tellFacts();
  const limits = { holdMs, observed: design !== undefined, ...(drainLimitMs === undefined ? {} : { drainLimitMs }) };
  const verdicts: Verdict[] = [];
  const closing = await openClosing(bench, design !== undefined);
  const moments = mode.steps.map(({ id }) => options.atOperations?.[`${mode.id}/${id}`]);
  // A step must not let the writers pass the moment of a later one.
  for (const operation of moments) if (operation !== undefined) bench.writers.stand({ operation });
  try {
    for (const [index, step] of mode.steps.entries()) {
      const atOperation = moments[index];
      const { verdict } = await runStep(bench, step, {
        ...limits,
        ...(atOperation === undefined ? {} : { atOperation }),
      });
      verdicts.push(verdict);
    }
  } catch (error) {
    throw await closing.causeOf(error);
  } finally {
    // What turned out while it ran: a table that the writer had to give up.
    tellFacts();
  }
  await closing.close();
  bench.say('done', 'judged');
  return worst(verdicts);
}

/** What is looked at behind the last step of somebody's own pipeline: what it did to its source. */
async function openClosing({ name: mode, pipeline, stack, signal, emit }: Bench, own: boolean) {
  const node = stack.nodes.get('source');
  const nodes = node === undefined ? [] : [node];
  const from = markLogs(nodes);
  const before = own ? await engineOf(pipeline.source).source.logBytes(pipeline.source) : 0;
  const refused = async (): Promise<readonly RefusedWrites[]> => {
    const lines = nodes.map((one) => loggedBetween(one, from, markLogs(nodes))).join('');
    const found = await refusedWrites(pipeline.source, lines);
    if (found.length > 0) emit({ type: 'writes-refused', mode, refused: found });
    return found;
  };
  return {
    /** A publication's doing in place of the error that it led to. */
    async causeOf(error: unknown): Promise<unknown> {
      if (!own || signal.aborted) return error;
      const found = await refused().catch(() => []);
      return found.length === 0 ? error : writesRefused(found, error);
    },
    async close(): Promise<void> {
      if (!own) return;
      for (const one of await refused()) {
        const { said, remedy } = sayRefused(one);
        emit({ type: 'note', level: 'warn', text: `${said}: ${remedy}` });
      }
      // The pipeline is judged: what it says of its source's log must not take that away.
      const log = await closingSourceLog(pipeline, before, signal).catch(() => undefined);
      if (log === undefined) return;
      emit({ type: 'source-log', mode, ...log });
      for (const text of sayUnbounded(log)) emit({ type: 'note', level: 'warn', text });
    },
  };
}

async function generatorOf(workload: Scenario['workload'], seed: number, source: Database): Promise<Generator> {
  return workload.openGenerator === undefined ? workload.generator(seed) : workload.openGenerator(seed, source);
}

type Shown = Pick<Pipeline, 'replaced' | 'uncaptured' | 'unchecked' | 'variants' | 'routes'>;

/** What a pipeline of somebody's own has shown when it was set up, beside what its file says. */
function factsOf({ notes }: Scenario, pipeline: Shown, refused: readonly string[]): SubjectFacts {
  const left = pipeline.uncaptured.map(({ table, why }) => `${table} is not captured (${why}), so it is not compared`);
  return {
    replaced: pipeline.replaced,
    unchecked: [
      ...new Set([
        ...(notes?.unchecked ?? []),
        ...(pipeline.unchecked ?? []),
        ...left,
        ...unreadTables(pipeline),
        ...refused,
      ]),
    ],
  };
}

/** A sink connector is judged by what it reads: what another subject reads in its stead is no loss of its own. */
function unreadTables({ variants, routes }: Shown): string[] {
  return [...variants.values()].flatMap(({ name, unread = [] }) =>
    unread.map((table) => {
      const topic = routes.find((route) => route.table === table)?.topic;
      return `${name} does not read the topic ${topic}, so ${table} is not compared for it`;
    }),
  );
}

/** What the source did not take of what the built-in writer wanted to write: so much less was tested. */
function refusedTransactions(mode: string, { refusals }: Pick<RunningWriters, 'refusals'>): string[] {
  return [...refusals].map(([words, count]) => {
    const times = count === 1 ? 'one transaction' : `${count} transactions`;
    return `under ${mode} the source refused ${times} of the built-in writer: ${words}`;
  });
}
