// The verifier on trial: damage of every class is planted in a healthy run of every variant, while writers run and after;
// each planting must be reported with its class, key, columns and hop, and nothing besides.
// npm run trial -- [--plantings N] [--seed N] [--load N]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helpOf, parseArguments, type Usage } from '#cli/arguments.ts';
import { COMMON, integer } from '#cli/options.ts';
import { openBench } from '#engine/bench.ts';
import { engineOf } from '#engines/index.ts';
import { builtin, debeziumJdbc } from '#lab.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { Design, PairTables, VariantSpec } from '#model/pipeline.ts';
import { sweep } from '#runtimes/embedded/lab-folder.ts';
import { startEmbeddedStack } from '#runtimes/embedded/stack.ts';
import { random } from '#std/random.ts';
import { print, runProgram } from './common/program.ts';
import { createJury, type Jury } from './trial/jury.ts';
import { APPENDING, hasRows } from './trial/notes.ts';
import { PASS_OVER_SQL } from './trial/plants.ts';
import { arrived, darkRound, sinkRound, stallRound, type Trial } from './trial/rounds.ts';
import { told, verdictOf } from './trial/tell.ts';
import { CODED_SINK_SQL, MESSAGE_KEYS, NOTES_MAX, trialGenerator, trialWorkload } from './trial/workload.ts';

const PLANTINGS = 1000;
const RATE = 100;
const NAME = 'trial';

const VARIANTS: Readonly<Record<string, VariantSpec>> = {
  insert: builtin({ title: 'blind INSERT', mode: 'insert', commit: 'after' }),
  upsert: builtin({ title: 'upsert by key', mode: 'upsert', commit: 'after' }),
  'upsert-before': builtin({ title: 'upsert, offsets committed before', mode: 'upsert', commit: 'before' }),
  'upsert-with': builtin({ title: 'upsert, offsets in the sink', mode: 'upsert', commit: 'with' }),
  dedup: builtin({ title: 'upsert, dedup table and LSN guard', mode: 'dedup', commit: 'with' }),
  'debezium-jdbc': {
    ...debeziumJdbc('Debezium JDBC sink connector'),
    pair: tablesWhere(({ key }) => key.length > 0),
  },
  [APPENDING]: {
    ...debeziumJdbc('Debezium JDBC sink connector that appends', {
      ...{ 'insert.mode': 'insert', 'primary.key.mode': 'none', 'delete.enabled': 'false' },
    }),
    pair: tablesWhere(({ key }) => key.length === 0),
  },
};

/** Compares by their names the tables that are meant alone. */
function tablesWhere(meant: (table: Table) => boolean): PairTables {
  return (source, sinks) => {
    const sink = sinks.get(tableId(source));
    return meant(source) ? { source, ...(sink === undefined ? {} : { sink }) } : undefined;
  };
}

const options = {
  plantings: integer('N', 'plantings at least, spread over all classes and variants', 1, 100_000, String(PLANTINGS)),
  seed: integer('N', 'chooses rows, columns, values and moments', 0, 2 ** 31, '1'),
  load: integer('N', 'busy loops beside, each a process of its own', 0, 64, '0'),
  ...COMMON,
} as const;

const usage: Usage<typeof options> = {
  command: 'dev bench trial',
  summary:
    'Plants damage in healthy runs and holds the verifier to it. Exit status: 0 all found and nothing else, 1 not, 2 wrong usage.',
  operands: [],
  options,
  examples: ['npm run trial', 'npm run trial -- --plantings 5000 --seed 7'],
};

const ROUNDS: readonly (readonly [name: string, round: (trial: Trial) => Promise<void>])[] = [
  ['at the sinks, while writers write', (trial) => sinkRound(trial, true)],
  ['before the sinks: not captured, or gone from the log', darkRound],
  ['at the sinks, after the writers', (trial) => sinkRound(trial, false)],
];

async function main(signal: AbortSignal): Promise<number> {
  const parsed = parseArguments(usage, process.argv.slice(2));
  if (parsed.options.help) {
    print(helpOf(usage));
    return 0;
  }
  const { plantings = PLANTINGS, seed = 1, load = 0 } = parsed.options;
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-trial-'));
  sweep();
  try {
    using _load = busyLoops(load);
    const jury = createJury();
    const beside = load === 0 ? '' : `, ${load} busy loops beside`;
    print(
      `the verifier on trial: ${plantings} plantings at least, seed ${seed}${beside}, ${Object.keys(VARIANTS).join(', ')}`,
    );
    await holdTrial({ plantings, seed, folder, jury, signal });
    for (const line of told(jury)) print(line);
    return verdictOf(jury) ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Processes that do nothing, as fast as they can. */
function busyLoops(count: number): Disposable {
  const loops = Array.from({ length: count }, () =>
    spawn(process.execPath, ['--eval', 'for (;;);'], { stdio: 'ignore' }),
  );
  return {
    [Symbol.dispose]() {
      for (const loop of loops) loop.kill('SIGKILL');
    },
  };
}

interface Plan {
  readonly plantings: number;
  readonly seed: number;
  readonly folder: string;
  readonly jury: Jury;
  readonly signal: AbortSignal;
}

async function holdTrial({ plantings, seed, folder, jury, signal }: Plan): Promise<void> {
  await using stack = await startEmbeddedStack({ logs: join(folder, 'logs'), signal });
  const workload = trialWorkload(Math.ceil(plantings * 0.9) + 1000);
  const template = await engineOf(stack.source).server.create(stack.source, 'trial_template');
  // Every database of the sink's server begins as a copy of this one.
  const beginning = engineOf(stack.sink).server.openNamed(stack.sink, 'template1');
  await beginning.query(CODED_SINK_SQL);
  await beginning.close();
  await workload.install(template, seed, engineOf(template).source);
  const tables = (await engineOf(template).compare.readCatalog(template)).map(tableId);
  await template.close();
  const config = {
    ...engineOf(stack.source).source.connectorConfig({
      server: stack.source,
      database: NAME,
      prefix: NAME,
      tables,
      brokers: stack.brokers,
    }),
    'message.key.columns': MESSAGE_KEYS,
  };
  const design: Design = {
    connectors: [{ name: 'source', file: 'trial', config }],
    ...{ sinkSql: [], plugins: { folders: [], classes: [] }, hidden: false, setUpLimitMs: 60_000 },
  };
  const generator = trialGenerator(seed);
  const watched = watchChecks(jury);
  await using bench = await openBench({
    ...{ name: NAME, stack, template: 'trial_template', variants: VARIANTS, design, rate: RATE, signal },
    generator: () => generator,
    effects: true,
    ledger: join(folder, 'ledger.jsonl'),
    emit: watched.emit,
  });
  for (const { name, sink } of bench.pipeline.variants.values())
    if (hasRows(name)) await sink.query(PASS_OVER_SQL(['calm', 'pairs', 'coded']));
  await arrived(bench);
  const luck = random(seed).fork('trial');
  let number = 0;
  const [first, last] = workload.quietRows;
  const trial: Trial = {
    ...{ bench, generator, jury, luck, checks: watched.checks },
    quiet: {
      calm: shuffled(first, last, luck.fork('calm')),
      pairs: shuffled(first, last, luck.fork('pairs')),
      coded: shuffled(first, last, luck.fork('coded')),
      notes: shuffled(1, NOTES_MAX, luck.fork('notes')),
      dark: shuffled(first, last, luck.fork('dark')),
    },
    next: () => ++number,
  };
  for (let round = 0; jury.plantings.length < plantings || round < ROUNDS.length; round++) {
    const [name, play] = ROUNDS[round % ROUNDS.length] as (typeof ROUNDS)[number];
    const before = jury.plantings.length;
    await play(trial);
    const missed = jury.plantings.slice(before).filter(({ reportedAt }) => reportedAt === undefined).length;
    print(
      `  ${jury.plantings.length - before} ${name}: ${missed} missed; ${jury.alarms.length} false alarms, ${jury.checks} checks so far`,
    );
  }
  await stallRound(trial);
}

/** Hands every check of the bench's monitor to the jury, and lets the trial wait for some. */
function watchChecks(jury: Jury) {
  let waiting: { readonly from: number; left: number; readonly done: () => void }[] = [];
  return {
    emit: (event: Parameters<Parameters<typeof openBench>[0]['emit']>[0]) => {
      if (event.type === 'note') print(`  ${event.level}: ${event.text}`);
      if (event.type !== 'check') return;
      const startedAt = Date.now() - event.tookMs;
      jury.take({ kind: event.kind, startedAt, variants: event.variants });
      for (const one of waiting) if (startedAt >= one.from && --one.left === 0) one.done();
      waiting = waiting.filter(({ left }) => left > 0);
    },
    checks: (count: number) =>
      new Promise<void>((done) => {
        waiting.push({ from: Date.now(), left: count, done });
      }),
  };
}

function shuffled(first: number, last: number, luck: ReturnType<typeof random>): number[] {
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  for (let index = all.length - 1; index > 0; index--) {
    const other = luck.below(index + 1);
    [all[index], all[other]] = [all[other] as number, all[index] as number];
  }
  return all;
}

await runProgram(main);
