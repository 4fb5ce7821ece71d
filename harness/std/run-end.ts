import { asDiskFull } from './disk-full.ts';
import { messageOf, OperatorError } from './errors.ts';
import { asSystemError } from './system-error.ts';

type Listener = (failure: OperatorError) => void;

const listeners = new Set<Listener>();

/**
 * Called with what must end the work of this process in order: an error that nobody awaits, from an event handler, a
 * stream, a timer or a forgotten promise. Disposal stops listening.
 */
export function onRunFailure(listener: Listener): Disposable {
  listeners.add(listener);
  return { [Symbol.dispose]: () => void listeners.delete(listener) };
}

/**
 * Ends whatever run is going on here, with the reason: what an event handler calls instead of throwing, because nothing
 * would catch it there. The run's result is UNKNOWN, exit status 3. Throws where nothing is going on.
 */
export function endRun(thrown: unknown): void {
  const failure = asFailure(thrown);
  if (listeners.size === 0) throw failure;
  for (const listener of [...listeners]) listener(failure);
}

/** An error of any origin as one that ends a run: for people as it is, a full disk by its place, all else as a bug. */
export function asFailure(thrown: unknown): OperatorError {
  if (thrown instanceof OperatorError) return thrown;
  return asDiskFull(thrown) ?? asSystemError(thrown) ?? bug(thrown);
}

function bug(thrown: unknown): OperatorError {
  return new OperatorError({
    code: 'bug',
    message: `an unexpected error ended it: ${messageOf(thrown)}`,
    ...(thrown instanceof Error && thrown.stack !== undefined ? { found: thrown.stack } : {}),
    hint: 'this is a bug of driftlab: report it with these lines',
    cause: thrown,
    exit: 3,
  });
}

/**
 * Has errors that nothing catches end the run in order; `atOnce` is called where none is going on, and where its end
 * takes longer than `limitMs`.
 */
export function catchUncaught(
  source: Pick<NodeJS.Process, 'on'>,
  atOnce: (failure: OperatorError) => void,
  limitMs = 60_000,
): void {
  const end = (thrown: unknown): void => {
    const failure = asFailure(thrown);
    if (listeners.size === 0) atOnce(failure);
    else {
      setTimeout(() => atOnce(failure), limitMs).unref();
      endRun(failure);
    }
  };
  source.on('uncaughtException', end);
  source.on('unhandledRejection', end);
}
