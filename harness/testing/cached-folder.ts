import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '#setup/layout.mjs';

/**
 * A folder of the user's cache, made once. `make` gets an empty folder beside it and returns what of it is to be kept. That
 * is put in place in one step: nobody finds half of it.
 */
export async function cachedFolder(name: string, make: (fresh: string) => Promise<string>): Promise<string> {
  const folder = join(cacheRoot(), name);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(fresh, { recursive: true });
  try {
    const made = await make(fresh);
    // Another may have been quicker.
    if (!existsSync(folder)) renameSync(made, folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}
