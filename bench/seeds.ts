// One scenario again and again with different seeds: does its matrix of verdicts ever differ? Every run is one of the command
// line's, in a process of its own. `npm run bench seeds [runs] [first seed] [scenario] [options of the scenario]` (20 runs,
// from seed 1, canonical).
// Which classes of anomalies a variant shows besides those that it must, may depend on what a seed's writers happen to do (a
// job may or may not copy a row that is deleted meanwhile): it is told at the end, and is no difference.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Report } from '#report/report.ts';
import { ROOT } from '#setup/layout.mjs';

const [runs = 20, first = 1] = process.argv.slice(2, 4).map(Number);
const [scenario = 'canonical', ...more] = process.argv.slice(4);
if (!Number.isInteger(runs) || runs < 2 || !Number.isInteger(first)) {
  process.stderr.write(`error: expected a number of runs from 2 and a whole seed, not ${process.argv.slice(2)}\n`);
  process.exit(2);
}

/** Exit status of the run, and its report where it left one. */
function run(seed: number, folder: string): Promise<{ exit: number; report: Report | undefined }> {
  const args = [
    join(ROOT, 'bin', 'driftlab.mjs'),
    'scenario',
    scenario,
    '--seed',
    String(seed),
    '--report-dir',
    folder,
    ...more,
  ];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { maxBuffer: 64 * 1024 * 1024 }, (error) => {
      const [left] = readdirSync(folder);
      const report = left === undefined ? undefined : readFileSync(join(folder, left, 'report.json'), 'utf8');
      resolve({
        exit: error === null ? 0 : Number(error.code),
        report: report === undefined ? undefined : (JSON.parse(report) as Report),
      });
    });
  });
}

/** Of every step and variant the verdict, and whether it was as expected. Notes the classes of anomalies that it showed. */
function matrixOf(report: Report): string[] {
  return report.modes.flatMap(({ id: mode, steps }) =>
    steps.flatMap(({ id: step, variants }) =>
      Object.entries(variants).map(([variant, { verdict, anomalies, met, causes }]) => {
        const cell = `${mode}/${step}/${variant}`;
        const own = OWN_CAUSES[`${mode}/${step}`] ?? [];
        const known = scenario === 'canonical';
        for (const { code } of causes) {
          named.set(code, (named.get(code) ?? 0) + 1);
          if (known && !own.includes(code)) strange.push(`${cell}: ${code}`);
        }
        if (known && causes.length === 0 && verdict === 'FAIL') strange.push(`${cell}: no cause at all`);
        const classes = Object.keys(anomalies).toSorted().join('+') || 'none';
        const seen = shown.get(cell) ?? new Map<string, number>();
        shown.set(cell, seen.set(classes, (seen.get(classes) ?? 0) + 1));
        return `${cell}: ${verdict} ${met ? 'as expected' : 'NOT AS EXPECTED'}`;
      }),
    ),
  );
}

/**
 * Of the canonical scenario: what each fault shows of the variants that do not survive it. A cause that is named elsewhere is
 * false.
 */
const OWN_CAUSES: Readonly<Record<string, readonly string[]>> = {
  'restart/restart': ['applier-inserts-blindly'],
  'lag/retention': ['retention-passed'],
  'schema/schema': ['applier-strict-schema', 'applier-ignores-columns'],
  'duplicate/duplicate': ['applier-inserts-blindly'],
  'backfill/direct-copy': ['applier-inserts-blindly', 'writes-not-guarded'],
};
/** How often each cause was named, and where one was that is not the fault's own, or none was. */
const named = new Map<string, number>();
const strange: string[] = [];
/** For each step and variant how many runs showed which classes. */
const shown = new Map<string, Map<string, number>>();
let matrix: string[] | undefined;
let differing = 0;
for (let seed = first; seed < first + runs; seed++) {
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-seeds-'));
  const began = performance.now();
  const { exit, report } = await run(seed, folder);
  rmSync(folder, { recursive: true, force: true });
  const seen = report === undefined ? [`no report: exit status ${exit}`] : matrixOf(report);
  matrix ??= seen;
  const differences = [
    ...seen.filter((line) => !matrix?.includes(line)),
    ...matrix.filter((line) => !seen.includes(line)).map((line) => `instead of ${line}`),
  ];
  if (differences.length > 0) differing += 1;
  const took = ((performance.now() - began) / 1000).toFixed(0);
  process.stdout.write(`seed ${seed}: ${report?.verdict ?? 'none'}, exit ${exit}, ${took} s, ${seen.length} verdicts`);
  process.stdout.write(differences.length === 0 ? '\n' : `, differing:\n  ${differences.join('\n  ')}\n`);
}
for (const [cell, seen] of shown)
  if (seen.size > 1)
    process.stdout.write(`  ${cell}: ${[...seen].map(([classes, count]) => `${classes} in ${count}`).join(', ')}\n`);
process.stdout.write(`  causes: ${[...named].map(([code, count]) => `${code} ${count}`).join(', ') || 'none'}\n`);
for (const line of strange) process.stdout.write(`  not the fault's own: ${line}\n`);
process.stdout.write(
  `${runs} runs, ${matrix?.length} verdicts each, ${differing} runs with another matrix, ${strange.length} causes that are not the fault's own\n`,
);
process.exitCode = differing === 0 && strange.length === 0 ? 0 : 1;
