import type { Scenario } from '#model/scenario.ts';
import { canonical } from './01-canonical-reference/scenario.ts';

/** Every scenario there is. A new one is a folder and a line here. */
export const scenarios: readonly Scenario[] = [canonical];
