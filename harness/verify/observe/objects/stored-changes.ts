import type { TableId } from '#model/catalog.ts';
import type { ObjectsSink } from '#model/pipeline.ts';
import { isBookkeeping, type Row, type Text } from '#model/values.ts';
import { textsOfLine } from '#objects/json-lines.ts';
import { messageOf } from '#std/errors.ts';

/** A change as an object has it. */
export interface StoredChange {
  /** The key of the object. */
  readonly object: string;
  readonly op: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The position in the source's log, as its engine writes it. */
  readonly lsn: Text;
  /** The columns that it has a value of. */
  readonly row: Row;
  /** The columns that begin with `_cdc_`. */
  readonly bookkeeping: Row;
}

/** The changes of each table, in the order in which a reader comes by them: object by object, line by line. */
export type StoredChanges = ReadonlyMap<TableId, readonly StoredChange[]>;

interface Known {
  readonly version: string;
  readonly changes: readonly StoredChange[];
}

/** Objects that were read before are not read again until they are written anew. */
const KNOWN = new WeakMap<ObjectsSink, Map<string, Known>>();

/** Reads all objects of a sink. Throws for one that cannot be read, or has rows without the columns of a change. */
export async function readStoredChanges(sink: ObjectsSink, signal?: AbortSignal): Promise<StoredChanges> {
  const known = KNOWN.get(sink) ?? new Map<string, Known>();
  KNOWN.set(sink, known);
  const listed = new Set<string>();
  const tables = new Map<TableId, StoredChange[]>();
  for await (const { key, version } of sink.list(signal)) {
    let object = known.get(key);
    if (object?.version !== version) {
      const body = await sink.get(key, signal);
      if (body === undefined) continue;
      object = { version, changes: await changesIn(sink, key, body) };
      known.set(key, object);
    }
    listed.add(key);
    const id = sink.tableOf(key);
    const changes = tables.get(id) ?? [];
    tables.set(id, changes);
    for (const change of object.changes) changes.push(change);
  }
  for (const key of known.keys()) if (!listed.has(key)) known.delete(key);
  return tables;
}

async function changesIn(sink: ObjectsSink, key: string, body: Uint8Array): Promise<readonly StoredChange[]> {
  if (sink.rows === undefined) return parsed(key, body);
  const rows = await sink.rows(key, body);
  return rows.map((row, index) => {
    try {
      return changeOf(key, row);
    } catch (error) {
      throw new Error(`row ${index + 1} of ${key} is no change: ${messageOf(error)}`, { cause: error });
    }
  });
}

function parsed(key: string, body: Uint8Array): StoredChange[] {
  const lines = Buffer.from(body).toString().split('\n');
  return lines.flatMap((line, index) => {
    if (line === '') return [];
    try {
      return [changeOf(key, textsOfLine(line))];
    } catch (error) {
      throw new Error(`line ${index + 1} of ${key} is no change: ${messageOf(error)}`, { cause: error });
    }
  });
}

function changeOf(object: string, texts: Row): StoredChange {
  const needed = (name: string): string => {
    const text = texts[name];
    if (typeof text !== 'string') throw new Error(`it has no ${name}`);
    return text;
  };
  const entries = Object.entries(texts);
  return {
    object,
    op: needed('_cdc_op'),
    topic: needed('_cdc_topic'),
    partition: Number(needed('_cdc_partition')),
    offset: BigInt(needed('_cdc_offset')),
    lsn: texts._cdc_lsn ?? null,
    row: Object.fromEntries(entries.filter(([name]) => !isBookkeeping(name))),
    bookkeeping: Object.fromEntries(entries.filter(([name]) => isBookkeeping(name))),
  };
}
