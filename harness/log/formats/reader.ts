import type { SchemaSource } from '#model/registered-schema.ts';
import { OperatorError } from '#std/errors.ts';
import { Undecodable } from '../wire.ts';
import type { ColumnTypes, NameSource } from './column-types.ts';
import type { WrittenSchema } from './format.ts';
import { jsonFormat } from './json.ts';
import { namedSchemas } from './named.ts';
import { renaming } from './names.ts';
import { plainFormat } from './plain.ts';
import { HEADER_BYTES, type RegisteredOptions, type RegisteredSchemas, registeredSchemas } from './registered.ts';

/** Keys and values of a record; the other fields of a record are nobody's business here. */
interface Bytes {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Reads keys and values in any format: each record says itself which one it is in. */
export interface FormatReader {
  /**
   * Gets ready to read these records: asks the registry for the schemas that it does not know yet, and the source's catalog for
   * the columns of their topic where no schema says what they are. Throws where that has to be done again (an OperatorError
   * `registry-away`, or the source's own error).
   */
  prepare(records: readonly Bytes[], topic?: string): Promise<void>;
  /** The schema that the bytes were written with. Throws {@link Undecodable}. */
  schemaOf(topic: string, part: 'key' | 'value', bytes: Buffer): WrittenSchema;
  /** Why records wait for the registry; undefined while none does. */
  readonly trouble: string | undefined;
}

/** Before the number of a schema, in Confluent's wire format. No JSON begins so. */
const MAGIC = 0;

/**
 * A reader of all formats; without a registry, of those that need none, and of records without any schema, where nobody says
 * how their columns are written, as values of no known type.
 */
export function formatReader(
  registry?: SchemaSource,
  columns?: ColumnTypes,
  options: RegisteredOptions = {},
): FormatReader {
  const reader = anyFormat(registry, columns, options);
  return columns?.names === undefined ? reader : withOwnNames(reader, columns.names);
}

/** Rows have their columns' own names, where a connector gives them others. */
function withOwnNames(reader: FormatReader, names: NameSource): FormatReader {
  const topics = new Map<string, ReturnType<typeof renaming>>();
  const adjusted = new Map<string, boolean>();
  /** Columns may have come with a schema that is new. */
  const seen = new WeakSet<WrittenSchema>();
  const isNew = (topic: string, part: 'key' | 'value', bytes: Buffer | null): boolean => {
    if (bytes === null) return false;
    try {
      const written = reader.schemaOf(topic, part, bytes);
      if (written.schema === undefined || seen.has(written)) return false;
      seen.add(written);
      return true;
    } catch (error) {
      if (error instanceof Undecodable) return false;
      throw error;
    }
  };
  return {
    get trouble() {
      return reader.trouble;
    },
    async prepare(records, topic) {
      await reader.prepare(records, topic);
      if (topic === undefined) return;
      const adjusts = adjusted.get(topic) ?? names.adjusts(topic);
      adjusted.set(topic, adjusts);
      if (!adjusts) return;
      const fresh = records.filter(({ key, value }) =>
        [isNew(topic, 'key', key), isNew(topic, 'value', value)].includes(true),
      );
      if (fresh.length > 0 || !topics.has(topic)) topics.set(topic, renaming(await names.of(topic)));
    },
    schemaOf(topic, part, bytes) {
      const written = reader.schemaOf(topic, part, bytes);
      return topics.get(topic)?.(written) ?? written;
    },
  };
}

function anyFormat(
  registry: SchemaSource | undefined,
  columns: ColumnTypes | undefined,
  options: RegisteredOptions,
): FormatReader {
  const wrapped = { key: jsonFormat(), value: jsonFormat() };
  const plain = columns === undefined ? undefined : plainFormat(columns, wrapped);
  const json = plain?.schemaOf ?? wrapped;
  const named = columns === undefined ? undefined : namedSchemas(columns);
  const registered = registry === undefined ? undefined : registeredSchemas(registry, options);
  let awaySince: Date | undefined;
  let trouble: string | undefined;

  return {
    get trouble() {
      return trouble;
    },
    async prepare(records, topic) {
      if (topic !== undefined) await plain?.prepare(topic, records);
      if (registered === undefined) return;
      const wanted = new Map<number, Buffer>();
      for (const { key, value } of records)
        for (const bytes of [key, value]) if (isRegistered(bytes)) wanted.set(bytes.readUInt32BE(1), bytes);
      if (wanted.size === 0) return;
      try {
        await registered.learn(new Set(wanted.keys()));
        awaySince = undefined;
        trouble = undefined;
      } catch (error) {
        awaySince ??= new Date();
        trouble = awayWords(registry, awaySince, error);
        throw error;
      }
      if (topic !== undefined) await named?.learn(topic, readable(registered, topic, wanted));
    },
    schemaOf(topic, part, bytes) {
      if (bytes[0] !== MAGIC) return json[part](topic, bytes);
      if (!isRegistered(bytes)) throw new Undecodable('it ends within the number of its schema');
      const id = bytes.readUInt32BE(1);
      if (registered !== undefined) {
        const found = registered.of(id, topic, bytes);
        return named?.of(topic, found) ?? found;
      }
      throw new Undecodable(`it was written with schema ${id} of a registry, and no registry is known`);
    },
  };
}

/** The schemas of these numbers that can be used. */
function readable(registered: RegisteredSchemas, topic: string, wanted: ReadonlyMap<number, Buffer>): WrittenSchema[] {
  return [...wanted].flatMap(([id, bytes]) => {
    try {
      return [registered.of(id, topic, bytes)];
    } catch (error) {
      if (error instanceof Undecodable) return [];
      throw error;
    }
  });
}

function awayWords(registry: SchemaSource | undefined, since: Date, error: unknown): string {
  const at = registry?.url === undefined ? '' : ` at ${registry.url}`;
  const found = error instanceof OperatorError && error.found !== undefined ? ` (${error.found})` : '';
  return `the schema registry${at} does not answer since ${since.toISOString()}${found}`;
}

function isRegistered(bytes: Buffer | null): bytes is Buffer {
  return bytes !== null && bytes.length >= HEADER_BYTES && bytes[0] === MAGIC;
}
