import type { Stack } from '#model/stack.ts';
import type { Place } from '#std/disk-full.ts';
import { embeddedPlaces } from './embedded/places.ts';
import { type EmbeddedOptions, startEmbeddedStack } from './embedded/stack.ts';

export type RuntimeOptions = EmbeddedOptions;

/** How a stack can be run. A new runtime is a folder beside `embedded/` and a line here. */
export const RUNTIMES: Readonly<Record<string, (options?: RuntimeOptions) => Promise<Stack>>> = {
  embedded: startEmbeddedStack,
};

/** Where the stacks of a runtime write on this machine, and how much room they need there. */
export const RUNTIME_PLACES: Readonly<Record<string, () => readonly Place[]>> = { embedded: embeddedPlaces };
