import type { SetUpWatch } from '#model/workload.ts';
import { OperatorError } from '#std/errors.ts';

/** A statement of an SQL text: where it begins and ends in it, without what stands before it. */
export interface Statement {
  readonly start: number;
  readonly end: number;
  readonly sql: string;
}

/** A quote, comment or body that is opened and never closed, and where. */
export interface Unclosed {
  readonly what: string;
  readonly start: number;
}

/** A file's text, and its statements. */
export interface ParsedFile {
  readonly file: string;
  readonly text: string;
  readonly statements: readonly Statement[];
}

const TELL_EVERY_MS = 1000;
const SHOWN = 200;

/**
 * Runs SQL files in their order, each by `run` in a session of its own, as a dump's settings are for the rest of it. `run` says
 * which statement is next, and throws once the signal is aborted and the server works on none of them any more. Throws what
 * `run` throws, the watch's reason, or an OperatorError (`sql-too-long`) for files that take longer than the watch allows.
 */
export async function runFiles(
  files: readonly ParsedFile[],
  watch: SetUpWatch,
  run: (file: ParsedFile, signal: AbortSignal, onNext: (index: number) => void) => Promise<void>,
): Promise<void> {
  const signal = AbortSignal.any([watch.signal, AbortSignal.timeout(watch.limitMs)]);
  const started = performance.now();
  for (const one of files) {
    signal.throwIfAborted();
    let at = 0;
    const where = (): string => `${one.file}:${lineAt(one.text, one.statements[at]?.start ?? 0)}`;
    const tell = (): void =>
      watch.onWait?.({
        what: `${one.file} to be run`,
        waitedMs: performance.now() - started,
        limitMs: watch.limitMs,
        saw: `statement ${at + 1} of ${one.statements.length}, ${where()}`,
      });
    const ticker = setInterval(tell, TELL_EVERY_MS);
    try {
      await run(one, signal, (next) => {
        at = next;
      });
    } catch (error) {
      if (!signal.aborted) throw error;
      throw watch.signal.aborted ? watch.signal.reason : tooLong(where(), watch.limitMs, one.statements[at]);
    } finally {
      clearInterval(ticker);
    }
  }
}

function tooLong(where: string, limitMs: number, statement: Statement | undefined): OperatorError {
  return new OperatorError({
    code: 'sql-too-long',
    message: `${where}: this SQL was still running after ${limitMs / 1000} s, and was cancelled`,
    expected: 'files that set the tables up within the limit',
    found: statement?.sql.split('\n')[0]?.slice(0, SHOWN) ?? 'nothing',
    hint: 'give it more time with --setup-limit SECONDS, or take fewer rows: a few in each table are enough',
  });
}

/** For what is opened in a file and never closed; `waits` is what shows the same. */
export function neverClosed(file: string, text: string, { what, start }: Unclosed, waits: string): OperatorError {
  return new OperatorError({
    code: 'sql-unclosed',
    message: `${file}:${lineAt(text, start)}: ${what} begins here and is never closed`,
    found: lineOf(text, start),
    hint: `${waits} waits for the same end`,
  });
}

/** The number of the line in which an index of the text lies. */
export function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}

/** That line. */
export function lineOf(text: string, index: number): string {
  const from = text.lastIndexOf('\n', Math.max(0, index - 1)) + 1;
  const to = text.indexOf('\n', Math.max(index, from));
  return text
    .slice(from, to === -1 ? undefined : to)
    .trim()
    .slice(0, SHOWN);
}
