import { type ConnectSchema, Undecodable } from '../wire.ts';
import type { ColumnTypes } from './column-types.ts';
import { changeColumns } from './columns.ts';
import type { WrittenSchema } from './format.ts';

/** Schemas whose fields have types without their names (Protobuf), with the names that the source's catalog has for them. */
export interface NamedSchemas {
  /** Asks for a topic's columns where one of these schemas has not been seen there. */
  learn(topic: string, all: Iterable<WrittenSchema>): Promise<void>;
  /** The schema with names; as it is where none are wanted or known. */
  of(topic: string, written: WrittenSchema): WrittenSchema;
}

export function namedSchemas(types: ColumnTypes): NamedSchemas {
  const known = new WeakMap<WrittenSchema, Map<string, WrittenSchema>>();
  const learnOne = async (topic: string, written: WrittenSchema): Promise<void> => {
    const topics = known.get(written) ?? new Map<string, WrittenSchema>();
    known.set(written, topics);
    if (topics.has(topic)) return;
    topics.set(topic, named(written, await columnsOf(types, topic)));
  };
  return {
    async learn(topic, all) {
      for (const written of all) if (written.unnamed === true) await learnOne(topic, written);
    },
    of: (topic, written) => (written.unnamed === true ? (known.get(written)?.get(topic) ?? written) : written),
  };
}

async function columnsOf(types: ColumnTypes, topic: string): Promise<readonly ConnectSchema[]> {
  try {
    return await types.columnsOf(topic);
  } catch (error) {
    // Nobody knows what the columns mean: their values are as they stand in the records.
    if (error instanceof Undecodable) return [];
    throw error;
  }
}

function named({ schema, payload }: WrittenSchema, columns: readonly ConnectSchema[]): WrittenSchema {
  const meant = schema && changeColumns(schema, (column) => withName(column, columns));
  return { schema: meant, exact: false, payload };
}

/** A column whose type is another one by now is left as it is, and so is one of which tables differ. */
function withName(field: ConnectSchema, columns: readonly ConnectSchema[]): ConnectSchema {
  const [column, ...others] = columns.filter((one) => one.field === field.field);
  if (column === undefined || others.length > 0 || field.name !== undefined) return field;
  const same = column.type === field.type && column.items?.type === field.items?.type;
  if (!same) return field;
  const { name, parameters, items } = column;
  return {
    ...field,
    ...(name === undefined ? {} : { name }),
    ...(parameters === undefined ? {} : { parameters }),
    ...(items === undefined ? {} : { items }),
  };
}
