import type { ConnectSchema } from '../wire.ts';

/** A schema that keys or values were written with. One object as long as the schema stays the same. */
export interface WrittenSchema {
  /** In Kafka Connect's terms, whatever the format; absent where records carry none. */
  readonly schema?: ConnectSchema | undefined;
  /** Why there is none, where more is known of that. */
  readonly why?: string;
  /** The schema does not tell a day from a number, or other types that differ by their names alone. */
  readonly unnamed?: true;
  /** Some number of this schema has been too long for JSON.parse: its records are read exactly at once. */
  exact: boolean;
  /**
   * What the bytes hold from the place `from` (0) on, in the form in which the JSON converter writes it: structs as objects, bytes in base64, numbers that
   * no JavaScript number holds as literals. Throws {@link Undecodable}.
   */
  payload(bytes: Buffer, from?: number): unknown;
}

/** What one format makes of keys or values. Throws {@link Undecodable} where the bytes are not of the format. */
export type SchemaOf = (topic: string, bytes: Buffer) => WrittenSchema;
