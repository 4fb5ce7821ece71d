import { basename, relative } from 'node:path';
import type { RunEvent } from '#model/run-event.ts';
import type { Scenario } from '#model/scenario.ts';
import type { Topology } from '#model/stack.ts';
import { createRunFolder, markLatest } from '#report/folder.ts';
import { openHistory } from '#report/history.ts';
import { formats, writeReports } from '#report/index.ts';
import type { Report } from '#report/report.ts';
import { closingLines, matrixLines } from '#report/text.ts';
import { asDiskFull } from '#std/disk-full.ts';
import { explain, messageOf, OperatorError } from '#std/errors.ts';
import { visibleIn } from '#std/visible.ts';
import type { View } from '#tui/view.ts';
import { paintFor } from '#tui/view.ts';
import type { Host } from './host.ts';
import { INTERRUPTED, listenForInterrupt } from './interrupt.ts';
import type { RunResult } from './run-options.ts';

export interface RecordedRun {
  readonly scenario: Scenario;
  /** Begins the name of the run's folder. */
  readonly name: string;
  readonly seed: number;
  readonly rate: number;
  readonly holdMs: number;
  readonly engines?: { readonly source?: string; readonly sink?: string };
  readonly topology?: Topology;
  readonly only?: readonly string[];
  readonly atOperations?: Readonly<Record<string, number>>;
  readonly variants?: readonly string[];
  readonly reports: string;
  readonly replay: string;
}

/** Room for the reports of a run. */
const REPORT_MB = 64;

/** Exit status of what could not be judged. */
const COULD_NOT_JUDGE = 3;

/**
 * Runs a scenario with its history kept and shown, and leaves the reports of what was seen, however it ends. Returns the
 * exit status. Throws what the engine threw, once the reports are written.
 */
export async function recordRun(host: Host, run: RecordedRun): Promise<number> {
  // Whatever may fail for want of something is done before the run gets its folder.
  const runScenario = await host.loadEngine();
  const folder = makeFolder(run, host.now());
  const { scenario, seed, rate, holdMs, engines, topology, only, variants, atOperations } = run;
  const view = await host.openView();
  const events: RunEvent[] = [];
  let outcome: RunResult | undefined;
  let thrown: { readonly error: unknown } | undefined;
  using interrupt = listenForInterrupt({
    process: host.process,
    exit: host.exit,
    onFirst: (signal) => view.say(`${signal}: stopping everything; once more ends it at once`),
  });
  {
    using history = openHistory(folder);
    const emit = (event: RunEvent) => {
      const kept = event.type === 'run-started' ? { ...event, replay: run.replay } : event;
      events.push(kept);
      try {
        history.append(kept);
      } catch (cause) {
        // Thrown into the middle of the engine it would do harm: the run is stopped in order instead.
        interrupt.stop(cannotWrite(folder, cause));
      }
      show(view, kept);
    };
    try {
      outcome = await runScenario({
        ...{ scenario, seed, rate, holdMs, folder, emit },
        run: basename(folder),
        signal: interrupt.signal,
        ...(engines === undefined ? {} : { engines }),
        ...(topology === undefined ? {} : { topology }),
        ...(only === undefined ? {} : { only }),
        ...(atOperations === undefined ? {} : { atOperations }),
        ...(variants === undefined ? {} : { variants }),
      });
    } catch (error) {
      thrown ??= { error };
    }
    endHistory(
      events,
      emit,
      interrupt.signal.aborted && interrupt.failure === undefined,
      interrupt.failure ?? thrown?.error,
    );
  }
  await view.close();
  const refused = thrown?.error instanceof OperatorError && thrown.error.exit === 2;
  const unwritten = leaveReports(host, folder, events, !refused);
  // What ended the run is the cause of what the engine threw, and of reports that could not be written.
  if (interrupt.failure !== undefined) {
    // Where the report could be written, it has said why the run ended.
    if (outcome?.exit === COULD_NOT_JUDGE && unwritten === undefined) return outcome.exit;
    throw interrupt.failure;
  }
  if (thrown !== undefined && !isInterruption(thrown.error, interrupt.signal)) {
    // The engine's own error says more than that its report is missing as well.
    if (unwritten !== undefined) host.stderr.write(`${explain(unwritten)}\n`);
    throw thrown.error;
  }
  if (unwritten !== undefined) throw unwritten;
  return interrupt.signal.aborted ? INTERRUPTED : (outcome?.exit ?? COULD_NOT_JUDGE);
}

function makeFolder(run: RecordedRun, at: Date): string {
  try {
    return createRunFolder(run.reports, run.name, run.seed, at);
  } catch (cause) {
    throw cannotWrite(run.reports, cause);
  }
}

function cannotWrite(folder: string, cause: unknown): OperatorError {
  const full = asDiskFull(cause, { path: folder, neededMb: REPORT_MB });
  if (full !== undefined) return full;
  return new OperatorError({
    code: 'report-not-written',
    message: `cannot write into ${folder}`,
    found: messageOf(cause),
    hint: 'make room there, or name another folder with --report-dir',
    cause,
    exit: 3,
  });
}

/** What shows a run decides nothing, so its failure ends nothing either. */
function show(view: View, event: RunEvent): void {
  try {
    view.show(event);
  } catch (error) {
    view.say(`cannot show ${event.type}: ${messageOf(error)}`);
  }
}

/** An engine that threw may not have said that the run ended; the report must. */
function endHistory(
  events: readonly RunEvent[],
  emit: (event: RunEvent) => void,
  aborted: boolean,
  error: unknown,
): void {
  const started = events.find(({ type }) => type === 'run-started');
  if (started === undefined || events.some(({ type }) => type === 'run-ended')) return;
  const at = Math.max(Date.now(), events.at(-1)?.at ?? 0);
  emit({
    at,
    type: 'run-ended',
    verdict: 'UNKNOWN',
    exit: aborted ? INTERRUPTED : COULD_NOT_JUDGE,
    durationMs: at - started.at,
    reason: error === undefined ? 'the engine ended without a word' : messageOf(error),
  });
}

/** Whether an engine threw because it was told to stop by a person, rather than for a reason of its own. */
function isInterruption(error: unknown, signal: AbortSignal): boolean {
  if (!signal.aborted || signal.reason instanceof OperatorError) return false;
  return (
    error === signal.reason ||
    (error instanceof Error && (error.name === 'AbortError' || error.cause === signal.reason))
  );
}

/** Writes the reports and prints the matrix; nothing where the run never began. The error of what could not be written. */
function leaveReports(
  host: Host,
  folder: string,
  events: readonly RunEvent[],
  print: boolean,
): OperatorError | undefined {
  if (!events.some(({ type }) => type === 'run-started')) return undefined;
  try {
    const report = writeReports(folder, events);
    markLatest(folder);
    if (print) printReport(host, folder, report);
    return undefined;
  } catch (cause) {
    return cannotWrite(folder, cause);
  }
}

/** The matrix, the verdict, and where the reports are. */
export function printReport(host: Pick<Host, 'stdout' | 'env' | 'cwd'>, folder: string, report: Report): void {
  const paint = paintFor(host.stdout, host.env);
  const width = Math.max(60, Math.min(host.stdout.columns ?? 100, 160));
  const shown = visibleIn(report);
  const lines = [
    '',
    ...matrixLines(shown, width, paint),
    '',
    ...closingLines(shown, paint),
    `report: ${shortest(host.cwd, folder)} (${Object.keys(formats).join(', ')})`,
  ];
  host.stdout.write(`${lines.join('\n')}\n`);
}

/** A path as one would type it here: relative, unless that leads out of here. */
function shortest(cwd: string, path: string): string {
  const short = relative(cwd, path) || '.';
  return short.startsWith('..') ? path : short;
}
