import type { Defect } from './plain-applier.ts';

/** A retry that gives up, a rate limit, a sampling left switched on: now and then an update is not applied. */
export function dropsEveryThirdUpdate(): Defect {
  let updates = 0;
  return { events: (events) => events.filter(({ op }) => op !== 'update' || ++updates % 3 !== 0) };
}
