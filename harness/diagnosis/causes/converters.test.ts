import type { ServerWords } from '#model/cause.ts';
import { findingOf, jdbcSink, sourceConnector } from '#testing/diagnosis-facts.ts';
import { confluentSubject, STOPPED, sinkSubject, testPlantings, trace } from '#testing/planting.ts';
import { CONVERTERS } from './converters.ts';

const OFF = { 'value.converter.schemas.enable': 'false' };
const between = 'Tolerance exceeded in error handler';
const reported = (text: string): ServerWords[] => [{ from: 'worker-log', name: 'warehouse', text }];
const other = trace('org.postgresql.util.PSQLException: FATAL: the database system is shutting down');
const NEEDS_SCHEMAS = trace(
  'org.apache.kafka.connect.errors.DataException: JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.',
  between,
);

testPlantings(CONVERTERS, {
  'schemas-off-at-source': {
    facts: {
      ...{ subject: sinkSubject(), sources: [sourceConnector(OFF)], findings: STOPPED },
      words: NEEDS_SCHEMAS,
    },
    advises: 'in source.json: key.converter.schemas.enable=true',
    control: { words: other },
    controls: [{ words: NEEDS_SCHEMAS.map((one) => ({ ...one, from: 'source-task' })) }],
    also: {
      'where the source is not to blame': {
        facts: { sources: [sourceConnector({})], words: NEEDS_SCHEMAS.map((one) => ({ ...one, from: 'worker-log' })) },
        says: 'The records have no schemas, but the converter of sink.json expects them.',
        omits: 'in source.json',
      },
      'of several sink connectors': {
        facts: { subject: { ...sinkSubject(), connectors: [jdbcSink(), { ...jdbcSink(), file: 'second.json' }] } },
        says: 'the converter of sink.json, second.json expects',
      },
      'of a sink whose configuration is not known': {
        facts: { subject: { ...sinkSubject(), connectors: [] } },
        says: 'the converter of warehouse expects',
      },
    },
  },
  'schemas-off-for-sink': {
    facts: {
      ...{ subject: confluentSubject(OFF), sources: [sourceConnector(OFF)], findings: STOPPED },
      words: trace(
        "org.apache.kafka.connect.errors.ConnectException: Sink connector 'warehouse' is configured with 'delete.enabled=false' and 'pk.mode=none' and therefore requires records with a non-null Struct value and non-null Struct schema, but found record at (topic='app.public.items',partition=0,offset=0,timestamp=1768200062844) with a HashMap value and null value schema.",
      ),
    },
    advises: 'value.converter.schemas.enable=true',
    control: { findings: [] },
    controls: [
      { subject: confluentSubject() },
      { subject: sinkSubject({ ...OFF, 'connector.class': 'com.example.FileSink' }) },
      { findings: [findingOf('lost', { hop: 'source-to-log' })] },
      { findings: [findingOf('duplicate')] },
    ],
    also: {
      'where the source has schemas, and the sink skips the records': {
        facts: { sources: [sourceConnector({})], findings: [findingOf('lost')], words: other },
        says: [
          'it skips them without an error',
          'in sink.json: key.converter.schemas.enable=true',
          'enable=false in sink.json\n',
        ],
        omits: 'source.json',
      },
      "by the words of Debezium's sink in the worker's log": {
        facts: {
          subject: sinkSubject(OFF),
          words: [{ from: 'worker-log', name: 'warehouse', text: "Sink connector 'warehouse' needs a key schema, so" }],
        },
        says: "warehouse reports: Sink connector 'warehouse' needs a key schema, so",
        omits: 'without an error',
      },
      'whatever the source task reports': {
        facts: { words: [{ from: 'source-task', name: 'app', text: 'requires records with a non-null key schema' }] },
        omits: ['app reports', 'without an error'],
      },
    },
  },
  'converter-mismatch': {
    facts: {
      ...{ subject: sinkSubject({ 'value.converter': 'org.apache.kafka.connect.json.JsonConverter' }) },
      ...{ sources: [sourceConnector({ 'value.converter': 'io.confluent.connect.avro.AvroConverter' })] },
      findings: STOPPED,
      words: trace(
        'org.apache.kafka.connect.errors.DataException: Converting byte[] to Kafka Connect data failed due to serialization error: \nCaused by: org.apache.kafka.common.errors.SerializationException: com.fasterxml.jackson.core.JsonParseException: Illegal character ((CTRL-CHAR, code 0)): only regular white space (\\r, \\n, \\t) is allowed between tokens',
        between,
      ),
    },
    advises: 'to the same class',
    control: { words: other },
    controls: [
      { words: [...NEEDS_SCHEMAS, ...trace('Unknown magic byte!')] },
      { words: [{ from: 'source-task', name: 'app', text: 'Unknown magic byte!' }] },
      { findings: [findingOf('lost', { hop: 'source-to-log' })] },
    ],
    also: {
      'by an Avro converter, with the converter of the worker': {
        facts: { sources: [sourceConnector({})], words: reported('Unknown magic byte!') },
        says: ['Unknown magic byte', "value.converter is not set in source.json (default: the worker's converter)"],
      },
      'by an unexpected character': {
        facts: { words: reported("Unexpected character ('S' (code 83)): expected a value") },
        says: "Unexpected character ('S' (code 83)): expected a value",
      },
      'by an unrecognized token': {
        facts: { words: reported("Unrecognized token 'Struct': was expecting JSON") },
        says: "Unrecognized token 'Struct': was expecting JSON",
      },
      'by an exception of the parser': {
        facts: { words: reported('com.fasterxml.jackson.core.JsonParseException: Illegal character') },
        says: 'JsonParseException: Illegal character',
      },
    },
  },
});
