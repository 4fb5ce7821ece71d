// The verifier on trial: damage of every class is planted in a healthy run of every variant, while writers run and after;
// each planting must be reported with its class, key, columns and hop, and nothing besides.
// npm run trial -- [--source ENGINE] [--sink ENGINE] [--variants NAMES] [--plantings N] [--seed N] [--load N]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { helpOf, parseArguments, type Usage, unknownName } from '#cli/arguments.ts';
import { COMMON, engine, integer, names } from '#cli/options.ts';
import { type Bench, openBench } from '#engine/bench.ts';
import { between } from '#engines/between.ts';
import { defaultEngine, engineOf } from '#engines/index.ts';
import { builtin, debeziumJdbc } from '#lab.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Design, PairTables, VariantSpec } from '#model/pipeline.ts';
import type { Stack } from '#model/stack.ts';
import { databaseName, makeDatabase } from '#pipelines/databases.ts';
import { sweepAttached } from '#runtimes/attached/sweep.ts';
import { sweep } from '#runtimes/embedded/lab-folder.ts';
import { runtimeOf } from '#runtimes/index.ts';
import { random } from '#std/random.ts';
import { print, runProgram } from './common/program.ts';
import { type Alterations, possibleAlterations } from './trial/alterations.ts';
import { createJury, type Jury } from './trial/jury.ts';
import { APPENDING, hasRows } from './trial/notes.ts';
import { readyToPass, unplantable } from './trial/passed-over.ts';
import { arrived, darkRound, sinkRound, type Trial } from './trial/rounds.ts';
import { stallRound } from './trial/stall.ts';
import { told, verdictOf } from './trial/tell.ts';
import { installTrial, MESSAGE_KEYS, NOTES_MAX, rowOf, tableOf, trialGenerator } from './trial/workload.ts';

const PLANTINGS = 1000;
const RATE = 100;
const NAME = 'trial';
const TEMPLATE = 'trial_template';

const BUILTIN: Readonly<Record<string, VariantSpec>> = {
  insert: builtin({ title: 'blind INSERT', mode: 'insert', commit: 'after' }),
  upsert: builtin({ title: 'upsert by key', mode: 'upsert', commit: 'after' }),
  'upsert-before': builtin({ title: 'upsert, offsets committed before', mode: 'upsert', commit: 'before' }),
  'upsert-with': builtin({ title: 'upsert, offsets in the sink', mode: 'upsert', commit: 'with' }),
  dedup: builtin({ title: 'upsert, dedup table and LSN guard', mode: 'dedup', commit: 'with' }),
};

type SinkId = (source: TableId) => TableId;

/** The variants, where a table of the source has the name at the sink that `sinkId` gives it. */
const variantsOf = (sinkId: SinkId): Readonly<Record<string, VariantSpec>> => ({
  ...Object.fromEntries(
    Object.entries(BUILTIN).map(([name, spec]) => {
      // Paired by hand, so that it writes every table by the row's own key, whatever the records' is.
      return [name, { ...spec, pair: tablesWhere(() => true, sinkId) }];
    }),
  ),
  'debezium-jdbc': {
    ...debeziumJdbc('Debezium JDBC sink connector'),
    pair: tablesWhere(({ key }) => key.length > 0, sinkId),
  },
  [APPENDING]: {
    ...debeziumJdbc('Debezium JDBC sink connector that appends', {
      ...{ 'insert.mode': 'insert', 'primary.key.mode': 'none', 'delete.enabled': 'false' },
    }),
    pair: tablesWhere(({ key }) => key.length === 0, sinkId),
  },
});
const VARIANTS = Object.keys(variantsOf((table) => table));

/** Compares by their names the tables that are meant alone. */
function tablesWhere(meant: (table: Table) => boolean, sinkId: SinkId): PairTables {
  return (source, sinks) => {
    const sink = sinks.get(sinkId(tableId(source)));
    return meant(source) ? { source, ...(sink === undefined ? {} : { sink }) } : undefined;
  };
}

const options = {
  source: engine('source'),
  sink: engine('sinks'),
  variants: names('NAMES', 'pipeline variants, separated by commas', 'all of them'),
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
  examples: [
    'npm run trial',
    'npm run trial -- --source mariadb --sink postgres',
    'npm run trial -- --plantings 5000 --seed 7',
  ],
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
  const {
    plantings = PLANTINGS,
    seed = 1,
    load = 0,
    source = defaultEngine.name,
    sink = defaultEngine.name,
  } = parsed.options;
  const { variants = VARIANTS } = parsed.options;
  for (const name of variants) if (!VARIANTS.includes(name)) throw unknownName('variant', name, VARIANTS);
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-trial-'));
  sweep();
  for (const line of await sweepAttached()) print(line);
  try {
    using _load = busyLoops(load);
    const jury = createJury();
    const beside = load === 0 ? '' : `, ${load} busy loops beside`;
    print(
      `the verifier on trial: from ${source} to ${sink}, ${plantings} plantings at least, seed ${seed}${beside}, ${variants.join(', ')}`,
    );
    await holdTrial({ engines: { source, sink }, variants, plantings, seed, folder, jury, signal });
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
  readonly engines: { readonly source: string; readonly sink: string };
  readonly variants: readonly string[];
  readonly plantings: number;
  readonly seed: number;
  readonly folder: string;
  readonly jury: Jury;
  readonly signal: AbortSignal;
}

/** The source's tables, in a database of which the pipeline gets a copy. */
async function installTemplate(stack: Stack, quiet: number) {
  const { source: port, compare } = engineOf(stack.source);
  const template = await makeDatabase(stack, 'source', databaseName(stack.source, TEMPLATE));
  const rows = await installTrial(template, port, quiet);
  const tables = (await compare.readCatalog(template)).map(tableId);
  await template.close();
  return { rows, tables };
}

/** The connector's configuration over some tables. */
function connectorConfig({ source, brokers }: Stack, tables: readonly TableId[]): Readonly<Record<string, string>> {
  const lab = engineOf(source).source.connectorConfig({
    ...{ server: source, database: databaseName(source, NAME), prefix: NAME, tables, brokers },
  });
  return { ...lab, 'message.key.columns': MESSAGE_KEYS };
}

async function holdTrial(plan: Plan): Promise<void> {
  const { engines, plantings, seed, folder, jury, signal } = plan;
  await using stack = await runtimeOf().start({ engines, attach: true, logs: join(folder, 'logs'), signal });
  const { rows, tables } = await installTemplate(stack, Math.ceil(plantings * 0.9) + 1000);
  const design: Design = {
    connectors: [{ name: 'source', file: 'trial', config: connectorConfig(stack, tables) }],
    ...{ sinkSql: [], plugins: { folders: [], classes: [] }, hidden: false, setUpLimitMs: 60_000 },
  };
  const { defaultSchema } = engineOf(stack.source).dialect;
  const generator = trialGenerator(seed, (name) => `${defaultSchema}.${name}`);
  const watched = watchChecks(jury);
  const { sinkId } = between(engineOf(stack.source), engineOf(stack.sink));
  const variants = Object.entries(variantsOf(sinkId)).filter(([name]) => plan.variants.includes(name));
  await using bench = await openBench({
    ...{ name: NAME, stack, template: databaseName(stack.source, TEMPLATE), design, rate: RATE, signal },
    variants: Object.fromEntries(variants),
    generator: () => generator,
    effects: true,
    ledger: join(folder, 'ledger.jsonl'),
    emit: watched.emit,
  });
  await arrived(bench);
  const luck = random(seed).fork('trial');
  let number = 0;
  const { first, last } = rows;
  const trial: Trial = {
    ...{ bench, generator, jury, luck, checks: watched.checks, alterations: await readySinks(bench) },
    connectorConfig: (without) =>
      connectorConfig(
        stack,
        tables.filter((table) => !without.some((name) => table === bench.pipeline.tableId(name))),
      ),
    quiet: {
      calm: shuffled(first, last, luck.fork('calm')),
      pairs: shuffled(first, last, luck.fork('pairs')),
      coded: shuffled(first, last, luck.fork('coded')),
      notes: shuffled(1, NOTES_MAX, luck.fork('notes')),
      dark: shuffled(first, last, luck.fork('dark')),
    },
    next: () => ++number,
  };
  await playRounds(trial, plantings);
  await stallRound(trial);
}

/** Readies the sinks to be damaged, and tells what cannot be done to them. */
async function readySinks({ pipeline }: Bench): Promise<Alterations> {
  const sinks = [...pipeline.variants.values()].filter(({ name }) => hasRows(name)).map(({ sink }) => sink);
  await Promise.all(sinks.map(readyToPass));
  const [sink] = sinks;
  if (sink === undefined) return { byColumn: new Map(), skipped: [] };
  const rows = (['calm', 'pairs'] as const).map((name) => rowOf((table) => pipeline.tableId(table), name, 1));
  const alterations = await possibleAlterations(
    sink,
    rows.map(({ name, where }) => ({ table: tableOf(name), where })),
  );
  for (const skipped of [...unplantable(sink), ...alterations.skipped]) print(`  skipped: ${skipped}`);
  return alterations;
}

/** Rounds of all sorts in turn, until so much has been planted; each sort once at least. */
async function playRounds(trial: Trial, plantings: number): Promise<void> {
  const { jury } = trial;
  for (let round = 0; jury.plantings.length < plantings || round < ROUNDS.length; round++) {
    const [name, play] = ROUNDS[round % ROUNDS.length] as (typeof ROUNDS)[number];
    const before = jury.plantings.length;
    await play(trial);
    const missed = jury.plantings.slice(before).filter(({ reportedAt }) => reportedAt === undefined).length;
    print(
      `  ${jury.plantings.length - before} ${name}: ${missed} missed; ${jury.alarms.length} false alarms, ${jury.checks} checks so far`,
    );
  }
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
