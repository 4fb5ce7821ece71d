import type { Defect } from './plain-applier.ts';

/** A sink for which deletes were never switched on. */
export function dropsDeletes(): Defect {
  return { events: (events) => events.filter(({ op }) => op !== 'delete') };
}
