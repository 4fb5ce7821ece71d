import type { Defect } from './plain-applier.ts';

/** Inserts blindly, and has committed nothing when its partitions are dealt out again. */
export function appliesTwiceAfterRebalance(): Defect {
  return { blind: true, forgetsPosition: true };
}
