import type { CauseEntry } from '../entry.ts';
import { ALTERED } from './altered.ts';
import { APPLIERS } from './appliers.ts';
import { BINLOG } from './binlog.ts';
import { CHANGE_TABLES } from './change-tables.ts';
import { CONVERTERS } from './converters.ts';
import { FAN_IN } from './fan-in.ts';
import { NETWORK } from './network.ts';
import { OBJECTS } from './objects.ts';
import { PUBLICATION } from './publication.ts';
import { REFUSED } from './refused.ts';
import { REGISTRY } from './registry.ts';
import { REPLICAS } from './replicas.ts';
import { ROUTING } from './routing.ts';
import { SCHEMA_CHANGES } from './schema-changes.ts';
import { SINK_KEYS } from './sink-keys.ts';
import { SINK_PROPERTIES } from './sink-properties.ts';
import { SINK_TYPES } from './sink-types.ts';
import { SLOTS } from './slots.ts';
import { SNAPSHOTS } from './snapshots.ts';
import { SOURCE_PROPERTIES } from './source-properties.ts';
import { TRANSFORMS } from './transforms.ts';
import { VALUES } from './values.ts';
import { WARNINGS } from './warnings.ts';
import { WORKERS } from './workers.ts';

/** The table of causes, from the particular to the general: among equals the first is named first. */
export const CAUSES: readonly CauseEntry[] = [
  ...ALTERED,
  ...SINK_TYPES,
  ...REGISTRY,
  ...CONVERTERS,
  ...OBJECTS,
  ...FAN_IN,
  ...SINK_KEYS,
  ...ROUTING,
  ...SCHEMA_CHANGES,
  ...REFUSED,
  ...PUBLICATION,
  ...SLOTS,
  ...BINLOG,
  ...CHANGE_TABLES,
  ...REPLICAS,
  ...WORKERS,
  ...SNAPSHOTS,
  ...SOURCE_PROPERTIES,
  ...TRANSFORMS,
  ...SINK_PROPERTIES,
  ...NETWORK,
  ...APPLIERS,
  ...VALUES,
  ...WARNINGS,
];
