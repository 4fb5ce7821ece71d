// From the commit at the source to the commit at the sink, under writers of a fixed rate: each variant in turn on a
// pipeline of its own. npm run bench latency -- [--rate N] [--seconds N] [--repeat N] …
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helpOf, parseArguments, type Usage } from '#cli/arguments.ts';
import { COMMON, integer, names, number } from '#cli/options.ts';
import { engineOf } from '#engines/index.ts';
import type { VariantSpec } from '#model/pipeline.ts';
import { sweep } from '#runtimes/embedded/lab-folder.ts';
import { bootStack } from '#runtimes/embedded/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { shop } from '#workloads/shop/shop.ts';
import { print, runProgram } from './common/program.ts';
import { median, quantile, spread } from './common/statistics.ts';
import { keepCommitTimes, type Latency, latencies } from './latency/measure.ts';

const RATE = 200;
const SECONDS = 30;
const REPEAT = 3;
const SEED = 1;
const TARGET_MS = { dedup: 250 } as const;

const VARIANTS: Readonly<Record<string, VariantSpec>> = {
  insert: { kind: 'builtin', mode: 'insert', title: 'blind INSERT' },
  upsert: { kind: 'builtin', mode: 'upsert', title: 'INSERT … ON CONFLICT' },
  dedup: { kind: 'builtin', mode: 'dedup', title: 'upsert, dedup table and LSN guard' },
  'debezium-jdbc': { kind: 'connect-sink', title: 'Debezium JDBC sink connector' },
};

const options = {
  rate: number('N', 'transactions per second', 1, 10_000, String(RATE)),
  seconds: integer('N', 'how long is measured, after a third of that to warm up', 1, 3600, String(SECONDS)),
  repeat: integer('N', 'turns of each variant', 1, 1000, String(REPEAT)),
  only: names('NAMES', `variants: ${Object.keys(VARIANTS).join(', ')}`, 'all'),
  ...COMMON,
} as const;

const usage: Usage<typeof options> = {
  command: 'dev bench latency',
  summary: 'Measures commit-to-sink latency. Exit status: 0 the target met, 1 missed, 2 wrong usage.',
  operands: [],
  options,
  examples: ['npm run bench latency', 'npm run bench latency -- --seconds 10 --repeat 1 --only dedup'],
};

interface Plan {
  readonly rate: number;
  readonly seconds: number;
  readonly repeat: number;
  readonly variants: readonly string[];
}

function planOf(values: ReturnType<typeof parseArguments<typeof options>>['options']): Plan {
  const known = Object.keys(VARIANTS);
  const unknown = values.only?.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new OperatorError({
      code: 'wrong-value',
      message: `--only cannot be "${unknown}"`,
      expected: known.join(', '),
      found: unknown,
    });
  }
  return {
    rate: values.rate ?? RATE,
    seconds: values.seconds ?? SECONDS,
    repeat: values.repeat ?? REPEAT,
    variants: values.only ?? known,
  };
}

/** Figures of one turn, in ms. */
interface Figures {
  readonly rows: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Of the time from the applier on, where it is known. */
  readonly applying: { readonly p50: number; readonly p99: number } | undefined;
}

function figuresOf(rows: readonly Latency[]): Figures {
  const at = (values: readonly number[], share: number) => quantile(values, share) ?? Number.NaN;
  const all = rows.map(({ ms }) => ms);
  const applying = rows.flatMap(({ applyingMs }) => applyingMs ?? []);
  return {
    ...{ rows: rows.length, p50: at(all, 0.5), p99: at(all, 0.99), max: at(all, 1) },
    applying: applying.length === 0 ? undefined : { p50: at(applying, 0.5), p99: at(applying, 0.99) },
  };
}

/** Whether the targets were met. */
function report(turns: ReadonlyMap<string, readonly Figures[]>, plan: Plan): boolean {
  print(
    `\n${plan.rate} transactions/s, ${plan.repeat} × ${plan.seconds} s: ms from commit to commit, medians (from – to)`,
  );
  for (const [variant, figures] of turns) {
    const cell = (of: (one: Figures) => number) => {
      const all = figures.map(of);
      return `${(median(all) ?? Number.NaN).toFixed(0)} (${spread(all, 0)})`.padEnd(22);
    };
    print(
      `  ${variant.padEnd(14)} p50 ${cell((one) => one.p50)} p99 ${cell((one) => one.p99)} max ${cell((one) => one.max)}`,
    );
  }
  let met = true;
  for (const [variant, most] of Object.entries(TARGET_MS)) {
    const p99 = median((turns.get(variant) ?? []).map((one) => one.p99));
    if (p99 === undefined) continue;
    met &&= p99 < most;
    print(`  ${p99 < most ? 'met   ' : 'MISSED'}  ${variant}: p99 ${p99.toFixed(0)} ms (under ${most} ms)`);
  }
  return met;
}

async function main(plan: Plan, signal: AbortSignal): Promise<number> {
  sweep();
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-bench-'));
  try {
    // Kafka's own JVM flags, as in `bench apply`: the lab's save start-up time at the cost of speed.
    await using stack = await bootStack({ signal }, 'plain');
    await keepCommitTimes(stack, signal);
    const template = 'latency-template';
    const engine = engineOf(stack.source);
    const database = await engine.server.create(stack.source, template);
    await shop.install(database, SEED, engine.source);
    await database.close();
    const turns = new Map(plan.variants.map((variant) => [variant, [] as Figures[]]));
    for (let round = 0; round < plan.repeat; round++) {
      // Turn about, so that none always follows the same other.
      for (const variant of round % 2 === 0 ? plan.variants : plan.variants.toReversed()) {
        const figures = figuresOf(
          await latencies({
            stack,
            template,
            name: `latency-${round}-${variant}`,
            variant,
            spec: VARIANTS[variant] as VariantSpec,
            generator: shop.generator(SEED, engine.dialect.defaultSchema),
            rate: plan.rate,
            seconds: plan.seconds,
            ledger: join(folder, 'ledger.jsonl'),
            signal,
          }),
        );
        turns.get(variant)?.push(figures);
        const { rows, p50, p99, max, applying } = figures;
        const of =
          applying === undefined
            ? ''
            : `; of it from the applier on p50 ${applying.p50.toFixed(0)}, p99 ${applying.p99.toFixed(0)} ms`;
        print(
          `  ${variant.padEnd(14)} ${rows} rows: p50 ${p50.toFixed(0)}, p99 ${p99.toFixed(0)}, max ${max.toFixed(0)} ms${of}`,
        );
      }
    }
    return report(turns, plan) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await runProgram(async (signal) => {
  const { options: values } = parseArguments(usage, process.argv.slice(2));
  if (!values.help) return main(planOf(values), signal);
  print(helpOf(usage));
  return 0;
});
