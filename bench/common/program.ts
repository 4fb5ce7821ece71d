import { explain, OperatorError } from '#std/errors.ts';
import { onRunFailure } from '#std/run-end.ts';

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs a benchmark: Ctrl-C ends it in order (130), an error meant for people is explained (its own exit status). */
export async function runProgram(main: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort(new Error('interrupted')));
  using _failures = onRunFailure((failure) => interrupted.abort(failure));
  try {
    process.exitCode = await main(interrupted.signal);
  } catch (thrown) {
    const { reason } = interrupted.signal;
    const error = reason instanceof OperatorError ? reason : thrown;
    if (interrupted.signal.aborted && error !== reason) {
      process.stderr.write('interrupted\n');
      process.exitCode = 130;
    } else if (error instanceof OperatorError) {
      process.stderr.write(`${explain(error)}\n`);
      process.exitCode = error.exit;
    } else throw error;
  }
}
