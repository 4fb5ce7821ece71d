import type { CauseEntry } from '../entry.ts';
import { ALTERED } from './altered.ts';
import { APPLIERS } from './appliers.ts';
import { CONVERTERS } from './converters.ts';
import { PUBLICATION } from './publication.ts';
import { REFUSED } from './refused.ts';
import { SINK_KEYS } from './sink-keys.ts';
import { SINK_PROPERTIES } from './sink-properties.ts';
import { SINK_TYPES } from './sink-types.ts';
import { SOURCE_PROPERTIES } from './source-properties.ts';
import { TRANSFORMS } from './transforms.ts';
import { VALUES } from './values.ts';

/** The table of causes, from the particular to the general: among equals the first is named first. */
export const CAUSES: readonly CauseEntry[] = [
  ...ALTERED,
  ...SINK_TYPES,
  ...CONVERTERS,
  ...SINK_KEYS,
  ...REFUSED,
  ...PUBLICATION,
  ...SOURCE_PROPERTIES,
  ...TRANSFORMS,
  ...SINK_PROPERTIES,
  ...APPLIERS,
  ...VALUES,
];
