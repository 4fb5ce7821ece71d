import { BROKER_WORDS } from './broker-words.ts';
import { CAPTURE } from './capture.ts';
import { CLOCKS } from './clock.ts';
import { CONNECTORS, STATES } from './connect.ts';
import { CONVERTERS } from './converters.ts';
import type { SetUpEntry } from './entry.ts';
import { IDENTITY } from './identity.ts';
import { TOPICS, WORKERS_TOPICS } from './kafka.ts';
import { MANAGER } from './manager.ts';
import { SOURCE_REACH, TARGET_REACH } from './reach.ts';
import { REFERENCES } from './references.ts';
import { RETAINED } from './retained.ts';
import { SHARED } from './shared.ts';
import { STREAM } from './stream.ts';
import { TABLES } from './tables.ts';
import { TARGET } from './target.ts';
import { TIMES } from './times.ts';
import { WAITS } from './waits.ts';
import { WORDS } from './words.ts';

/** In the order in which a start needs them: what must work first comes first. */
export const SET_UP_CAUSES: readonly SetUpEntry[] = [
  ...REFERENCES,
  ...SOURCE_REACH,
  ...TARGET_REACH,
  ...TABLES,
  ...TARGET,
  ...CAPTURE,
  ...WAITS,
  ...SHARED,
  ...STREAM,
  ...IDENTITY,
  ...RETAINED,
  ...CONNECTORS,
  ...TOPICS,
  ...WORDS,
  ...BROKER_WORDS,
  ...CONVERTERS,
  ...STATES,
  ...MANAGER,
  ...WORKERS_TOPICS,
  ...TIMES,
  ...CLOCKS,
];
