import { sourceConnector } from '#testing/diagnosis-facts.ts';
import { confluentSubject, STOPPED, sinkSubject, testPlantings, trace } from '#testing/planting.ts';
import { CONVERTERS } from './converters.ts';

const OFF = { 'value.converter.schemas.enable': 'false' };
const between = 'Tolerance exceeded in error handler';
const other = trace('org.postgresql.util.PSQLException: FATAL: the database system is shutting down');

testPlantings(CONVERTERS, {
  'schemas-off-at-source': {
    facts: {
      ...{ subject: sinkSubject(), sources: [sourceConnector(OFF)], findings: STOPPED },
      words: trace(
        'org.apache.kafka.connect.errors.DataException: JsonConverter with schemas.enable requires "schema" and "payload" fields and may not contain additional fields. If you are trying to deserialize plain JSON data, set schemas.enable=false in your converter configuration.',
        between,
      ),
    },
    advises: 'in source.json: key.converter.schemas.enable=true',
    control: { words: other },
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
  },
});
