// The live lab for as long as one likes: writers at rate 100, a fault every 30 s, and at the end three questions. Is the
// daemon's memory flat? Was `dedup` ever said to be wrong? Is every fault's outcome in the report?
// `npm run soak [minutes]` (60 unless named); some minutes show false alarms, an hour shows memory.
import { setTimeout as delay } from 'node:timers/promises';
import type { LabFault } from '#contracts/lab-fault.ts';
import type { LabReport } from '#contracts/lab-report.ts';
import type { LabStack } from '#contracts/lab-stack.ts';
import { openClient } from '#lab/client.ts';
import { labHome } from '#lab/home.ts';
import { type BenchLab, openBenchLab } from './common/lab.ts';

const minutes = Number(process.argv[2] ?? 60);
if (!(minutes > 0)) {
  process.stderr.write(`error: the number of minutes must be above 0, not ${process.argv[2]}\n`);
  process.exit(2);
}

const RATE = 100;
const FAULT_EVERY_MS = 30_000;
const LOOK_MS = 1000;
/** Memory may grow by so much from the middle third to the last one. */
const GROWTH_MAX = 1.15;
/** What the lab remembers is bounded, but it takes so long until the bounds are reached: before that it is only told. */
const MEMORY_JUDGED_FROM_MINUTES = 30;
const MB = 1024 * 1024;

/**
 * Faults from which a sound variant recovers: retention is not among them, it loses rows for everyone. The backfill is a
 * small one: the writers keep the data of one size, and what is asked is whether memory stays where the data do.
 */
const FAULTS = [
  { mode: 'restart', body: { seconds: 3 } },
  { mode: 'lag', body: { seconds: 5 } },
  { mode: 'schema', body: {} },
  { mode: 'duplicate', body: {} },
  { mode: 'backfill', body: { rows: 50 } },
  { mode: 'backfill', body: { step: 'direct-copy' } },
] as const;

async function say(text: Promise<string>): Promise<void> {
  process.stdout.write((await text).replace(/^(?=.)/gm, '  '));
}

function median(values: readonly number[]): number {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

interface Seen {
  readonly memory: number[];
  readonly alarms: Set<string>;
  readonly asked: string[];
  report: LabReport | undefined;
}

async function soak({ env }: BenchLab, seen: Seen): Promise<void> {
  const client = openClient(labHome(env));
  const until = performance.now() + minutes * 60_000;
  let next = performance.now() + FAULT_EVERY_MS / 3;
  for (let round = 0; performance.now() < until; ) {
    const report = await client.get<LabReport>('/api/v1/report');
    const stack = await client.get<LabStack>('/api/v1/stack');
    seen.report = report;
    seen.memory.push(stack.daemon.memory_bytes / MB);
    const dedup = report.variants.find(({ variant }) => variant === 'dedup');
    if (dedup !== undefined && ['WARN', 'FAIL'].includes(dedup.status))
      seen.alarms.add(
        `${dedup.status}: ${dedup.examples[0]?.detail ?? dedup.reason ?? JSON.stringify(dedup.anomalies)}`,
      );
    if (performance.now() >= next && report.lab.phase === 'running') {
      const { mode, body } = FAULTS[round++ % FAULTS.length] ?? FAULTS[0];
      const fault = await client.post<LabFault>(`/api/v1/faults/${mode}`, body);
      seen.asked.push(fault.id);
      next = performance.now() + FAULT_EVERY_MS;
      const { committed } = report.writers;
      const last = report.faults.at(-1);
      const told = last === undefined ? '' : `; ${last.id} was ${last.verdict}`;
      process.stdout.write(
        `  ${fault.id}: ${Math.round(seen.memory.at(-1) ?? 0)} MB, ${committed} transactions${told}\n`,
      );
    }
    await delay(LOOK_MS);
  }
  // The last fault may still be settling.
  for (const limit = performance.now() + 180_000; performance.now() < limit; await delay(LOOK_MS)) {
    seen.report = await client.get<LabReport>('/api/v1/report');
    if (seen.report.lab.phase === 'running') break;
  }
}

function judge({ memory, alarms, asked, report }: Seen): boolean {
  const third = Math.floor(memory.length / 3);
  const middle = median(memory.slice(third, 2 * third));
  const last = median(memory.slice(2 * third));
  const faults = report?.faults ?? [];
  const judged = faults.filter(({ state }) => state === 'settled');
  const wrong = judged.filter(({ variants }) => variants.dedup?.met !== true);
  // The report remembers a hundred faults; those before them were there in their time.
  const missing = asked.slice(-100).filter((id) => !faults.some((fault) => fault.id === id && fault.verdict !== null));
  const failed = faults.filter(({ state }) => state === 'failed').map(({ id, error }) => `${id}: ${error}`);
  const questions: readonly (readonly [string, boolean, string])[] = [
    [
      minutes < MEMORY_JUDGED_FROM_MINUTES ? 'memory (not judged so soon)' : 'memory flat',
      last <= middle * GROWTH_MAX || minutes < MEMORY_JUDGED_FROM_MINUTES,
      `median of the middle third ${Math.round(middle)} MB, of the last ${Math.round(last)} MB, most ${Math.round(Math.max(...memory))} MB`,
    ],
    ['no false alarm for dedup', alarms.size === 0, alarms.size === 0 ? 'none' : [...alarms].join('; ')],
    [
      'dedup as expected',
      wrong.length === 0,
      `${judged.length} faults judged; ${wrong.map(({ id }) => id).join(', ') || 'none wrong'}`,
    ],
    ["every fault's outcome in the report", missing.length === 0 && asked.length > 0, missing.join(', ') || 'all'],
    ['no fault failed', failed.length === 0, failed.join('; ') || 'none'],
  ];
  for (const [question, yes, found] of questions)
    process.stdout.write(`${yes ? 'yes' : 'NO '}  ${question}: ${found}\n`);
  return questions.every(([, yes]) => yes);
}

const seen: Seen = { memory: [], alarms: new Set(), asked: [], report: undefined };
process.stdout.write(`soak: ${minutes} minutes at ${RATE} transactions/s, a fault every ${FAULT_EVERY_MS / 1000} s\n`);
{
  await using lab = await openBenchLab();
  await say(lab.driftlab('up', '--rate', String(RATE), '--seed', '1'));
  await soak(lab, seen);
}
process.exitCode = judge(seen) ? 0 : 1;
