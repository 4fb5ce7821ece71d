import { explain, OperatorError } from '#std/errors.ts';

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs a benchmark: Ctrl-C ends it in order (130), an error meant for people is explained (its own exit status). */
export async function runProgram(main: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => interrupted.abort(new Error('interrupted')));
  try {
    process.exitCode = await main(interrupted.signal);
  } catch (error) {
    if (interrupted.signal.aborted) {
      process.stderr.write('interrupted\n');
      process.exitCode = 130;
    } else if (error instanceof OperatorError) {
      process.stderr.write(`${explain(error)}\n`);
      process.exitCode = error.exit;
    } else throw error;
  }
}
