import { expect, test } from 'vitest';
import { diagnoseSetUp } from './diagnose.ts';
import { brokers, capturing, SOUND, saying, slot } from './facts.fixture.ts';
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

test.each([
  [{ partitions: 2, records: 1n, gone: 0n }, 'the group connect-shop is 1 record behind'],
  [
    { partitions: 2, records: 0n, gone: 3n },
    'the group connect-shop is 0 records behind, and 3 more are gone that it had not read',
  ],
  [{ partitions: 0, records: 0n, gone: 0n }, 'the group connect-shop has committed no offset'],
])('how far a sink is, %o, is among what was looked at', (of, says) => {
  const read = { ...brokers, behind: { group: 'connect-shop', ...of } };
  const asked = { place: { where: 'kafka:9092', address: 'kafka:9092' }, read };
  expect(diagnoseSetUp({ ...SOUND, brokers: asked }).looked_at).toContain(
    `the brokers kafka:9092: ${brokers.wanted.length} of the ${brokers.wanted.length} topics; ${says}`,
  );
});

test('so is how much of the log the slot of a source connector has not confirmed', () => {
  const [, source = ''] = diagnoseSetUp({
    ...SOUND,
    ...capturing({ slots: [{ ...slot, unconfirmedBytes: 2 ** 21 }] }),
  }).looked_at;
  expect(source).toMatch(
    /^the source .*; wal_level logical, 1 slots, 1 WAL senders; 2\.0 MB of WAL not confirmed in the slot mark$/,
  );
});
