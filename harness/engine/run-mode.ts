import { join } from 'node:path';
import { engineOf } from '#engines/index.ts';
import type { Database, Pipeline, VariantSpec } from '#model/pipeline.ts';
import type { FailureMode, Scenario } from '#model/scenario.ts';
import type { Stack } from '#model/stack.ts';
import type { SubjectFacts } from '#model/subject.ts';
import { type Verdict, worst } from '#model/verdict.ts';
import type { Generator } from '#model/workload.ts';
import { LEDGER_FILE } from '#workloads/ledger.ts';
import type { RunningWriters } from '#workloads/writers.ts';
import { openBench } from './bench.ts';
import { openClosing } from './closing.ts';
import type { Observations } from './observations.ts';
import { runStep } from './run-step.ts';
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
    logs: join(options.folder, 'logs'),
    ...(design === undefined ? {} : { design }),
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

async function generatorOf(workload: Scenario['workload'], seed: number, source: Database): Promise<Generator> {
  const engine = engineOf(source);
  if (workload.openGenerator !== undefined) return workload.openGenerator(seed, source, engine.source);
  return workload.generator(seed, engine.dialect.defaultSchema);
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
    return `during ${mode}, the source rejected ${times} of the built-in writer: ${words}`;
  });
}
