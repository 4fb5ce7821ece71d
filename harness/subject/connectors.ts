import type { OwnConnector } from '#model/pipeline.ts';
import { OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { type FoundConnector, inlineConnectors, readConnectors } from './connector-file.ts';
import type { ReadFile } from './read-file.ts';
import type { ConnectorEntry } from './schema.ts';

type Place = readonly (string | number)[];

/** A connector that a pipeline file names or holds. */
export interface PlacedConnector extends OwnConnector {
  /** `pipeline.yaml:12`: where it is named. */
  readonly at: string;
}

/**
 * The connectors at a place of a pipeline file: a file's name, properties, or a list of them. `wanted` says which are meant
 * where a file holds sources and sinks: a sink is known by its topics. Throws an OperatorError with file and line.
 */
export function connectorsAt(
  read: ReadFile,
  entry: ConnectorEntry | readonly ConnectorEntry[] | undefined,
  place: Place,
  wanted: 'source' | 'sink',
): PlacedConnector[] {
  if (entry === undefined) return [];
  const entries = isList(entry) ? entry : [entry];
  return entries.flatMap((one, index) => {
    const spot = isList(entry) ? [...place, index] : place;
    return typeof one === 'string' ? fromFile(read, one, spot, wanted) : fromEntry(read, one, spot);
  });
}

function isList(entry: ConnectorEntry | readonly ConnectorEntry[]): entry is readonly ConnectorEntry[] {
  return Array.isArray(entry);
}

function fromEntry(read: ReadFile, entry: Readonly<Record<string, unknown>>, place: Place): PlacedConnector[] {
  const found = inlineConnectors(entry, (part) => read.at([...place, ...part]));
  return found.map((one) => ({
    ...{ name: nameOf(one), config: one.config, at: read.at(place) },
    file: `${read.path}${one.name === undefined ? '' : `#${one.name}`}`,
  }));
}

function fromFile(read: ReadFile, named: string, place: Place, wanted: 'source' | 'sink'): PlacedConnector[] {
  const at = read.at(place);
  const [, file = named, chosen] = /^(.+\.(?:ya?ml|json))#(.+)$/i.exec(named) ?? [];
  const all = readConnectors(read.text(file, place), file, at);
  const meant = chosen === undefined ? ofKind(all, wanted) : all.filter(({ name }) => name === chosen);
  if (meant.length === 0) throw noneOfName(file, chosen ?? '', all, at);
  return meant.map((one) => ({
    ...{ name: nameOf(one), config: one.config, at },
    file: all.length === 1 || one.name === undefined ? file : `${file}#${one.name}`,
  }));
}

function ofKind(all: readonly FoundConnector[], wanted: 'source' | 'sink'): readonly FoundConnector[] {
  const found = all.filter(
    ({ config }) => ((config.topics ?? config['topics.regex'] ?? undefined) !== undefined) === (wanted === 'sink'),
  );
  // A single one is what was meant, whatever it looks like.
  return found.length === 0 ? all : found;
}

/** Connect's name of it, as far as a name may be part of others. */
function nameOf({ name }: FoundConnector): string {
  return (name ?? 'connector').replaceAll(/[^\w.-]/g, '-');
}

function noneOfName(file: string, name: string, all: readonly FoundConnector[], at: string): OperatorError {
  const names = all.flatMap((one) => one.name ?? []);
  const meant = nearest(name, names);
  return new OperatorError({
    code: 'connector-file',
    message: `${at}: ${file} has no connector ${JSON.stringify(name)}`,
    expected: names.length === 0 ? 'a file whose connectors have names' : `one of ${names.join(', ')}`,
    found: name,
    ...(meant.length === 0 ? {} : { hint: `did you mean ${meant.join(' or ')}?` }),
  });
}
