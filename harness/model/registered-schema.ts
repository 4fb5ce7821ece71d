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
  /**
   * The schema of this number; undefined where there is none. Throws an OperatorError: `registry-away` where asking again may
   * help, another code where it does not.
   */
  schema(id: number): Promise<RegisteredSchema | undefined>;
}
