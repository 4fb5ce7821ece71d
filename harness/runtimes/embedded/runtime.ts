import type { Runtime } from '../runtime.ts';
import { embeddedPlaces } from './places.ts';
import { startEmbeddedStack } from './stack.ts';

/** Servers as child processes of this one: needs Java, and what the set-up has fetched. */
export const embedded: Runtime = { start: startEmbeddedStack, places: embeddedPlaces };
