import { expect, test } from 'vitest';
import { diagnoseSetUp } from './diagnose.ts';
import { brokers, SOUND, saying } from './facts.fixture.ts';
import { SEEN, source, unreadable } from './kafka.fixture.ts';

const [topic = ''] = brokers.wanted;
const diagnosed = (change: object) => diagnoseSetUp({ ...SOUND, ...change }).causes;
const codes = (change: object) => diagnosed(change).map(({ code }) => code);

test('a topic that is not there is no fault where somebody makes it', () => {
  expect(codes(source({}, { topics: [], autoCreates: true }))).toEqual([]);
  // Whether they do was not to be known.
  expect(codes(source({}, { topics: [] }))).toEqual([]);
  const config = { 'topic.creation.default.partitions': '1', 'topic.creation.default.replication.factor': '1' };
  expect(codes(source({ config }, { topics: [], autoCreates: false }))).toEqual([]);
  expect(codes(source({ seenTopics: [topic, 'another that was taken out of the list'] }, {}))).toEqual([]);
});

test('a topic that a task has given up is missing by its own words, once', () => {
  const words = `TimeoutException: Topic ${topic} not present in metadata after 60000 ms.`;
  const [cause, ...others] = diagnosed(saying('source', words));
  expect([cause?.code, others]).toEqual(['connector-topic-missing', []]);
  expect(cause?.fix.run).toEqual([expect.stringContaining(`--create --topic ${topic}`)]);
});

test('records that all are of another format, or their writer, show that the converter is the wrong one', () => {
  const [byRecords] = diagnosed(unreadable([SEEN]));
  expect(byRecords?.code).toBe('converter-mismatch');
  expect(byRecords?.says).toContain('reads JSON with schemas, and its records are written as the wire format');
  expect(byRecords?.evidence.join('\n')).toContain(`the record ${topic}-0 @ 7`);
  const plain = { 'value.converter': 'org.apache.kafka.connect.json.JsonConverter' };
  const writer = (enable: string) => ({
    writers: [{ name: 'shop', converters: { ...plain, 'value.converter.schemas.enable': enable } }],
    config: { ...plain, 'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector' },
  });
  const [schemas] = diagnosed(unreadable([], writer('false')));
  expect([schemas?.code, schemas?.fix.at]).toEqual(['converter-mismatch', 'the configuration of shop']);
  expect(schemas?.evidence.join('\n')).toMatch(/JsonConverter with schemas.enable=true\n.*shop.*schemas.enable=false/);
  // It writes as it is read: the record is the odd one.
  expect(codes(unreadable([SEEN], writer('true')))).toEqual(['connector-poison-record']);
  expect(codes(unreadable([]))).toEqual(['connector-poison-record']);
});
