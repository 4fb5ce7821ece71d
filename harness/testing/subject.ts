import { mkdtempSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type RunResult, runScenario } from '#engine/run.ts';
import type { RunEvent } from '#model/run-event.ts';
import type { Stack } from '#model/stack.ts';
import { buildReport } from '#report/build.ts';
import type { Report, SubjectCell } from '#report/report.ts';
import { planPipeline } from '#subject/plan.ts';
import { readPipelineFile } from '#subject/read-file.ts';

export interface TestedPipeline {
  readonly result: RunResult;
  readonly report: Report;
  /** Why checks while writers wrote could not judge a subject; none where all could. */
  readonly unchecked: readonly string[];
  /** What became of a subject under a fault. */
  cell(fault: string, subject: string): SubjectCell;
}

/** Runs a pipeline file on a stack that is up, slowly and with short holds. `folder` gets the run's own folder. */
export async function runPipelineFile(
  path: string,
  {
    stack,
    folder,
    drainLimitMs = 60_000,
    operations = 40,
    only,
    signal = new AbortController().signal,
  }: {
    readonly stack: Stack;
    readonly folder: string;
    readonly drainLimitMs?: number;
    readonly operations?: number;
    readonly only?: readonly string[];
    readonly signal?: AbortSignal;
  },
): Promise<TestedPipeline> {
  const events: RunEvent[] = [];
  const result = await runScenario({
    scenario: planPipeline(readPipelineFile(path, process.cwd()), { operations }),
    run: basename(path),
    seed: 7,
    rate: 40,
    holdMs: 500,
    drainLimitMs,
    ...(only === undefined ? {} : { only }),
    folder: mkdtempSync(join(folder, 'run-')),
    stack,
    signal,
    emit: (event) => events.push(event),
  });
  const report = buildReport(events);
  return {
    result,
    report,
    unchecked: events.flatMap((event) =>
      event.type === 'check'
        ? event.variants.flatMap((seen) => (seen.verdict === 'UNKNOWN' ? [`${seen.variant}: ${seen.reason}`] : []))
        : [],
    ),
    cell(fault, subject) {
      const found = report.subject?.cells.find((one) => one.fault === fault && one.subject === subject);
      if (found === undefined)
        throw new Error(`${subject} was not judged under ${fault}: ${report.reason ?? 'no reason'}`);
      return found;
    },
  };
}
