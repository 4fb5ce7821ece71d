// The list of what is in a folder of the cache: by it, one that is whole is told from one that is not. Node 20, no dependency.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Written last, when everything else is there. */
export const MANIFEST = 'complete.json';

/**
 * Size of each file, by its path in the folder.
 * @typedef {Record<string, { size: number }>} Manifest
 */

/**
 * @param {string} folder
 * @returns {string[]} paths of all files
 */
export function filesIn(folder) {
  return readdirSync(folder, { encoding: 'utf8', recursive: true })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile())
    .sort();
}

/**
 * @param {string} folder
 * @param {readonly string[]} paths of files in it
 */
export function writeManifest(folder, paths) {
  /** @type {Manifest} */
  const manifest = {};
  for (const path of paths) manifest[path] = { size: statSync(join(folder, path)).size };
  writeFileSync(join(folder, MANIFEST), JSON.stringify(manifest, undefined, 1));
}

/**
 * What a folder lacks of what its list names: undefined where it is whole.
 * @param {string} folder
 */
export function notWhole(folder) {
  /** @type {Manifest} */
  let manifest;
  try {
    manifest = JSON.parse(readFileSync(join(folder, MANIFEST), 'utf8'));
    if (Object.keys(manifest).length === 0) throw new Error('no files');
  } catch {
    return `nothing complete at ${folder}`;
  }
  for (const [name, expected] of Object.entries(manifest)) {
    const file = join(folder, name);
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) return `${file} is missing`;
    if (size !== expected?.size) return `${file} has ${size} bytes, not ${expected?.size}`;
  }
  return undefined;
}
