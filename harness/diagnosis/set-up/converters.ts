import type { RecordForm, SetUpFacts, SetUpFix } from '#model/set-up.ts';
import type { ConnectorConfig } from '#model/stack.ts';
import type { SetUpEntry, SetUpFound } from './entry.ts';
import { evidenceOf, type Failed, failedConnectors } from './traces.ts';
import { entryOf, inConfiguration } from './words.ts';

const KAFKA = 'https://kafka.apache.org/documentation';
const SEEN_ON = 'Kafka 4.3.1, Apicurio Registry 2.6.13, Debezium 3.5.0';

const JSON_CONVERTER = 'org.apache.kafka.connect.json.JsonConverter';

/** What a converter says of a record that another one wrote. */
const UNREADABLE =
  /Converting byte\[\] to Kafka Connect data failed|Unknown magic byte|artifact reference cannot be null|Failed to deserialize data for topic (\S+)/;
/** What it says of one without a schema, and a sink to which such a one came through. */
const SCHEMALESS =
  /JsonConverter with schemas\.enable requires|cannot have null schema|class java\.(?:lang\.String|util\.\w+) cannot be cast to class org\.apache\.kafka\.connect\.data\.Struct/;

const FORMS: Readonly<Record<RecordForm, string>> = {
  'json-with-schema': 'JSON with schemas',
  json: 'JSON without schemas',
  registry: 'the wire format of a schema registry',
  other: 'none of the known formats',
};

/** What converters of these properties read and write; undefined where they are the workers' own, or of an unknown class. */
function formOf(config: ConnectorConfig): RecordForm | undefined {
  const converter = config['value.converter'];
  if (converter === JSON_CONVERTER)
    return config['value.converter.schemas.enable'] === 'false' ? 'json' : 'json-with-schema';
  if (converter === undefined) return undefined;
  return /\.(?:Avro|Protobuf|JsonSchema)Converter$/.test(converter) ? 'registry' : 'other';
}

function told(config: ConnectorConfig): string {
  const converter = config['value.converter'];
  if (converter === undefined) return "that of its workers' configuration";
  const schemas = config['value.converter.schemas.enable'];
  return converter === JSON_CONVERTER ? `${converter} with schemas.enable=${schemas ?? 'true'}` : converter;
}

/** How the records of a sink are written: by who writes them, or as all that were looked at are. */
interface Written {
  readonly form: RecordForm;
  readonly evidence: readonly string[];
  readonly by?: { readonly name: string; readonly converters: ConnectorConfig };
}

function writtenOf({ read: { writers = [] } }: Failed, { brokers }: SetUpFacts): Written | undefined {
  const records = brokers !== undefined && 'read' in brokers ? (brokers.read.records ?? []) : [];
  const evidence = records
    .slice(-2)
    .map(({ topic, partition, offset, form }) => `the record ${topic}-${partition} @ ${offset}: ${FORMS[form]}`);
  for (const writer of writers) {
    const form = formOf(writer.converters);
    const own = `the configuration of ${writer.name}, which writes it: value.converter is ${told(writer.converters)}`;
    if (form !== undefined) return { form, evidence: [own, ...evidence], by: writer };
  }
  const [first] = records;
  // Where some are written so and others otherwise, one of them may be the odd one.
  if (first === undefined || records.some(({ form }) => form !== first.form)) return undefined;
  return { form: first.form, evidence };
}

const needsSchemas = ({ 'connector.class': connectorClass = '' }: ConnectorConfig): boolean =>
  /\.jdbc\.|JdbcSinkConnector$/.test(connectorClass);

function mismatchOf(failed: Failed, facts: SetUpFacts): SetUpFound | undefined {
  const failure = failed.failures.find(({ trace }) => UNREADABLE.test(trace) || SCHEMALESS.test(trace));
  if (failed.side !== 'sink' || failure === undefined) return undefined;
  const { name, config = {} } = failed.read;
  const written = writtenOf(failed, facts);
  if (written === undefined) return undefined;
  const lacksSchemas = needsSchemas(config) && written.form === 'json';
  const reads = formOf(config);
  if (!lacksSchemas && (reads === undefined || reads === written.form)) return undefined;
  return {
    says: lacksSchemas
      ? `${name} needs records with schemas, and what it reads is written as ${FORMS[written.form]}.`
      : `${name} reads ${FORMS[reads ?? 'other']}, and its records are written as ${FORMS[written.form]}.`,
    evidence: [
      evidenceOf(failed, failure),
      `the configuration of ${name}: value.converter is ${told(config)}`,
      ...written.evidence,
    ],
    fix: lacksSchemas ? withSchemas(failed, written) : asWritten(failed, written),
    notes: lacksSchemas
      ? [
          'records that were written before stay as they are: pass over them by errors.tolerance=all, and take a snapshot again',
        ]
      : ['the key has a converter of its own: key.converter'],
    check: [facts.pipeline.commands.status],
    certainty: 'shown',
    explains: 'sink',
  };
}

function asWritten(failed: Failed, { form, by }: Written): SetUpFix {
  if (by !== undefined)
    return inConfiguration(failed, ...Object.entries(by.converters).map(([property, value]) => `${property}=${value}`));
  if (form === 'registry')
    return inConfiguration(failed, 'value.converter=…, the AvroConverter of your registry', 'and the address of that');
  if (form === 'other') return inConfiguration(failed, 'value.converter=…, that of whoever writes the topic');
  return inConfiguration(
    failed,
    `value.converter=${JSON_CONVERTER}`,
    `value.converter.schemas.enable=${form === 'json-with-schema'}`,
  );
}

function withSchemas({ read }: Failed, { by }: Written): SetUpFix {
  return {
    by: 'hand',
    at: `the configuration of ${by?.name ?? `whoever writes what ${read.name} reads`}`,
    run: ['key.converter.schemas.enable=true', 'value.converter.schemas.enable=true'],
  };
}

const mismatch: SetUpEntry = {
  code: 'converter-mismatch',
  insteadOf: ['schemas-off-at-source', 'schemas-off-for-sink'],
  title: 'A sink connector reads with another converter than that by which its records are written.',
  docs: `${KAFKA}/#connectconfigs_value.converter`,
  seenOn: SEEN_ON,
  find(facts) {
    for (const failed of failedConnectors(facts)) {
      const found = mismatchOf(failed, facts);
      if (found !== undefined) return found;
    }
    return undefined;
  },
};

const poison: SetUpEntry = {
  ...entryOf({
    code: 'connector-poison-record',
    title: "A sink connector's task has died of a record that its converter cannot read.",
    docs: `${KAFKA}/#sinkconnectorconfigs_errors.tolerance`,
    pattern: UNREADABLE,
    applies: (_, failed, facts) => mismatchOf(failed, facts) === undefined,
    says: ([, topic], { read }) =>
      `${read.name} has died of a record${topic === undefined ? '' : ` of ${topic}`} that its converter cannot read.`,
    fix: (_, failed) =>
      inConfiguration(
        failed,
        'errors.tolerance=all',
        'errors.deadletterqueue.topic.name=…',
        'errors.deadletterqueue.context.headers.enable=true',
      ),
    notes: () => [
      'where no record of the topic can be read, its converters are not those that wrote it: --brokers has its records looked at',
      'or pass over it alone, once it is known: stop the connector, PATCH its offsets behind the record, and resume it',
    ],
  }),
  insteadOf: ['converter-mismatch'],
  seenOn: SEEN_ON,
};

/** What a converter cannot read. */
export const CONVERTERS: readonly SetUpEntry[] = [mismatch, poison];
