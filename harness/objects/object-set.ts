import { createHash } from 'node:crypto';
import type { TableId } from '#model/catalog.ts';
import type { ObjectFormat } from '#model/pipeline.ts';
import type { ObjectColumn } from './object-column.ts';

/** One object of a set, as the manifest has it. */
export interface ObjectEntry {
  /** Its whole key in the bucket. */
  readonly key: string;
  readonly rows: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a complete set says of itself: written last, so whoever finds it finds everything that it names. */
export interface Manifest {
  readonly version: 1;
  readonly pipeline: string;
  readonly format: ObjectFormat;
  /** The position of the source's log at which all its tables were read. */
  readonly lsn: string;
  readonly started_at: string;
  readonly completed_at: string;
  readonly rows: number;
  readonly tables: readonly {
    readonly table: TableId;
    readonly key: readonly string[];
    readonly columns: readonly ObjectColumn[];
    readonly rows: number;
    readonly objects: readonly ObjectEntry[];
  }[];
}

/** Written first, and taken away last: a set that has it and no manifest is being written, or was never completed. */
export interface Beginning {
  readonly pipeline: string;
  /** The pipeline's mark: whoever finds it knows whether the set is its own. */
  readonly mark: string;
  readonly started_at: string;
}

/** The folder of a pipeline's object sets, with a slash at its end. */
export function setsFolder(prefix: string, pipeline: string): string {
  return `${prefix === '' ? '' : `${prefix}/`}${pipeline}/`;
}

/** The folder of a set that begins at a time: `20261130T144841.123Z`, so that names sort as times do. */
export function setFolder(sets: string, startedAt: Date): string {
  return `${sets}${startedAt.toISOString().replaceAll(/[-:]/g, '')}/`;
}

export const MANIFEST = 'manifest.json';

/** Where the beginnings of sets are noted: a few at most, whatever the number of sets. */
export function beginningsFolder(sets: string): string {
  return `${sets}_unfinished/`;
}

export function beginningKey(sets: string, set: string): string {
  return `${beginningsFolder(sets)}${set.slice(sets.length, -1)}.json`;
}

/** The name of the set whose beginning is noted under a key. */
export function setName(beginning: string): string {
  return beginning.slice(beginning.lastIndexOf('/') + 1).replace(/\.json$/, '');
}

/** The n-th object of a table in a set. */
export function objectKey(folder: string, table: TableId, n: number, format: ObjectFormat): string {
  return `${folder}${table.replaceAll('/', '%2F')}/part-${String(n).padStart(5, '0')}.${format}`;
}

/** The record with which an object of changes begins. */
export interface FirstRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/**
 * An object of changes, named by what it begins with: whoever writes the same records again writes over it, and doubles nothing.
 * Offsets have as many digits as they can need, so that names sort as they do.
 */
export function changesKey(sets: string, table: TableId, from: FirstRecord, format: ObjectFormat = 'jsonl'): string {
  const place = `${from.topic}+${from.partition}+${String(from.offset).padStart(19, '0')}`;
  return `${tableChanges(sets, table)}${place}.${format}`;
}

/** The folder of a table's changes, with a slash at its end. */
export function tableChanges(sets: string, table: TableId): string {
  return `${changesFolder(sets)}${table.replaceAll('/', '%2F')}/`;
}

/** The table whose changes are below a key. */
export function tableOfChanges(sets: string, key: string): TableId {
  const [folder = ''] = key.slice(changesFolder(sets).length).split('/');
  return folder.replaceAll('%2F', '/');
}

/** Where the changes of a pipeline are, a folder a table. */
export function changesFolder(sets: string): string {
  return `${sets}changes/`;
}

export function entryOf(key: string, rows: number, body: Uint8Array): ObjectEntry {
  return { key, rows, bytes: body.byteLength, sha256: createHash('sha256').update(body).digest('hex') };
}
