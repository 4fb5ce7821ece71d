import { expect, test } from 'vitest';
import { findingOf, jdbcSink, sourceConnector } from '#testing/diagnosis-facts.ts';
import { confluentSubject, eventOf, explains, programSubject, sinkSubject, testPlantings } from '#testing/planting.ts';
import { SINK_PROPERTIES } from './sink-properties.ts';

const TOLERANT = { 'errors.tolerance': 'all' };
const QUEUE = { 'errors.deadletterqueue.topic.name': 'dlq' };
const FOREIGN = { 'connector.class': 'org.example.Sink' };
const TRUNCATING = { 'truncate.enabled': 'true' };
const lacking = (...tables: readonly string[]) => ({
  lacking: tables.map((table) => ({ topic: `app.public.${table}`, table: `public.${table}` })),
});
const uncaptured = { findings: [findingOf('lost', { hop: 'source-to-log' })] };
const others = (more = {}) => ({ connectors: [jdbcSink(FOREIGN), { ...jdbcSink(more), file: 'second.json' }] });

testPlantings(SINK_PROPERTIES, {
  'sink-topic-left-out': {
    facts: {
      subject: sinkSubject({ topics: 'app.public.orders' }, lacking('items')),
      findings: [findingOf('lost')],
    },
    advises: 'in sink.json: add app.public.items to topics',
    control: { findings: [findingOf('lost', { table: 'public.orders' })] },
    controls: [{ subject: sinkSubject({ topics: 'app.public.orders' }) }, uncaptured],
    also: {
      'where two tables are left out by an expression': {
        facts: {
          subject: sinkSubject({ 'topics.regex': 'app[.]audit[.].*' }, lacking('items', 'orders', 'items')),
          findings: [findingOf('stale'), findingOf('lost', { table: 'public.orders' })],
        },
        says: [
          'topics.regex=app[.]audit[.].* in sink.json leaves out app.public.items, app.public.orders: no',
          'extend topics.regex to match',
        ],
      },
      'where a program does not read it': {
        facts: { subject: { ...programSubject(), ...lacking('items') } },
        says: ['loader leaves out', 'subscribe loader to app.public.items'],
      },
    },
  },
  'sink-deletes-off': {
    facts: {
      subject: confluentSubject({ 'delete.enabled': 'false' }),
      findings: [findingOf('orphan', eventOf('delete'))],
    },
    advises: 'delete.enabled=true, pk.mode=record_key',
    control: { findings: [findingOf('orphan', eventOf('update'))] },
    controls: [
      { subject: confluentSubject({ 'delete.enabled': 'true' }) },
      { subject: sinkSubject({ ...FOREIGN, 'delete.enabled': 'false' }) },
      { findings: [findingOf('orphan')] },
      { findings: [findingOf('stale', eventOf('delete'))] },
      { findings: [findingOf('orphan', { ...eventOf('delete'), hop: 'source-to-log' })] },
    ],
    also: {
      'for a row that came back, in the second of two connectors': {
        facts: {
          subject: sinkSubject({}, others({ 'delete.enabled': 'false' })),
          findings: [findingOf('resurrected', eventOf('delete'))],
        },
        says: 'in second.json: delete.enabled=true, primary.key.mode=record_key',
      },
    },
  },
  'sink-truncate-off': {
    facts: { subject: sinkSubject(), findings: [findingOf('orphan', eventOf('truncate'))] },
    advises: 'truncate.enabled=true',
    control: { findings: [findingOf('orphan', eventOf('delete'))] },
    controls: [
      { subject: sinkSubject({ 'truncate.enabled': 'true' }) },
      { subject: sinkSubject(FOREIGN) },
      { findings: [findingOf('orphan')] },
      { findings: [findingOf('stale', eventOf('truncate'))] },
      { findings: [findingOf('orphan', { ...eventOf('truncate'), hop: 'source-to-log' })] },
    ],
    also: {
      "where the connector is Confluent's": {
        facts: { subject: confluentSubject({ 'delete.enabled': 'true' }) },
        says: ['cannot apply a TRUNCATE', "empty the sink's table by hand"],
        omits: 'truncate.enabled',
      },
    },
  },
  'truncate-overtakes': {
    facts: { subject: sinkSubject(TRUNCATING), findings: [findingOf('orphan', eventOf('truncate'))] },
    advises: 'create the topic of a table that is truncated with one partition',
    control: { findings: [findingOf('orphan', eventOf('delete'))] },
    controls: [
      { subject: sinkSubject() },
      { subject: sinkSubject({ ...FOREIGN, ...TRUNCATING }) },
      { sources: [sourceConnector({ 'topic.creation.default.partitions': '1' })] },
      { findings: [findingOf('orphan')] },
      { findings: [findingOf('stale', eventOf('truncate'))] },
      { findings: [findingOf('orphan', { ...eventOf('truncate'), hop: 'source-to-log' })] },
    ],
    also: {
      'where two source connectors make the topics': {
        facts: {
          sources: [
            { ...sourceConnector({ 'topic.creation.default.partitions': '1' }), file: 'first.json' },
            { ...sourceConnector({}), file: 'second.json' },
            { ...sourceConnector({ 'topic.creation.default.partitions': '6' }), file: 'third.json' },
          ],
        },
        says: 'in second.json, third.json: topic.creation.default.partitions=1',
        omits: 'first.json',
      },
    },
  },
  'sink-errors-tolerated': {
    facts: { subject: sinkSubject(TOLERANT), findings: [findingOf('lost', eventOf('create'))] },
    advises: 'errors.tolerance=none',
    control: uncaptured,
    controls: [
      { subject: sinkSubject() },
      { subject: sinkSubject({ 'errors.tolerance': 'none' }) },
      { subject: sinkSubject({ ...TOLERANT, ...QUEUE }) },
    ],
    also: {
      'where it logs them, in the second of two connectors': {
        facts: { subject: sinkSubject({}, others({ ...TOLERANT, 'errors.log.enable': 'true' })) },
        says: "errors.tolerance=all in second.json without a dead-letter queue: a record that fails is skipped, and only the worker's log reports it",
      },
    },
  },
  'sink-dead-letters': {
    facts: { subject: sinkSubject({ ...TOLERANT, ...QUEUE }), findings: [findingOf('lost', eventOf('create'))] },
    advises: 'read dlq',
    control: uncaptured,
    controls: [{ subject: sinkSubject(QUEUE) }, { subject: sinkSubject(TOLERANT) }],
  },
});

test.each(['sink-errors-tolerated', 'sink-dead-letters'])('%s: what a record that is skipped can leave', (code) => {
  const anomalies = ['lost', 'stale', 'orphan', 'missing-column', 'partial-transaction'] as const;
  const findings = [...anomalies, 'duplicate' as const, 'corrupt' as const].map((anomaly) => findingOf(anomaly));
  const subject = sinkSubject({ ...TOLERANT, ...(code === 'sink-dead-letters' ? QUEUE : {}) });
  expect(explains(code, { subject, findings })).toEqual(anomalies.map((anomaly) => `${anomaly} public.items`));
});

test('of two topics that a connector does not read, the one that a router of the source moved is not left out', () => {
  const source = sourceConnector({
    'topic.prefix': 'app',
    transforms: 'move',
    'transforms.move.type': 'org.apache.kafka.connect.transforms.RegexRouter',
    'transforms.move.regex': '.*orders',
    'transforms.move.replacement': 'app.moved',
  });
  const moved = { topic: 'app.moved', table: 'public.orders' };
  const facts = {
    sources: [source],
    subject: sinkSubject({}, { lacking: [moved, ...lacking('items').lacking] }),
    findings: [findingOf('lost'), findingOf('lost', { table: 'public.orders' })],
  };
  expect(explains('sink-topic-left-out', facts)).toEqual(['lost public.items']);
  expect(explains('topic-rerouted', facts)).toEqual(['lost public.orders']);
});
