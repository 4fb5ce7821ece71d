import { SetupProblem } from '#setup/problem.mjs';
import { OperatorError } from '#std/errors.ts';

/** The set-up's own error as one of the program's; anything else as it is. */
export function asOwnError(thrown: unknown): unknown {
  if (!(thrown instanceof SetupProblem)) return thrown;
  const { message, expected, found, fix } = thrown;
  return new OperatorError({ code: 'set-up-failed', message, expected, found, hint: fix, cause: thrown, exit: 3 });
}
