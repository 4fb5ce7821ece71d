import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '#setup/layout.mjs';
import { OperatorError } from '#std/errors.ts';
import type { Instrumented, Mutant } from './instrument.ts';
import { type LogLine, note, PLAN_VARIABLE, type Plan, readLog } from './plan.ts';

/** `uncovered`: no test reaches it. `timeout`: with it a test does not end, which a person would notice as well. */
export type Fate = 'caught' | 'survived' | 'timeout' | 'uncovered';

export interface Hunted {
  readonly mutant: Mutant;
  readonly fate: Fate;
}

interface Hunt {
  readonly tests: readonly string[];
  readonly instrumented: Instrumented;
  readonly chosen: readonly Mutant[];
  readonly workers: number;
  readonly signal: AbortSignal;
  progress(done: number): void;
}

/** A mutant that takes longer, on a machine however busy, loops for ever. */
const STILL_MS_MAX = 90_000;

/** Runs the tests against each mutant, and says what became of it. */
export async function hunt(asked: Hunt): Promise<Hunted[]> {
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-mutants-'));
  try {
    const log = join(folder, 'log.jsonl');
    writeFileSync(log, '');
    const instrumented = Object.fromEntries(
      [...asked.instrumented.texts].map(([file, text], index) => {
        const written = join(folder, `${index}.ts`);
        writeFileSync(written, text);
        return [file, written];
      }),
    );
    const mutants = Object.fromEntries(asked.chosen.map(({ id, file }) => [id, join(ROOT, file)]));
    const plan: Plan = { tests: asked.tests, instrumented, mutants, log };
    // What hangs is killed, the mutant to blame is counted, and the others are tried again.
    for (let ended = false; !ended; ) ended = await runTests(plan, folder, asked);
    return fates(asked.chosen, log);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** True once the tests have been run to their end; false where a mutant hung. */
async function runTests(plan: Plan, folder: string, { workers, signal, progress }: Hunt): Promise<boolean> {
  const file = join(folder, 'plan.json');
  writeFileSync(file, JSON.stringify(plan));
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const config = join(import.meta.dirname, 'vitest.config.ts');
  const args = [vitest, 'run', '--config', config, '--maxWorkers', String(workers), '--reporter', 'dot'];
  const child = spawn(process.execPath, args, {
    cwd: ROOT,
    // In CI no snapshot is written: a mutant's would be.
    env: { ...process.env, CI: '1', NO_COLOR: '1', [PLAN_VARIABLE]: file },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
  let hung = false;
  const watch = setInterval(() => {
    progress(judged(plan.log).size);
    if (Date.now() - statSync(plan.log).mtimeMs <= STILL_MS_MAX) return;
    hung = child.kill('SIGKILL');
  }, 1000);
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop);
  const [code] = await new Promise<[number | null]>((resolve) => child.once('close', (exit) => resolve([exit])));
  clearInterval(watch);
  signal.removeEventListener('abort', stop);
  if (signal.aborted) throw new Error('the tests were stopped', { cause: signal.reason });
  if (hung && blame(plan.log)) return false;
  const broken = readLog(plan.log).flatMap((line) => ('broken' in line ? [line.broken] : []));
  if (code === 0 && broken.length === 0) return true;
  throw new OperatorError({
    code: 'tests-failed',
    message: `the unit tests fail without any mutant${broken.length === 0 ? '' : `: ${broken.join(', ')}`}`,
    found: said.replace(/·/g, '').trim().split('\n').slice(-30).join('\n'),
    hint: 'run them alone, and make them pass first',
  });
}

/** Whether there is a mutant that had begun and did not end: it is said to have timed out. */
function blame(log: string): boolean {
  const ended = judged(log);
  const open = new Map<string, LogLine>();
  for (const line of readLog(log))
    if ('id' in line && line.outcome === 'begun') open.set(line.file, line);
    else if ('id' in line) open.delete(line.file);
  const hung = [...open.values()].filter(({ id }) => !ended.has(id));
  for (const { id, file } of hung) note(log, { id, file, outcome: 'timeout' });
  return hung.length > 0;
}

function judged(log: string): Set<string> {
  return new Set(readLog(log).flatMap((line) => ('id' in line && line.outcome !== 'begun' ? [line.id] : [])));
}

function fates(chosen: readonly Mutant[], log: string): Hunted[] {
  const fate = new Map<string, Fate>();
  for (const line of readLog(log)) {
    if (!('id' in line) || line.outcome === 'begun') continue;
    if (line.outcome === 'covered') fate.set(line.id, fate.get(line.id) ?? 'survived');
    else fate.set(line.id, line.outcome);
  }
  return chosen.map((mutant) => ({ mutant, fate: fate.get(mutant.id) ?? 'uncovered' }));
}
