import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { VariantSpec } from '#model/pipeline.ts';
import type { OwnPlugins, PluginClass } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import type { ReadFile } from './read-file.ts';

type Config = Readonly<Record<string, string>>;

/** What a property of a connector's configuration names, where it names a class that Connect looks for in plugins. */
const PROPERTIES: readonly (readonly [RegExp, PluginClass['kind']])[] = [
  [/^transforms\.[^.]+\.type$/, 'transform'],
  [/^predicates\.[^.]+\.type$/, 'predicate'],
  [/^(key|value)\.converter$/, 'converter'],
  [/^header\.converter$/, 'header-converter'],
];

/** The folders that a pipeline file names as plugins, and the classes that its connectors' configurations name. */
export function ownPlugins(
  folders: readonly string[],
  sources: readonly { readonly config: Config }[],
  variants: Readonly<Record<string, VariantSpec>>,
): OwnPlugins {
  return {
    folders,
    classes: [
      ...sources.flatMap(({ config }) => classesIn(config, 'source')),
      ...Object.values(variants).flatMap(({ connectors = [] }) =>
        connectors.flatMap(({ config }) => classesIn(config, 'sink')),
      ),
    ],
  };
}

/** The folders that a pipeline file names as plugins. Throws an OperatorError (`file-missing`) for one that is not there. */
export function pluginFolders(read: ReadFile): string[] {
  const { plugins = [] } = read.file;
  return (typeof plugins === 'string' ? [plugins] : plugins).map((named) => pluginFolder(read, named));
}

function pluginFolder({ folder, at }: ReadFile, named: string): string {
  const path = resolve(folder, named);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return path;
  throw new OperatorError({
    code: 'file-missing',
    message: `${at(['plugins'])}: ${found === undefined ? `there is no folder ${named}` : `${named} is a file, and plugins are named by their folders`}`,
    expected: `a folder at ${found === undefined ? path : dirname(path)} with a plugin's jars, or with a folder for each plugin`,
    hint: found === undefined ? 'paths are relative to the pipeline file' : 'name the folder that it is in',
  });
}

/** The classes that a connector's configuration names in full. */
function classesIn(config: Config, connector: 'source' | 'sink'): PluginClass[] {
  return Object.entries(config).flatMap(([property, name]) => {
    const kind =
      property === 'connector.class' ? connector : PROPERTIES.find(([pattern]) => pattern.test(property))?.[1];
    return kind !== undefined && name.includes('.') ? [{ name, kind }] : [];
  });
}
