import { type ExecFileException, execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '#setup/layout.mjs';

export interface Outcome {
  readonly exit: number;
  /** What it printed, and on which stream. */
  readonly out: string;
  readonly err: string;
}

/** The command as a person types it. */
export function driftlab(...args: readonly string[]): Promise<Outcome> {
  return new Promise((done) => {
    const file = join(ROOT, 'bin', 'driftlab.mjs');
    execFile(process.execPath, [file, ...args], { maxBuffer: 1 << 26 }, (error: ExecFileException | null, out, err) => {
      done({ exit: error === null ? 0 : Number(error.code ?? -1), out, err });
    });
  });
}

/** Runs a scenario with its reports in this folder, and returns what it said and its report, of which `T` names the parts that are wanted. */
export async function scenarioCommand<T>(
  reports: string,
  ...args: readonly string[]
): Promise<{ readonly outcome: Outcome; readonly report: T }> {
  const outcome = await driftlab('scenario', ...args, '--report-dir', reports);
  return { outcome, report: JSON.parse(readFileSync(join(reports, 'latest', 'report.json'), 'utf8')) as T };
}
