import type { Evidence, Injection } from '#model/fault.ts';
import { messageOf, OperatorError } from '#std/errors.ts';

/** An {@link Injection} whose heal runs once, however often it is asked for. */
export function injection(parts: { heal(): Promise<void>; evidence(): Promise<Evidence> | Evidence }): Injection {
  let healed: Promise<void> | undefined;
  const heal = (): Promise<void> => {
    healed ??= parts.heal();
    return healed;
  };
  return {
    heal,
    evidence: async () => parts.evidence(),
    [Symbol.asyncDispose]: heal,
  };
}

/** The injection of a fault that is over as soon as it has happened. */
export function spent(evidence: () => Promise<Evidence> | Evidence): Injection {
  return injection({ heal: async () => {}, evidence });
}

/**
 * What a fault does on its way in. Where that throws there is no injection that could be healed: it is undone before it
 * is thrown on, or what was done of it would be blamed on whoever it was done to.
 */
export async function orUndo<T>(undo: () => Promise<void>, inject: () => Promise<T>): Promise<T> {
  try {
    return await inject();
  } catch (error) {
    await undo().catch((unmended: unknown) => {
      // What was aborted starts no server again: whoever aborted it ends them all, or mends them.
      if (unmended === error) return;
      // A connector that fails as soon as it goes on is a finding about that connector, for the verdict to tell.
      if (unmended instanceof OperatorError && unmended.code === 'connector-failed') return;
      throw new Error(`${messageOf(error)}; and it could not be undone: ${messageOf(unmended)}`, { cause: error });
    });
    throw error;
  }
}

/** For what is undone: an aborted signal would refuse it, and leave a connector or a consumer standing. */
export function unaborted(signal: AbortSignal): AbortSignal | undefined {
  return signal.aborted ? undefined : signal;
}
