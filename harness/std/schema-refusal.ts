/** What a schema registry says of a schema that it does not take, as a converter's error quotes it. */
export interface SchemaRefusal {
  readonly subject: string;
  /** Of its answer. */
  readonly status: number;
  /** Its own words: which part of the schema cannot be read with which other. */
  readonly says: string;
}

/** Apicurio Registry 3.0.9 through its converter 2.6.13; RuleViolationException is its client's name for 409. */
const APICURIO = /RuleViolationException: (Incompatible artifact: (\S+) .*)/;
/** Confluent's client, from its source: the words of a registry that refuses a schema. */
const CONFLUENT = /(Schema being registered is incompatible with an earlier schema for subject "([^"]+)".*)/;

/** The refusal that an error's text tells of; undefined where it tells of none. */
export function schemaRefusalIn(text: string): SchemaRefusal | undefined {
  const match = APICURIO.exec(text) ?? CONFLUENT.exec(text);
  const [, says = '', subject = ''] = match ?? [];
  return match === null ? undefined : { subject, status: 409, says: says.trim() };
}
