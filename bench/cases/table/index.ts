import type { Situation } from '../situation.ts';
import { keys } from './keys.ts';
import { layout } from './layout.ts';
import { types } from './types.ts';

/** All situations, in the order in which they run. */
export const SITUATIONS: readonly Situation[] = [...types, ...layout, ...keys];
