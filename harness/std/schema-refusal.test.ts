import { expect, test } from 'vitest';
import { schemaRefusalIn } from './schema-refusal.ts';

test.each([
  [
    `org.apache.kafka.connect.errors.ConnectException: Tolerance exceeded in error handler
Caused by: io.apicurio.registry.rest.client.exception.RuleViolationException: Incompatible artifact: p.public.t-value [AVRO], num of incompatible diffs: {1}, list of diff types: [reader union lacking writer type: RECORD at /fields/0/type/1]
\tat io.apicurio.registry.rest.client.exception.ExceptionMapper.map(ExceptionMapper.java:49)`,
    'p.public.t-value',
    'Incompatible artifact: p.public.t-value [AVRO], num of incompatible diffs: {1}, list of diff types: [reader union lacking writer type: RECORD at /fields/0/type/1]',
  ],
  [
    'Caused by: io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException: Schema being registered is incompatible with an earlier schema for subject "t-value", details: [x]; error code: 409',
    't-value',
    'Schema being registered is incompatible with an earlier schema for subject "t-value", details: [x]; error code: 409',
  ],
])('a refusal is read with its subject and its words', (text, subject, says) => {
  expect(schemaRefusalIn(text)).toEqual({ subject, status: 409, says });
});

test('any other error tells of none', () => {
  expect(schemaRefusalIn('java.net.ConnectException: Connection refused')).toBeUndefined();
});
