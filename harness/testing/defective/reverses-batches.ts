import type { Defect } from './plain-applier.ts';

/** A stack where a queue was meant. */
export function reversesBatches(): Defect {
  return { events: (events) => events.toReversed() };
}
