import type { RegisteredSchema, SchemaSource } from '#model/registered-schema.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { Undecodable } from '../wire.ts';
import { avroSchema } from './avro.ts';
import type { ColumnTypes } from './column-types.ts';
import type { WrittenSchema } from './format.ts';
import { jsonFormat } from './json.ts';
import { jsonSchemaSchema } from './json-schema.ts';
import { plainFormat } from './plain.ts';

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
}

/** Before the number of a schema, in Confluent's wire format. No JSON begins so. */
const MAGIC = 0;
const HEADER_BYTES = 5;

/** What is to be done with a registered schema, by its type. */
const FORMATS: Readonly<Record<string, (text: string) => WrittenSchema>> = {
  AVRO: avroSchema,
  JSON: jsonSchemaSchema,
};

/**
 * A reader of all formats; without a registry, of those that need none, and of records without any schema, where nobody says
 * how their columns are written, as values of no known type.
 */
export function formatReader(registry?: SchemaSource, columns?: ColumnTypes): FormatReader {
  const wrapped = { key: jsonFormat(), value: jsonFormat() };
  const plain = columns === undefined ? undefined : plainFormat(columns, wrapped);
  const json = plain?.schemaOf ?? wrapped;
  const known = new Map<number, WrittenSchema>();
  /** Why a schema cannot be used, as it was when it was last asked for. */
  const failed = new Map<number, string>();

  const load = async (id: number, source: SchemaSource): Promise<void> => {
    try {
      const found = await source.schema(id);
      if (found === undefined) throw new Undecodable(`its schema ${id} is not in the registry`);
      known.set(id, written(id, found));
      failed.delete(id);
    } catch (error) {
      if (error instanceof OperatorError && error.code === 'registry-away') throw error;
      failed.set(id, messageOf(error));
    }
  };

  return {
    async prepare(records, topic) {
      if (topic !== undefined) await plain?.prepare(topic, records);
      if (registry === undefined) return;
      const wanted = new Set<number>();
      for (const { key, value } of records)
        for (const bytes of [key, value])
          if (isRegistered(bytes) && !known.has(bytes.readUInt32BE(1))) wanted.add(bytes.readUInt32BE(1));
      await Promise.all([...wanted].map((id) => load(id, registry)));
    },
    schemaOf(topic, part, bytes) {
      if (bytes[0] !== MAGIC) return json[part](topic, bytes);
      if (!isRegistered(bytes)) throw new Undecodable('it ends within the number of its schema');
      const id = bytes.readUInt32BE(1);
      const found = known.get(id);
      if (found !== undefined) return found;
      const why = registry === undefined ? 'no registry is known' : 'nobody has asked the registry for it';
      throw new Undecodable(failed.get(id) ?? `it was written with schema ${id} of a registry, and ${why}`);
    },
  };
}

function isRegistered(bytes: Buffer | null): bytes is Buffer {
  return bytes !== null && bytes.length >= HEADER_BYTES && bytes[0] === MAGIC;
}

/** A registered schema, whose payloads begin behind its number. */
function written(id: number, { type, text, references }: RegisteredSchema): WrittenSchema {
  const format = Object.hasOwn(FORMATS, type) ? FORMATS[type] : undefined;
  if (format === undefined) throw new Undecodable(`its schema ${id} is of the type ${type}, which cannot be read`);
  if (references.length > 0)
    throw new Undecodable(
      `its schema ${id} refers to other schemas (${references.join(', ')}): schemas with references cannot be read`,
    );
  try {
    const { schema, payload } = format(text);
    return {
      ...{ schema, exact: false },
      payload(bytes) {
        return payload.call(this, bytes, HEADER_BYTES);
      },
    };
  } catch (error) {
    throw new Undecodable(`its schema ${id} cannot be read: ${messageOf(error)}`);
  }
}
