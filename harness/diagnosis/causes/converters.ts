import type { DiagnosisFacts } from '#model/cause.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { sinkDialect, stands } from '../dialect.ts';
import type { CauseEntry } from '../entry.ts';
import { findingsOf, heard, quoted } from '../reading.ts';

const DOCS = 'https://kafka.apache.org/documentation/#connect_configuring';
const STOPPED = ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'] as const;

/** Whether a connector's converter writes or reads JSON without schemas. */
function schemaless({ config }: OwnConnector): boolean {
  return config['value.converter.schemas.enable'] === 'false';
}

const schemasMissing: CauseEntry = {
  code: 'schemas-off-at-source',
  title: "The source writes JSON without schemas, but the sink's converter expects them.",
  anomalies: ['stalled'],
  docs: DOCS,
  seenOn: 'Kafka 4.3.1',
  find(facts) {
    const matched = heard(facts, /JsonConverter with schemas\.enable requires "schema" and "payload" fields/, [
      'sink-task',
      'worker-log',
    ]);
    if (matched === undefined) return undefined;
    const source = facts.sources.find(schemaless);
    const sinks = facts.subject.connectors.map(({ file }) => file).join(', ');
    return {
      says: `${source === undefined ? 'The records have no schemas' : `value.converter.schemas.enable=false in ${source.file}: the records have no schemas`}, but the converter of ${sinks === '' ? facts.subject.name : sinks} expects them.`,
      evidence: [quoted(matched)],
      remedy: [
        ...(source === undefined
          ? []
          : [
              `in ${source.file}: key.converter.schemas.enable=true, value.converter.schemas.enable=true (a JDBC sink needs schemas)`,
            ]),
        'on both sides: use a converter with a schema registry, such as Avro',
      ],
      certainty: 'shown',
      explains: findingsOf(facts, STOPPED, ['log-to-sink']),
    };
  },
};

const schemasNeeded: CauseEntry = {
  code: 'schemas-off-for-sink',
  title: 'A JDBC sink cannot write records without schemas.',
  anomalies: ['stalled', 'lost'],
  docs: 'https://debezium.io/documentation/reference/stable/connectors/jdbc.html',
  seenOn: 'Debezium 3.5.0',
  reported: 'Confluent JDBC, Aiven JDBC',
  find(facts) {
    const sink = facts.subject.connectors.find((one) => schemaless(one) && sinkDialect(one) !== undefined);
    const source = facts.sources.find(schemaless);
    const explains = findingsOf(facts, STOPPED, ['log-to-sink']);
    if (sink === undefined) return undefined;
    const matched = heard(facts, /requires records with a non-null (?:Struct|key|value)|Sink connector[^\n]*schema/, [
      'sink-task',
      'worker-log',
    ]);
    return {
      says: `value.converter.schemas.enable=false in ${sink.file}: a JDBC sink builds its statements from the record's schema, and these records have none${explains.some(({ anomaly }) => anomaly === 'stalled') ? '' : '; it skips them without an error'}.`,
      evidence: [
        `value.converter.schemas.enable=false in ${[sink.file, ...(source === undefined ? [] : [source.file])].join(' and ')}`,
        ...(matched === undefined ? [] : [quoted(matched)]),
      ],
      remedy: [
        `in ${[...(source === undefined ? [] : [source.file]), sink.file].join(' and ')}: key.converter.schemas.enable=true, value.converter.schemas.enable=true`,
        'on both sides: use a converter with a schema registry, such as Avro',
      ],
      certainty: 'shown',
      explains,
    };
  },
};

const mismatch: CauseEntry = {
  code: 'converter-mismatch',
  title: "The sink's converter cannot read what the source's converter wrote.",
  anomalies: ['stalled'],
  docs: DOCS,
  seenOn: 'Kafka 4.3.1',
  reported: 'Confluent Avro converter',
  find(facts: DiagnosisFacts) {
    const matched = heard(
      facts,
      /Converting byte\[\] to Kafka Connect data failed due to serialization error|Unknown magic byte|JsonParseException:|Unexpected character|Unrecognized token/,
      ['sink-task', 'worker-log'],
    );
    if (matched === undefined || schemasMissing.find(facts) !== undefined) return undefined;
    return {
      says: `The converter of ${facts.subject.name} cannot read the records as they were written.`,
      evidence: [
        quoted(matched),
        ...[...facts.sources, ...facts.subject.connectors].map((one) =>
          stands(one, 'value.converter', "the worker's converter"),
        ),
      ],
      remedy: ['on both sides: set key.converter and value.converter to the same class, with the same properties'],
      certainty: 'shown',
      explains: findingsOf(facts, STOPPED, ['log-to-sink']),
    };
  },
};

export const CONVERTERS: readonly CauseEntry[] = [schemasMissing, schemasNeeded, mismatch];
