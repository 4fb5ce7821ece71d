import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { unzipSync } from 'fflate';
import { messageOf, OperatorError } from './errors.ts';

const ARCHIVE = /\.(jar|zip)$/i;

/** A plugin: its folder, and what is in it. */
export interface PluginFiles {
  readonly of: string;
  readonly files: readonly string[];
}

/** The plugins in a folder that was named as one, or as one of several: it is one where it has jars, and holds them where it has none. */
export function pluginsIn(named: string): PluginFiles[] {
  const folder = resolve(named);
  const entries = entriesOf(folder);
  if (entries.some((entry) => isArchive(entry))) return [{ of: folder, files: entries }];
  return entries.filter(isFolder).map((plugin) => ({ of: plugin, files: entriesOf(plugin) }));
}

/** What is in a folder, by its path. A link to what is not there is nothing, here as for Connect. */
function entriesOf(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => existsSync(path));
}

function isFolder(path: string): boolean {
  return statSync(path).isDirectory();
}

function isArchive(path: string): boolean {
  return ARCHIVE.test(path) && !isFolder(path);
}

/** A plugin's archives, at any depth. */
export function archivesOf({ of, files }: PluginFiles): string[] {
  return archivesIn(files, new Set([realpathSync(of)]));
}

/** `seen` are folders that need not be looked into again, as they really are: links may lead back to where they are. */
function archivesIn(files: readonly string[], seen: Set<string>): string[] {
  return files.flatMap((file) => {
    if (!isFolder(file)) return ARCHIVE.test(file) ? [file] : [];
    const real = realpathSync(file);
    if (seen.has(real)) return [];
    seen.add(real);
    return archivesIn(entriesOf(file), seen);
  });
}

/** What the filter takes of an archive. Throws an OperatorError (`plugin-unreadable`) for one that cannot be read. */
export function unzipped(
  jar: string,
  filter: (file: { readonly name: string }) => boolean,
): Record<string, Uint8Array> {
  try {
    return unzipSync(readFileSync(jar), { filter });
  } catch (cause) {
    throw new OperatorError({
      code: 'plugin-unreadable',
      message: `${jar}: this plugin's archive cannot be read`,
      expected: 'a jar or zip file that is whole',
      found: messageOf(cause),
      hint: 'download or build it again; it may be cut off, or a page that says why it could not be downloaded',
      cause,
    });
  }
}

/** Where a class is in the archive that has it. */
export function classFile(name: string): string {
  return `${name.replaceAll('.', '/')}.class`;
}

/**
 * Whether an archive of a plugin in these folders has a class. The archives are read when that is first asked, and once. Throws
 * like {@link unzipped}.
 */
export function classesIn(folders: readonly string[]): (name: string) => boolean {
  let files: Set<string> | undefined;
  return (name) => {
    files ??= new Set(folders.flatMap(pluginsIn).flatMap(archivesOf).flatMap(filesIn));
    return files.has(classFile(name));
  };
}

function filesIn(archive: string): string[] {
  const names: string[] = [];
  unzipped(archive, ({ name }) => {
    names.push(name);
    return false;
  });
  return names;
}
