/** A schema as a registry has it. */
export interface RegisteredSchema {
  /** `AVRO`, `PROTOBUF`, `JSON`. */
  readonly type: string;
  readonly text: string;
  /** Names of other schemas that it uses. */
  readonly references: readonly string[];
}

/** Where schemas are kept whose number stands in the records. */
export interface SchemaSource {
  /** Its address, without credentials. */
  readonly url?: string;
  /**
   * The schema of this number; undefined where there is none. Throws an OperatorError: `registry-away` where asking again may
   * help, another code where it does not.
   */
  schema(id: number, signal?: AbortSignal): Promise<RegisteredSchema | undefined>;
}

/**
 * What a registry demands of a subject's next schema: that it reads what the last one wrote (BACKWARD), that the last one reads what it
 * writes (FORWARD), or both; with all earlier versions where it is transitive.
 */
export type Compatibility =
  | 'NONE'
  | 'BACKWARD'
  | 'BACKWARD_TRANSITIVE'
  | 'FORWARD'
  | 'FORWARD_TRANSITIVE'
  | 'FULL'
  | 'FULL_TRANSITIVE';

/** A schema registry whose schemas have subjects: names under which each of them has versions. */
export interface SchemaRegistry extends SchemaSource {
  subjects(signal?: AbortSignal): Promise<readonly string[]>;
  /** The newest version of a subject; undefined where there is none. */
  latest(subject: string, signal?: AbortSignal): Promise<{ readonly id: number; readonly text: string } | undefined>;
  /** Adds a version to the subject; returns the schema's number, which is the old one for a schema that is there. */
  register(subject: string, schema: Omit<RegisteredSchema, 'references'>, signal?: AbortSignal): Promise<number>;
  /** Removes a subject with all of its versions; nothing happens where there is none. */
  remove(subject: string, signal?: AbortSignal): Promise<void>;
  /** The level that a subject has, or that of the registry where it has none of its own. */
  compatibility(subject: string, signal?: AbortSignal): Promise<Compatibility>;
  setCompatibility(subject: string, mode: Compatibility, signal?: AbortSignal): Promise<void>;
}
