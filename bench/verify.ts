// What a continuous check costs, on tables of several sizes under the same rate of writing, one after another on one stack.
// npm run bench verify -- [--rows N,N] [--rate N] [--seconds N] …
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { helpOf, parseArguments, type Usage } from '#cli/arguments.ts';
import { COMMON, integer, names, number } from '#cli/options.ts';
import { engineOf } from '#engines/index.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Stack } from '#model/stack.ts';
import { openPipeline } from '#pipelines/open-pipeline.ts';
import { sweep } from '#runtimes/embedded/lab-folder.ts';
import { bootStack } from '#runtimes/embedded/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { openVerifier } from '#verify/verifier.ts';
import { openLedger } from '#workloads/ledger.ts';
import { openWriters } from '#workloads/writers.ts';
import { print, runProgram } from './common/program.ts';
import { median, quantile, spread } from './common/statistics.ts';
import { accountsGenerator, fillSink, installAccounts } from './verify/accounts.ts';

const ROWS = ['100000', '5000000'];
const RATE = 1000;
const SECONDS = 30;
const EVERY_MS = 1000;
/** Checks before those that count: connections are made and plans are learnt. */
const WARM_UP = 5;
const RATIO_MAX = 1.5;
const WRITER_SESSIONS = 4;

const options = {
  rows: names('N,N', 'sizes of the table, the smallest first', ROWS.join(',')),
  rate: number('N', 'transactions per second', 1, 10_000, String(RATE)),
  seconds: integer('N', 'how long each size is checked, after a warm-up', 1, 3600, String(SECONDS)),
  ...COMMON,
} as const;

const usage: Usage<typeof options> = {
  command: 'dev bench verify',
  summary: 'Measures continuous checks. Exit status: 0 the target met, 1 missed or a false alarm, 2 wrong usage.',
  operands: [],
  options,
  examples: ['npm run bench verify', 'npm run bench verify -- --rows 20000,200000 --rate 200 --seconds 10'],
};

interface Turn {
  readonly rows: number;
  /** Ms that each check took. */
  readonly tookMs: readonly number[];
  /** Rows touched since the check before. */
  readonly touched: readonly number[];
  /** Keys left to be judged next time. */
  readonly inFlight: readonly number[];
  /** Ms by which the sink was behind when a check began: what the pipeline, not the check, leaves in flight. */
  readonly lagMs: readonly number[];
  /** Transactions per second that were reached. */
  readonly rate: number;
  readonly heapMb: number;
}

interface Plan {
  readonly rate: number;
  readonly seconds: number;
  readonly folder: string;
  readonly stack: Stack;
  readonly signal: AbortSignal;
}

async function turn(rows: number, { rate, seconds, folder, stack, signal }: Plan): Promise<Turn> {
  const template = `verify-${rows}-template`;
  const database = await engineOf(stack.source).server.create(stack.source, template);
  await installAccounts(database, rows);
  await database.close();
  const variants = { upsert: { kind: 'builtin', mode: 'upsert', commit: 'with', title: 'upsert' } } as const;
  const name = `verify-${rows}`;
  await using pipeline = await openPipeline({ stack, name, template, variants, snapshot: 'no_data', signal });
  const sink = pipeline.variants.get('upsert')?.sink;
  if (sink === undefined) throw new Error('the pipeline has no sink');
  await fillSink(sink, rows);
  const streams = async (): Promise<boolean> =>
    (await pipeline.source.query('SELECT 1 FROM pg_replication_slots WHERE active AND database = current_database()'))
      .length > 0;
  await until(streams, { what: 'the connector to stream', limitMs: 60_000, signal });
  await using ledger = openLedger(join(folder, `${rows}.jsonl`), name);
  const generator = accountsGenerator(rows, 1);
  const sessions = Array.from({ length: WRITER_SESSIONS }, () =>
    engineOf(pipeline.source).source.openWriterSession(pipeline.source),
  );
  await using writers = openWriters({ sessions, generator, ledger, rate });
  const verifier = openVerifier({ pipeline, ledger, signal });
  writers.resume();
  // A connector that has just started lets its first changes wait for seconds.
  await until(() => pipeline.log.records >= rate, {
    ...{ what: 'the connector to capture the first second of changes', limitMs: 60_000, signal },
    saw: () => `${pipeline.log.records} records`,
  });

  const tookMs: number[] = [];
  const touched: number[] = [];
  const inFlight: number[] = [];
  const lagMs: number[] = [];
  let measuredFrom = { at: performance.now(), committed: writers.committed };
  for (let made = 0; performance.now() - measuredFrom.at < seconds * 1000 || made <= WARM_UP; made++) {
    if (made === WARM_UP) measuredFrom = { at: performance.now(), committed: writers.committed };
    const before = ledger.mark();
    const started = performance.now();
    const [verdict] = await verifier.continuousCheck();
    const took = performance.now() - started;
    falseAlarm(verdict);
    await delay(Math.max(0, EVERY_MS - took), undefined, { signal });
    if (made < WARM_UP) continue;
    tookMs.push(took);
    inFlight.push(verdict?.inFlight ?? 0);
    lagMs.push(verdict?.lag.ms ?? 0);
    touched.push([...ledger.rowsTouchedSince(before)].length);
  }
  const reached = (writers.committed - measuredFrom.committed) / ((performance.now() - measuredFrom.at) / 1000);
  await writers.pause();
  if (writers.failure !== undefined) throw new Error(`the writers failed: ${writers.failure}`);
  return { rows, tookMs, touched, inFlight, lagMs, rate: reached, heapMb: process.memoryUsage().heapUsed / 2 ** 20 };
}

/** Nothing is broken here, so whatever a check finds is wrong of it. */
function falseAlarm(verdict: VariantVerdict | undefined): void {
  if (verdict === undefined || verdict.verdict === 'PASS' || verdict.verdict === 'SYNC_IN_PROGRESS') return;
  throw new OperatorError({
    code: 'false-alarm',
    message: 'a check found something wrong with a sound pipeline',
    expected: 'PASS',
    found: `${verdict.verdict}: ${verdict.reason ?? verdict.findings[0]?.detail}`,
    exit: 1,
  });
}

const middle = (values: readonly number[]): number => median(values) ?? Number.NaN;

function tell({ rows, tookMs, touched, inFlight, lagMs, rate, heapMb }: Turn): void {
  const p95 = quantile(tookMs, 0.95) ?? Number.NaN;
  print(
    `  ${String(rows).padStart(8)} rows  a check ${middle(tookMs).toFixed(0)} ms (${spread(tookMs, 0)}; p95 ${p95.toFixed(0)}), ` +
      `${middle(touched).toFixed(0)} rows touched and ${middle(inFlight).toFixed(0)} in flight, the sink ${middle(lagMs).toFixed(0)} ms behind; ` +
      `${tookMs.length} checks, ${rate.toFixed(0)} transactions/s, heap ${heapMb.toFixed(0)} MB`,
  );
}

await runProgram(async (signal) => {
  const { options: values } = parseArguments(usage, process.argv.slice(2));
  if (values.help) {
    print(helpOf(usage));
    return 0;
  }
  const sizes = (values.rows ?? ROWS).map(Number);
  if (!sizes.every((size) => Number.isSafeInteger(size) && size > 0))
    throw new OperatorError({ code: 'wrong-value', message: '--rows takes numbers of rows', expected: ROWS.join(',') });
  sweep();
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-bench-'));
  try {
    await using stack = await bootStack({ signal }, 'plain');
    const { rate = RATE, seconds = SECONDS } = values;
    const turns: Turn[] = [];
    for (const rows of sizes) {
      turns.push(await turn(rows, { rate, seconds, folder, stack, signal }));
      for (const one of turns.slice(-1)) tell(one);
    }
    const [first, last] = [turns[0], turns.at(-1)];
    if (first === undefined || last === undefined || first === last) return 0;
    const ratio = middle(last.tookMs) / middle(first.tookMs);
    const met = ratio <= RATIO_MAX;
    print(
      `  ${met ? 'met   ' : 'MISSED'}  ${last.rows} / ${first.rows} rows: ${ratio.toFixed(2)} × (at most ${RATIO_MAX})`,
    );
    return met ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
