import { existsSync } from 'node:fs';
import { ENGINE_MEMORY_MB, lookForEngine } from '#setup/docker.mjs';
import { OperatorError } from '#std/errors.ts';
import { recordFile } from './docker/record.ts';
import { docker } from './docker/runtime.ts';
import { embedded } from './embedded/runtime.ts';
import type { Runtime, StackOptions } from './runtime.ts';

/** Containers where an engine answers that has room for them and the images are there; processes everywhere else. */
export const auto: Runtime = {
  start: async (options: StackOptions = {}) => ((await takesDocker(options)) ? docker : embedded).start(options),
  places: embedded.places,
};

/** Whether a stack of these options would be made of containers. */
export async function takesDocker(options: StackOptions): Promise<boolean> {
  // A lab that was kept goes on as what it was.
  if (options.kept !== undefined) return existsSync(recordFile(options.kept));
  const found = await lookForEngine();
  if ('why' in found || found.memoryMb < ENGINE_MEMORY_MB) return false;
  const [{ openEngine }, { missingImages }, { imagesOf }] = await Promise.all([
    import('./docker/engine.ts'),
    import('./docker/images.ts'),
    import('./docker/stack.ts'),
  ]);
  try {
    const images = imagesOf(options);
    return (await missingImages(await openEngine(), images)).length === 0;
  } catch (error) {
    // An engine of databases that has no image, or servers that run already.
    if (error instanceof OperatorError) return false;
    throw error;
  }
}
