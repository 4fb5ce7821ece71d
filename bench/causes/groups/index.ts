import type { Group } from '../planting.ts';
import { canonical } from './canonical.ts';
import { converting } from './converters.ts';
import { retained, truncated } from './faults.ts';
import { crashed, programs, replayed } from './programs.ts';
import { refused } from './refused.ts';
import { rerouted, routing } from './routing.ts';
import { leftOut, sinks } from './sinks.ts';
import { idle, refusedWrites } from './source-side.ts';
import { capture, initialOnly, sharedSlot, snapshots } from './sources.ts';
import { types } from './types.ts';
import { values } from './values.ts';

/** All plantings, in the order in which they run. */
export const GROUPS: readonly Group[] = [
  ...[types, refused, values, sinks, leftOut, converting, routing, rerouted],
  ...[capture, snapshots, initialOnly, sharedSlot, idle, refusedWrites],
  ...[programs, crashed, replayed, truncated, retained, canonical],
];
