import type { RegisteredSchema, SchemaSource } from '#model/registered-schema.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { Undecodable } from '../wire.ts';
import { avroSchema } from './avro.ts';
import type { WrittenSchema } from './format.ts';
import { jsonSchemaSchema } from './json-schema.ts';
import { protobufSchema } from './protobuf.ts';

export interface RegisteredOptions {
  /** All topics that are read: a schema that is named after another one of them does not belong to a record's own. */
  readonly topics?: Iterable<string> | undefined;
  /** Ms of a clock that only goes forward. */
  readonly now?: () => number;
}

/** The schemas of a registry, by the numbers that stand in records. */
export interface RegisteredSchemas {
  /** Asks for the numbers that are not known, and whether the others are what they were. Throws `registry-away` for the first. */
  learn(ids: ReadonlySet<number>): Promise<void>;
  /** The schema of this number that the bytes were written with. Throws {@link Undecodable}. */
  of(id: number, topic: string, bytes: Buffer): WrittenSchema;
}

/** Before the payload: a zero byte and the number of its schema. */
export const HEADER_BYTES = 5;

/** A registry takes longer than that to be emptied and started, and a connector to register its schemas again. */
const ASKED_AGAIN_MS = 1000;
/** How long records whose schemas are known wait for a registry that does not answer. */
const AGAIN_LIMIT_MS = 1000;

/** What is to be done with a registered schema, by its type. */
const FORMATS: Readonly<Record<string, (text: string) => WrittenSchema>> = {
  AVRO: avroSchema,
  JSON: jsonSchemaSchema,
  PROTOBUF: protobufSchema,
};

/** One schema that a number has meant. */
interface Meaning {
  readonly text: string;
  readonly written: WrittenSchema;
  /** Whether it belongs to a topic, once that was asked. */
  readonly belongs: Map<string, boolean>;
}

interface Known {
  /** Several, newest first, where the registry was emptied and gave the number to another schema. */
  readonly meanings: readonly Meaning[];
  readonly askedAt: number;
}

/**
 * A number means one schema for as long as the registry keeps what it has. One that was emptied begins anew: then the same
 * number means another schema in the records written since, and whoever remembers reads them wrongly. So numbers are asked for
 * again, no meaning of theirs is forgotten, and a record is read only with one that is certain to be its own.
 */
export function registeredSchemas(source: SchemaSource, options: RegisteredOptions = {}): RegisteredSchemas {
  const { topics = [], now = () => performance.now() } = options;
  const named = new Set([...topics].map(avroName));
  const known = new Map<number, Known>();
  /** Why a schema cannot be used, as it was when it was last asked for. */
  const failed = new Map<number, string>();

  const load = async (id: number): Promise<void> => {
    try {
      take(id, await source.schema(id));
    } catch (error) {
      if (error instanceof OperatorError && error.code === 'registry-away') throw error;
      // What its registry wants of the lab, and not only that it wants something.
      const hint = error instanceof OperatorError && error.hint !== undefined ? ` (${error.hint})` : '';
      failed.set(id, `${messageOf(error)}${hint}`);
    }
  };
  const take = (id: number, found: RegisteredSchema | undefined): void => {
    const { meanings = [] } = known.get(id) ?? {};
    if (found === undefined) {
      // Whoever remembers a schema that the registry has lost goes on writing with it.
      if (meanings.length > 0) known.set(id, { meanings, askedAt: now() });
      throw new Undecodable(`its schema ${id} is not in the registry`);
    }
    const same = meanings.find(({ text }) => text === found.text);
    const meaning = same ?? { text: found.text, written: written(id, found), belongs: new Map() };
    known.set(id, { meanings: [meaning, ...meanings.filter((one) => one !== meaning)], askedAt: now() });
    failed.delete(id);
  };
  const askAgain = async (id: number): Promise<void> => {
    try {
      take(id, await source.schema(id, AbortSignal.timeout(AGAIN_LIMIT_MS)));
    } catch {
      // What is remembered is enough while it does not answer: no number can have been given anew since.
    }
  };
  const belongs = ({ written: { schema }, belongs }: Meaning, topic: string): boolean => {
    const asked = belongs.get(topic);
    if (asked !== undefined) return asked;
    const owner = schema?.name?.replace(/\.(?:Envelope|Key|Value)$/, '');
    const own = owner === undefined || owner === avroName(topic) || !named.has(owner);
    belongs.set(topic, own);
    return own;
  };

  return {
    async learn(ids) {
      await Promise.all(
        [...ids].map((id) => {
          const found = known.get(id);
          if (found === undefined) return load(id);
          return now() - found.askedAt >= ASKED_AGAIN_MS ? askAgain(id) : undefined;
        }),
      );
    },
    of(id, topic, bytes) {
      const found = known.get(id);
      if (found === undefined)
        throw new Undecodable(failed.get(id) ?? `nobody has asked the registry for schema ${id}`);
      const [newest] = found.meanings;
      // Every record comes by here: nothing is made where there is nothing to choose from.
      if (newest !== undefined && found.meanings.length === 1 && belongs(newest, topic)) return newest.written;
      const [first, ...older] = found.meanings.filter((meaning) => belongs(meaning, topic));
      if (first === undefined) throw elsewhere(id, found);
      return older.length === 0 ? first.written : theOne(id, [first, ...older], bytes);
    },
  };
}

/** As Debezium names schemas after topics where Avro is to take the names (`schema.name.adjustment.mode=avro`). */
function avroName(topic: string): string {
  return topic.replaceAll(/[^\w.]/g, '_');
}

function elsewhere(id: number, { meanings }: Known): Undecodable {
  const name = meanings[0]?.written.schema?.name ?? '';
  return new Undecodable(
    `its schema ${id} is ${name} in the registry, which is another topic's: the registry was emptied, and the number given anew`,
  );
}

/** Of several schemas the only one that the bytes can have been written with. */
function theOne(id: number, meanings: readonly Meaning[], bytes: Buffer): WrittenSchema {
  const fitting = meanings.filter(({ written: one }) => {
    try {
      one.payload(bytes);
      return true;
    } catch {
      return false;
    }
  });
  const [only] = fitting;
  if (only !== undefined && fitting.length === 1) return only.written;
  const which = fitting.length === 0 ? 'neither fits' : 'which of them it was written with cannot be known';
  throw new Undecodable(`its schema ${id} is another one in the registry than it was before: ${which}`);
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
    const { schema, unnamed, payload } = format(text);
    return {
      ...{ schema, exact: false, ...(unnamed === undefined ? {} : { unnamed }) },
      payload(bytes) {
        return payload.call(this, bytes, HEADER_BYTES);
      },
    };
  } catch (error) {
    throw new Undecodable(`its schema ${id} cannot be read: ${messageOf(error)}`);
  }
}
