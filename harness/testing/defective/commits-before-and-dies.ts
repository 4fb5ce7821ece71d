import type { Defect } from './plain-applier.ts';

/** Its offsets are committed when it dies, and what they stand for is not applied. */
export function commitsBeforeAndDies(): Defect {
  return { diesOver: (events) => events.some(({ op }) => op === 'create') };
}
