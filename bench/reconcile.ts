// Exact comparison of two databases against the floor for anything that reads rows out, all in one session, turn about.
// npm run bench reconcile [rows,rows,…] [runs]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { sweep } from '#runtimes/embedded/lab-folder.ts';
import { nodeOptions } from '#setup/node-options.mjs';
import { startTestPostgres } from '#testing/postgres.ts';
import type { ContestantName, Found } from './reconcile/contestants.ts';
import { buildDataSet, type DataSet, dropDataSet, SEVEN } from './reconcile/data.ts';
import { startLaggingReplica } from './reconcile/replica.ts';

interface Entry {
  readonly label: string;
  readonly name: ContestantName;
  readonly target: 'same' | 'seven' | 'scattered';
}

interface Outcome {
  readonly ms: number;
  readonly rssMb: number;
  readonly found: Found;
}

const ENTRIES: readonly Entry[] = [
  { label: 'binary COPY of both', name: 'copy', target: 'same' },
  { label: 'row hash, identical', name: 'row-hash', target: 'same' },
  { label: 'row hash, seven differences', name: 'row-hash', target: 'seven' },
  { label: 'row hash, 1 % scattered', name: 'row-hash', target: 'scattered' },
  { label: 'canonical text, identical', name: 'canonical-text', target: 'same' },
  { label: 'canonical text, seven differences', name: 'canonical-text', target: 'seven' },
  { label: 'canonical text, 1 % scattered', name: 'canonical-text', target: 'scattered' },
  { label: 'SELECT count(*) of both', name: 'count', target: 'same' },
  { label: 'merge of two ordered COPYs', name: 'merge', target: 'seven' },
];

/** What is aimed at: the first entry's time is at most `most` times the second's. */
const TARGETS: readonly { readonly of: string; readonly to: string; readonly most: (rows: number) => number }[] = [
  { of: 'row hash, identical', to: 'binary COPY of both', most: (rows) => (rows >= 5_000_000 ? 0.9 : 1.15) },
  { of: 'canonical text, identical', to: 'binary COPY of both', most: () => 2 },
  { of: 'row hash, seven differences', to: 'row hash, identical', most: () => 1.1 },
  { of: 'canonical text, seven differences', to: 'canonical text, identical', most: () => 1.1 },
  { of: 'row hash, 1 % scattered', to: 'row hash, identical', most: () => 5 },
  { of: 'canonical text, 1 % scattered', to: 'canonical text, identical', most: () => 5 },
];
const MEMORY_MB_MAX = 100;

const sizes = (process.argv[2] ?? '1000000,5000000').split(',').map(Number);
const runs = Number(process.argv[3] ?? 5);
if (![...sizes, runs].every((value) => Number.isInteger(value) && value > 0)) {
  process.stderr.write('error: npm run bench reconcile [rows,rows,…] [runs]\n  expected: whole numbers from 1\n');
  process.exit(2);
}

const cache = mkdtempSync(join(tmpdir(), 'driftlab-bench-'));
let failed = false;

async function measure(name: ContestantName, source: string, target: string): Promise<Outcome> {
  const child = spawn(
    process.execPath,
    [...nodeOptions('reconcile'), fileURLToPath(import.meta.resolve('./reconcile/child.ts')), name],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
      // The program as it is after its first run: its code is translated from TypeScript once, not in each process.
      env: { ...process.env, NODE_COMPILE_CACHE: cache },
    },
  );
  child.stdin.end(`${source}\n${target}`);
  const [answer, status] = await Promise.all([
    text(child.stdout),
    new Promise<number | null>((resolve, reject) => child.once('error', reject).once('exit', resolve)),
  ]);
  if (status !== 0) throw new Error(`${name} ended with status ${status}`);
  return JSON.parse(answer) as Outcome;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function expectation(entry: Entry, rows: number) {
  if (entry.target === 'same') return { missing: 0, extra: 0, changed: 0 };
  return entry.target === 'seven' ? SEVEN : { missing: 0, extra: 0, changed: Math.floor((rows + 63) / 100) };
}

function check(ok: boolean, text: string): void {
  failed ||= !ok;
  process.stdout.write(`  ${ok ? 'met   ' : 'MISSED'}  ${text}\n`);
}

/** Nobody is fast by finding something else than what was planted. */
function verify(entry: Entry, { found }: Outcome, rows: number): void {
  if (found.missing === undefined) return;
  const { missing, extra, changed } = expectation(entry, rows);
  if (found.missing === missing && found.extra === extra && found.changed === changed) return;
  failed = true;
  process.stdout.write(`  WRONG: ${entry.label} found ${JSON.stringify(found)}\n`);
}

async function benchmark(data: DataSet): Promise<void> {
  const outcomes = new Map(ENTRIES.map(({ label }) => [label, [] as Outcome[]]));
  // Once unmeasured, so that the first one does not read from the disk what the others find in memory.
  for (const { name, target } of ENTRIES) await measure(name, data.source, data[target]);
  for (let run = 0; run < runs; run++) {
    for (const entry of run % 2 === 0 ? ENTRIES : ENTRIES.toReversed()) {
      const outcome = await measure(entry.name, data.source, data[entry.target]);
      verify(entry, outcome, data.rows);
      outcomes.get(entry.label)?.push(outcome);
    }
  }
  const times = (label: string) => (outcomes.get(label) ?? []).map(({ ms }) => ms);
  const floor = times('binary COPY of both');
  process.stdout.write(
    `\n${data.rows} rows, ${runs} runs            median      from – to          × COPY   peak MB\n`,
  );
  for (const { label } of ENTRIES) {
    const all = times(label);
    const memory = Math.max(...(outcomes.get(label) ?? []).map(({ rssMb }) => rssMb));
    const spread = `${(Math.min(...all) / 1000).toFixed(2)} – ${(Math.max(...all) / 1000).toFixed(2)} s`;
    process.stdout.write(
      `  ${label.padEnd(36)} ${(median(all) / 1000).toFixed(2)} s   ${spread.padEnd(16)} ${median(
        all.map((ms, run) => ms / (floor[run] ?? Number.NaN)),
      )
        .toFixed(2)
        .padStart(8)} ${memory.toFixed(0).padStart(9)}\n`,
    );
  }
  for (const { of, to, most } of TARGETS) {
    // Run by run, because what else the machine does changes from run to run, and less within one.
    const others = times(to);
    const ratio = median(times(of).map((ms, run) => ms / (others[run] ?? Number.NaN)));
    check(ratio <= most(data.rows), `${of} / ${to}: ${ratio.toFixed(2)} (at most ${most(data.rows)})`);
  }
  for (const { label, name } of ENTRIES.filter(
    (entry) => entry.name === 'row-hash' || entry.name === 'canonical-text',
  )) {
    const peak = Math.max(...(outcomes.get(label) ?? []).map(({ rssMb }) => rssMb));
    if (peak >= MEMORY_MB_MAX || name === 'row-hash')
      check(peak < MEMORY_MB_MAX, `${label}: ${peak.toFixed(0)} MB (under ${MEMORY_MB_MAX})`);
  }
}

/** 500 updates/s on the source that reach the target 200 ms later: none of them may be taken for a difference. */
async function underWriters(data: DataSet): Promise<void> {
  await using replica = await startLaggingReplica(data.source, data.seven, { rows: data.rows, rate: 500, lagMs: 200 });
  const { found, ms } = await measure('settling', data.source, data.seven);
  const text = `${replica.applied()} updates meanwhile, ${(ms / 1000).toFixed(1)} s: ${JSON.stringify(found)}`;
  const right = found.missing === SEVEN.missing && found.extra === SEVEN.extra && found.changed === SEVEN.changed;
  check(right && replica.applied() > 500, `under writers, all seven and no other: ${text}`);
}

sweep();
try {
  await using postgres = await startTestPostgres();
  for (const rows of sizes) {
    process.stdout.write(`building ${rows} rows in four databases …\n`);
    const data = await buildDataSet(postgres.server, rows);
    await benchmark(data);
    await underWriters(data);
    await dropDataSet(postgres.server, data);
  }
} finally {
  rmSync(cache, { recursive: true, force: true });
}
process.exitCode = failed ? 1 : 0;
