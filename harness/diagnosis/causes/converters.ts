import type { DiagnosisFacts } from '#model/cause.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, quoted } from '../reading.ts';

const DOCS = 'https://kafka.apache.org/documentation/#connect_configuring';
const STOPPED = ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'] as const;

/** Whether a connector's converter writes or reads JSON without schemas. */
function schemaless({ config }: OwnConnector, side: 'key' | 'value' = 'value'): boolean {
  return config[`${side}.converter.schemas.enable`] === 'false';
}

const schemasMissing: CauseEntry = {
  code: 'schemas-off-at-source',
  title: 'The source writes JSON without schemas, and the sink expects them.',
  anomalies: ['stalled'],
  docs: DOCS,
  seenOn: 'Kafka 4.3.1',
  find(facts) {
    const matched = heard(facts, /JsonConverter with schemas\.enable requires "schema" and "payload" fields/, [
      'sink-task',
      'worker-log',
    ]);
    if (matched === undefined) return undefined;
    const source = facts.sources.find((one) => schemaless(one));
    const sinks = facts.subject.connectors.map(({ file }) => file).join(', ');
    return {
      says: `${source === undefined ? 'The records have no schemas' : `value.converter.schemas.enable=false in ${source.file}: the records have no schemas`}, and the converter of ${sinks === '' ? facts.subject.name : sinks} expects them.`,
      evidence: [quoted(matched)],
      remedy: [
        ...(source === undefined
          ? []
          : [
              `in ${source.file}: key.converter.schemas.enable=true, value.converter.schemas.enable=true (a JDBC sink needs schemas)`,
            ]),
        'use a converter with a schema registry (Avro) on both sides',
      ],
      certainty: 'shown',
      explains: findingsOf(facts, STOPPED, ['log-to-sink']),
    };
  },
};

const schemasNeeded: CauseEntry = {
  code: 'schemas-off-for-sink',
  title: 'A JDBC sink is given records without schemas, which it cannot write.',
  anomalies: ['stalled', 'lost'],
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html',
  seenOn: 'Debezium 3.5.0',
  reported: 'Confluent JDBC, Aiven JDBC',
  find(facts) {
    const sink = facts.subject.connectors.find((one) => schemaless(one) && isJdbc(one));
    const source = facts.sources.find((one) => schemaless(one));
    const explains = findingsOf(facts, STOPPED, ['log-to-sink']);
    if (sink === undefined || explains.length === 0) return undefined;
    const matched = heard(
      facts,
      /(?:requires records with a non-null (?:Struct|key|value) [^\n]*|Sink connector[^\n]*schema[^\n]*)/,
      ['sink-task', 'worker-log'],
    );
    return {
      says: `value.converter.schemas.enable=false in ${sink.file}: a JDBC sink makes its statements from the record's schema, and there is none${explains.some(({ anomaly }) => anomaly === 'lost') ? '; it passes such records over without an error' : ''}.`,
      evidence: [
        `value.converter.schemas.enable=false in ${[sink.file, ...(source === undefined ? [] : [source.file])].join(' and ')}`,
        ...(matched === undefined ? [] : [quoted(matched)]),
      ],
      remedy: [
        `in ${[...(source === undefined ? [] : [source.file]), sink.file].join(' and ')}: key.converter.schemas.enable=true, value.converter.schemas.enable=true`,
        'use a converter with a schema registry (Avro) on both sides',
      ],
      certainty: 'shown',
      explains,
    };
  },
};

function isJdbc({ config }: OwnConnector): boolean {
  return /\.jdbc\.JdbcSinkConnector$/.test(config['connector.class'] ?? '');
}

const mismatch: CauseEntry = {
  code: 'converter-mismatch',
  title: "The sink's converter does not read what the source's has written.",
  anomalies: ['stalled'],
  docs: DOCS,
  seenOn: 'Kafka 4.3.1',
  reported: 'Confluent Avro converter',
  find(facts: DiagnosisFacts) {
    const matched = heard(
      facts,
      /(?:Converting byte\[\] to Kafka Connect data failed due to serialization error|Unknown magic byte|JsonParseException: [^\n]*|Unexpected character [^\n]*|Unrecognized token [^\n]*)/,
      ['sink-task', 'worker-log'],
    );
    if (matched === undefined || heard(facts, /JsonConverter with schemas\.enable requires/) !== undefined)
      return undefined;
    const of = (config: Readonly<Record<string, string>>): string => config['value.converter'] ?? "the worker's own";
    return {
      says: `The converter of ${facts.subject.name} cannot read the records.`,
      evidence: [
        quoted(matched),
        ...[...facts.sources, ...facts.subject.connectors].map(
          ({ file, config }) => `value.converter is ${of(config)} in ${file}`,
        ),
      ],
      remedy: [
        "set key.converter and value.converter to the same class, with the same properties, in the source's and the sink's file",
      ],
      certainty: 'shown',
      explains: findingsOf(facts, STOPPED, ['log-to-sink']),
    };
  },
};

export const CONVERTERS: readonly CauseEntry[] = [schemasMissing, schemasNeeded, mismatch];
