import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import type { OwnPlugins, PluginClass } from '#model/stack.ts';
import { archivesOf, classFile, pluginsIn, unzipped } from '#std/plugin-archives.ts';

/** Connect's interfaces, under which it looks for a plugin's classes in the service files of jars. */
const SERVICES: Readonly<Record<PluginClass['kind'], string>> = {
  source: 'org.apache.kafka.connect.source.SourceConnector',
  sink: 'org.apache.kafka.connect.sink.SinkConnector',
  transform: 'org.apache.kafka.connect.transforms.Transformation',
  predicate: 'org.apache.kafka.connect.transforms.predicates.Predicate',
  converter: 'org.apache.kafka.connect.storage.Converter',
  'header-converter': 'org.apache.kafka.connect.storage.HeaderConverter',
};

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
    const own = archivesOf(parts);
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

/** Service files for the classes that are in one of the jars and in no service file of any. */
function missingServices(jars: readonly string[], classes: readonly PluginClass[]): Record<string, Uint8Array> {
  const wanted = new Map(classes.map(({ name, kind }) => [classFile(name), { name, kind }]));
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
