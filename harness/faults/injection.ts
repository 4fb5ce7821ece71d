import type { Evidence, Injection } from '#model/fault.ts';

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
