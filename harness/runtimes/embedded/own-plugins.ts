import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { strToU8, unzipSync, zipSync } from 'fflate';
import type { OwnPlugins, PluginClass } from '#model/stack.ts';
import { messageOf, OperatorError } from '#std/errors.ts';

/** Connect's interfaces, under which it looks for a plugin's classes in the service files of jars. */
const SERVICES: Readonly<Record<PluginClass['kind'], string>> = {
  source: 'org.apache.kafka.connect.source.SourceConnector',
  sink: 'org.apache.kafka.connect.sink.SinkConnector',
  transform: 'org.apache.kafka.connect.transforms.Transformation',
  predicate: 'org.apache.kafka.connect.transforms.predicates.Predicate',
  converter: 'org.apache.kafka.connect.storage.Converter',
  'header-converter': 'org.apache.kafka.connect.storage.HeaderConverter',
};

const ARCHIVE = /\.(jar|zip)$/i;

/**
 * Makes of folders that were named as plugins what Connect takes for a `plugin.path`, and returns its path: one folder for
 * each plugin, with links to its files. A folder with jars is a plugin; one without holds plugins. Older plugins lack the
 * service files by which Connect finds classes without looking into every one of them, which takes a minute: those of
 * `classes` that a plugin has and does not name are named by a jar beside it. Nothing is written where the plugins are.
 * The plugins in the folder `usual` are there as well, except for those that one of the named has at a version of its own.
 * Throws an OperatorError (`plugin-unreadable`) that names an archive which cannot be read.
 */
export function linkPlugins(into: string, usual: string, { folders, classes }: OwnPlugins): string {
  const path = join(into, 'plugins');
  mkdirSync(path, { recursive: true });
  const archives: string[] = [];
  for (const [place, parts] of folders.flatMap(pluginsIn).entries()) {
    const plugin = join(path, `${place + 1}-${basename(parts.of)}`);
    mkdirSync(plugin);
    for (const file of parts.files) symlinkSync(file, join(plugin, basename(file)));
    const own = archivesIn(parts.files, new Set([realpathSync(parts.of)]));
    archives.push(...own);
    const services = missingServices(own, classes);
    if (Object.keys(services).length > 0) writeFileSync(join(plugin, 'driftlab-services.jar'), zipSync(services));
  }
  for (const name of readdirSync(usual))
    if (!archives.some((archive) => isVersionOf(name, basename(archive))))
      symlinkSync(join(usual, name), join(path, name));
  return path;
}

/** Whether a jar is of the plugin of that name: `debezium-connector-postgres-3.5.0.Final.jar`. */
function isVersionOf(plugin: string, jar: string): boolean {
  return jar.startsWith(`${plugin}-`) && /^\d/.test(jar.slice(plugin.length + 1));
}

interface PluginFiles {
  readonly of: string;
  readonly files: readonly string[];
}

function pluginsIn(named: string): PluginFiles[] {
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

function unzipped(jar: string, filter: (file: { readonly name: string }) => boolean): Record<string, Uint8Array> {
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

/** Service files for the classes that are in one of the jars and in no service file of any. */
function missingServices(jars: readonly string[], classes: readonly PluginClass[]): Record<string, Uint8Array> {
  const wanted = new Map(classes.map(({ name, kind }) => [`${name.replaceAll('.', '/')}.class`, { name, kind }]));
  const present: PluginClass[] = [];
  const named = new Set<string>();
  for (const jar of jars)
    unzipped(jar, ({ name }) => {
      const found = wanted.get(name);
      if (found !== undefined) present.push(found);
      return false;
    });
  if (present.length === 0) return {};
  for (const jar of jars)
    for (const [file, content] of Object.entries(
      unzipped(jar, ({ name }) => name.startsWith('META-INF/services/org.apache.kafka.')),
    ))
      for (const line of new TextDecoder().decode(content).split('\n'))
        named.add(`${basename(file)} ${line.replace(/#.*/, '').trim()}`);
  const lines = new Map<string, string[]>();
  for (const { name, kind } of present) {
    const service = SERVICES[kind];
    if (!named.has(`${service} ${name}`)) lines.set(service, [...(lines.get(service) ?? []), name]);
  }
  return Object.fromEntries(
    [...lines].map(([service, names]) => [`META-INF/services/${service}`, strToU8(`${names.join('\n')}\n`)]),
  );
}
