import { embeddedPlaces } from '../embedded/places.ts';
import type { Runtime, StackOptions } from '../runtime.ts';

/** Servers as containers of a Docker engine of this machine. What talks to it is loaded when it is used. */
export const docker: Runtime = {
  async start(options: StackOptions = {}) {
    const { startDockerStack } = await import('./stack.ts');
    return startDockerStack(options);
  },
  // The engine's own disk is not ours to measure: a lab's folder and its logs are here.
  places: embeddedPlaces,
};
