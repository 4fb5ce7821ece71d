import type { TableId } from '#model/catalog.ts';
import { type Ends, type PlannedFile, sourceTable } from './ends.ts';
import type { PipelineFile, TableEntry } from './schema.ts';

/** An entry of a mapping, and where it stands in the pipeline file. */
export interface PlacedEntry {
  /** The source's table, with its schema. */
  readonly table: TableId;
  /** As the file names it. */
  readonly name: string;
  readonly entry: string | false | TableEntry;
  readonly place: readonly (string | number)[];
}

type Mapping = NonNullable<PipelineFile['mapping']>;

function placed(ends: Ends, mapping: Mapping | undefined, place: readonly (string | number)[]): PlacedEntry[] {
  return Object.entries(mapping ?? {}).map(([name, entry]) => ({
    table: sourceTable(ends, name),
    name,
    entry,
    place: [...place, name],
  }));
}

type Entered = Pick<PlannedFile, 'file' | 'ends'>;

/** The entries of the file's own mapping. */
export function fileEntries({ ends, file }: Entered): PlacedEntry[] {
  return placed(ends, file.mapping, ['mapping']);
}

/** The entries that a subject's own mapping has. */
export function subjectEntries({ ends, file }: Entered, index: number): PlacedEntry[] {
  return placed(ends, file.subjects?.[index]?.mapping, ['subjects', index, 'mapping']);
}

/** All that holds for a subject: its own entries, and those of the file for tables that it says nothing of. */
export function entriesFor(file: Entered, index: number): PlacedEntry[] {
  const own = subjectEntries(file, index);
  const said = new Set(own.map(({ table }) => table));
  return [...own, ...fileEntries(file).filter(({ table }) => !said.has(table))];
}

export function mappingOf(entries: readonly PlacedEntry[]): Mapping {
  return Object.fromEntries(entries.map(({ table, entry }) => [table, entry]));
}
