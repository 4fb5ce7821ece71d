import type { Defect } from './plain-applier.ts';

/** A list of columns made once. */
export function ignoresNewColumns(): Defect {
  return { ignoresColumns: true };
}
