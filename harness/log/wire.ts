/** A schema as Kafka Connect's JSON converter writes it. */
export interface ConnectSchema {
  readonly type: string;
  readonly name?: string;
  readonly field?: string;
  readonly optional?: boolean;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly default?: unknown;
  readonly fields?: readonly ConnectSchema[];
  readonly items?: ConnectSchema;
  readonly keys?: ConnectSchema;
  readonly values?: ConnectSchema;
}

/** From a raw JSON value, never null, to the text that PostgreSQL takes as input. */
export type Convert = (raw: unknown) => string;

/** Chooses the conversion of a schema's values, once. The applier and the verifier have one each. */
export type ConverterFor = (schema: ConnectSchema) => Convert;

/**
 * The number's digits do not survive JSON.parse. The record is then read once more with every such number kept as the
 * text it is on the wire, a {@link Literal}.
 */
export class InexactNumber extends Error {
  override readonly name = 'InexactNumber';
}

/** A number as it stands on the wire. */
export class Literal {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The value does not fit its schema: the record is poison. */
export class Undecodable extends Error {
  override readonly name = 'Undecodable';
}

/** A number whose exact digits do not matter, e.g. a time in milliseconds; undefined for anything else. */
export function numberOf(raw: unknown): number | undefined {
  if (typeof raw === 'number') return raw;
  return raw instanceof Literal ? Number(raw.text) : undefined;
}
