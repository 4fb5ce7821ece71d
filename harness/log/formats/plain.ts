import { messageOf } from '#std/errors.ts';
import { type ConnectSchema, Undecodable } from '../wire.ts';
import { type ColumnTypes, type KnownColumns, knownColumns } from './column-types.ts';
import type { SchemaOf, WrittenSchema } from './format.ts';

type Part = 'key' | 'value';
type Fields = Readonly<Record<string, unknown>>;
type Bytes = Readonly<Record<Part, Buffer | null>>;

/** JSON without schemas, read by what the source's catalog says of its columns; JSON with schemas as it is. */
export interface PlainFormat {
  /** Asks for the columns of a topic where its records have some that are not known yet. */
  prepare(topic: string, records: Iterable<Bytes>): Promise<void>;
  readonly schemaOf: Readonly<Record<Part, SchemaOf>>;
}

/** What is known of a topic. */
interface Topic {
  readonly columns: KnownColumns;
  /** By the columns that they have: one object as long as these are the same. */
  readonly schemas: Map<string, WrittenSchema>;
  /** Columns that were asked for in vain: the tables have them no more. */
  readonly gone: Set<string>;
  /** Why nothing can be known of its columns. */
  why?: string;
}

/** A row, and whether it is in an envelope. */
interface Found {
  readonly row: Fields;
  readonly envelope: boolean;
}

/** What begins so is about the row, and is no column (`add.fields` of ExtractNewRecordState). */
const ABOUT = '__';

/** Takes what records hold from `json`, and what their columns mean from `types`. */
export function plainFormat(types: ColumnTypes, json: Readonly<Record<Part, SchemaOf>>): PlainFormat {
  const topics = new Map<string, Topic>();
  /** Records without a schema that have been parsed once, until they are decoded. */
  const parsed = new WeakMap<Buffer, WrittenSchema>();

  const parse = (topic: string, part: Part, bytes: Buffer): WrittenSchema => {
    const before = parsed.get(bytes);
    if (before !== undefined) return before;
    const written = json[part](topic, bytes);
    if (written.schema === undefined) parsed.set(bytes, written);
    return written;
  };

  /** The columns of a record that nobody has asked for yet. */
  const missing = (topic: string, part: Part, bytes: Buffer): readonly string[] => {
    const { columns, gone } = topics.get(topic) ?? known(topics, topic);
    try {
      const written = parse(topic, part, bytes);
      const found = written.schema === undefined ? rowIn(part, written.payload(bytes)) : undefined;
      return columnsIn(found).filter((name) => !columns.has(name) && !gone.has(name));
    } catch (error) {
      if (error instanceof Undecodable) return [];
      throw error;
    }
  };

  const ask = async (name: string, wanted: ReadonlySet<string>): Promise<void> => {
    const topic = known(topics, name);
    try {
      topic.columns.note(await types.columnsOf(name));
    } catch (error) {
      if (!(error instanceof Undecodable)) throw error;
      topic.why = messageOf(error);
    }
    for (const column of wanted) if (!topic.columns.has(column)) topic.gone.add(column);
    topic.schemas.clear();
  };

  const schemaOf =
    (part: Part): SchemaOf =>
    (name, bytes) => {
      const written = parse(name, part, bytes);
      if (written.schema !== undefined) return written;
      const topic = known(topics, name);
      if (topic.why !== undefined) return Object.assign(written, { why: topic.why });
      const found = rowIn(part, written.payload(bytes));
      if (found === undefined) return written;
      try {
        const fields = fieldsOf(found, topic.columns);
        return typed(topic, part, found, fields, (again, exact) => {
          const first = exact ? undefined : parsed.get(again);
          // Rows are converted in place: whoever reads it once more parses it once more.
          parsed.delete(again);
          return (first ?? Object.assign(json[part](name, again), { exact })).payload(again);
        });
      } catch (error) {
        if (error instanceof Undecodable) return Object.assign(written, { why: error.message });
        throw error;
      }
    };

  return {
    async prepare(topic, records) {
      if (known(topics, topic).why !== undefined) return;
      const wanted = new Set<string>();
      for (const { key, value } of records) {
        for (const name of key === null ? [] : missing(topic, 'key', key)) wanted.add(name);
        for (const name of value === null ? [] : missing(topic, 'value', value)) wanted.add(name);
      }
      if (wanted.size > 0) await ask(topic, wanted);
    },
    schemaOf: { key: schemaOf('key'), value: schemaOf('value') },
  };
}

function known(topics: Map<string, Topic>, name: string): Topic {
  const found = topics.get(name);
  if (found !== undefined) return found;
  const topic: Topic = { columns: knownColumns(), schemas: new Map(), gone: new Set() };
  topics.set(name, topic);
  return topic;
}

/** The row that a record is about; undefined where it is no object. */
function rowIn(part: Part, payload: unknown): Found | undefined {
  if (!isFields(payload)) return undefined;
  const envelope = part === 'value' && 'op' in payload && isFields(payload.source);
  if (!envelope) return { row: payload, envelope };
  const { before, after } = payload;
  return { row: isFields(after) ? after : isFields(before) ? before : {}, envelope };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function columnsIn(found: Found | undefined): readonly string[] {
  return found === undefined ? [] : Object.keys(found.row).filter((name) => found.envelope || !name.startsWith(ABOUT));
}

/** Throws {@link Undecodable}. */
function fieldsOf({ row, envelope }: Found, columns: KnownColumns): ConnectSchema[] {
  return Object.entries(row).map(([name, raw]) =>
    !envelope && name.startsWith(ABOUT) ? { field: name, type: 'string', optional: true } : columns.fieldFor(name, raw),
  );
}

/** The schema of records with these columns. */
function typed(
  { schemas, columns }: Topic,
  part: Part,
  { row, envelope }: Found,
  fields: readonly ConnectSchema[],
  payload: (bytes: Buffer, exact: boolean) => unknown,
): WrittenSchema {
  const read = columns.changed.size === 0 ? [] : fields.filter(({ field = '' }) => columns.changed.has(field));
  const id = JSON.stringify([part, envelope, Object.keys(row), read]);
  const found = schemas.get(id);
  if (found !== undefined) return found;
  const struct: ConnectSchema = { type: 'struct', fields };
  const schema: ConnectSchema = envelope
    ? {
        type: 'struct',
        fields: [
          { ...struct, field: 'after' },
          { type: 'string', field: 'op' },
          { type: 'struct', field: 'source' },
        ],
      }
    : struct;
  const made: WrittenSchema = {
    ...{ schema, exact: false },
    payload(bytes) {
      return payload(bytes, this.exact);
    },
  };
  schemas.set(id, made);
  return made;
}
