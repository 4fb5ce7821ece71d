/** A converter of somebody's connector that reads and writes with a schema registry. */
export interface RegistryConverter {
  readonly part: ConverterPart;
  /** Whose settings it takes. */
  readonly api: 'confluent' | 'apicurio';
  /** What it writes; undefined for a class that nobody here knows. */
  readonly format?: RegistryFormat;
  /**
   * What runs here: its `own` class, which came with the plugins; the lab's `avro` converter in its place; or, where the
   * connector names none, that of the `worker`.
   */
  readonly here: 'own' | 'avro' | 'worker';
}

export type ConverterPart = 'key' | 'value';

export type RegistryFormat = 'Avro' | 'Protobuf' | 'JSON Schema' | 'Apicurio’s JSON';

/** The converter that comes with the registry here: Apicurio's, which writes Confluent's wire format where it is told to. */
export const AVRO_CONVERTER = 'io.apicurio.registry.utils.converter.AvroConverter';

/**
 * What has it write as Confluent's converter does: a magic byte and the schema's number before the payload, and nothing in
 * headers. The number is that under which Confluent's API knows the schema (`contentId`).
 */
export const AVRO_WIRE_FORMAT: Readonly<Record<string, string>> = {
  'apicurio.registry.auto-register': 'true',
  'apicurio.registry.as-confluent': 'true',
  'apicurio.registry.use-id': 'contentId',
  'apicurio.registry.headers.enabled': 'false',
  // Confluent's remember schemas for good. By default these ask again after 30 s, and fail where they get no answer.
  'apicurio.registry.check-period-ms': '3600000',
};

/** Of the converter here. */
export const STRATEGY = 'apicurio.registry.artifact-resolver-strategy';

const TOPIC = 'io.apicurio.registry.serde.strategy';
const RECORD = 'io.apicurio.registry.serde.avro.strategy';

/** What names a schema's subject: for each class of its owner's, by its last name, the one that does it here. */
export const SUBJECT_STRATEGIES: Readonly<Record<RegistryConverter['api'], Readonly<Record<string, string>>>> = {
  confluent: {
    TopicNameStrategy: `${TOPIC}.TopicIdStrategy`,
    RecordNameStrategy: `${RECORD}.QualifiedRecordIdStrategy`,
    TopicRecordNameStrategy: `${RECORD}.TopicRecordIdStrategy`,
  },
  apicurio: {
    TopicIdStrategy: `${TOPIC}.TopicIdStrategy`,
    SimpleTopicIdStrategy: `${TOPIC}.SimpleTopicIdStrategy`,
    RecordIdStrategy: `${RECORD}.RecordIdStrategy`,
    QualifiedRecordIdStrategy: `${RECORD}.QualifiedRecordIdStrategy`,
    TopicRecordIdStrategy: `${RECORD}.TopicRecordIdStrategy`,
  },
};

/** The strategy here of the one that a configuration names; undefined where there is none. */
export function strategyHere(api: RegistryConverter['api'], named: string): string | undefined {
  const known = SUBJECT_STRATEGIES[api];
  const last = named.slice(named.lastIndexOf('.') + 1);
  return Object.hasOwn(known, last) ? known[last] : undefined;
}

/** The property, behind `key.converter.` or `value.converter.`, in which a converter is told how subjects are named. */
export function strategyProperty({ api, part }: Pick<RegistryConverter, 'api' | 'part'>): string {
  return api === 'confluent' ? `${part}.subject.name.strategy` : STRATEGY;
}
