import { expect, test } from 'vitest';
import type { Anomaly } from '#model/finding.ts';
import { findingOf, jdbcSink, sourceConnector } from '#testing/diagnosis-facts.ts';
import {
  confluentSubject,
  eventOf,
  explains,
  items,
  named,
  programSubject,
  refusedBatch,
  STOPPED,
  sinkSubject,
  testPlantings,
  trace,
} from '#testing/planting.ts';
import { SINK_KEYS } from './sink-keys.ts';

const keyed = (columns: string) => ({ sources: [sourceConnector({ 'message.key.columns': columns })] });
const others = { ...items({}, []), name: 'others' };
const FOREIGN = { 'connector.class': 'org.example.Sink' };
const UNNEST = 'dialect.postgres.unnest.insert.enabled';
const REWRITING = { 'connection.url': 'jdbc:postgresql://db/dw?reWriteBatchedInserts=true' };
const TWICE = 'ON CONFLICT DO UPDATE command cannot affect row a second time';
const CONNECT = 'org.apache.kafka.connect.errors.ConnectException: ';
const deadlock = { words: trace('org.postgresql.util.PSQLException: ERROR: deadlock detected') };
/** Of two connectors, with a foreign one before them. */
const among = (...configs: readonly Readonly<Record<string, string>>[]) =>
  sinkSubject(
    {},
    {
      connectors: [FOREIGN, ...configs].map((config, place) => ({
        ...jdbcSink(config),
        name: `sink-${place}`,
        file: `sink-${place}.json`,
      })),
    },
  );

testPlantings(SINK_KEYS, {
  'message-key-not-primary-key': {
    facts: {
      ...{ ...keyed('public.items:tenant'), tables: [items({ tenant: 'bigint' })] },
      findings: [findingOf('lost'), findingOf('orphan')],
    },
    advises: 'list all columns of the primary key',
    control: { tables: [items({ tenant: 'bigint' }, ['tenant'])] },
    controls: [
      { sources: [sourceConnector({})] },
      keyed('public.items:id,tenant'),
      keyed('public.others:tenant'),
      { findings: [findingOf('lost', { table: 'public.others' })] },
      { findings: [findingOf('corrupt')] },
      { ...keyed('public.others:tenant'), findings: STOPPED },
      {
        sources: [sourceConnector({ 'message.key.columns': 'public.items:tenant', 'table.include.list': 'public.b' })],
      },
    ],
    also: {
      'for two tables, of which one has half of its key, in the second of two sources': {
        facts: {
          sources: [
            { ...sourceConnector({ 'message.key.columns': 'public.absent:id' }), file: 'first.json' },
            ...keyed('public[.]items: tenant, region ; (.*):public.others:id').sources,
          ],
          tables: [
            items({ tenant: 'bigint', region: 'text' }, ['tenant', 'id']),
            { ...items({}, ['id', 'at']), name: 'others' },
          ],
        },
        says: [
          'the records of public.items have the key tenant, region, but its primary key is tenant, id, so several',
        ],
      },
      'for two entries': {
        facts: {
          ...keyed('public.items:tenant;public.others:at'),
          tables: [items({ tenant: 'bigint' }), { ...items({ at: 'date' }, ['id', 'line']), name: 'others' }],
        },
        says: 'primary key is id; the records of public.others have the key at, but its primary key is id, line, so',
      },
    },
  },
  'sink-needs-key': {
    facts: {
      ...{ subject: confluentSubject(), tables: [items({}, []), items()], findings: STOPPED },
      words: trace(
        `${CONNECT}Sink connector 'warehouse' is configured with 'delete.enabled=true' and 'pk.mode=record_key' and therefore requires records with a non-null key and non-null Struct or primitive key schema, but found record at (topic='app.public.items',partition=0,offset=0,timestamp=1768200062844) with a null key and null key schema.`,
      ),
    },
    advises: 'insert.mode=insert and pk.mode=none',
    control: deadlock,
    controls: [{ subject: programSubject() }, { subject: sinkSubject(FOREIGN) }],
    also: {
      "in Debezium's words, of two tables and two sources": {
        facts: {
          subject: sinkSubject(),
          words: trace(`${CONNECT}Configured primary key mode 'record_key' cannot have null schema`),
          sources: [sourceConnector({}), { ...sourceConnector({}), file: 'b.json' }],
          tables: [items({}, []), others],
        },
        says: ['add a primary key to public.items, public.others\n', 'in b.json: message.key.columns with'],
      },
      "in Aiven's words, in the log of the worker, of the second of two connectors": {
        facts: {
          subject: among({}, { 'connector.class': 'io.aiven.connect.jdbc.JdbcSinkConnector' }),
          words: [
            {
              ...{ from: 'worker-log', name: 'sink-2' },
              text: "PK mode for table 'items' is RECORD_KEY, but record key schema is missing",
            },
          ],
          tables: [],
        },
        says: [
          'pk.mode=record_key in sink-2.json: the events of a table without a primary key have',
          'key to the table',
        ],
      },
      'of the first JDBC sink, where the words have another name': {
        facts: { subject: among({}, {}) },
        says: 'primary.key.mode=record_key in sink-1.json',
      },
    },
  },
  'sink-batch-repeats-key': {
    facts: {
      ...{ subject: sinkSubject(REWRITING) },
      findings: STOPPED,
      words: refusedBatch(
        `${TWICE}\n  Hint: Ensure that no rows proposed for insertion within the same command have duplicate constrained values.`,
      ),
    },
    advises: 'use.reduction.buffer=true',
    control: { words: refusedBatch('deadlock detected') },
    also: {
      'where the connector itself combines the batch': {
        facts: { subject: among({}, { [UNNEST]: 'true', ...REWRITING }) },
        says: [`: ${UNNEST}=true in sink-2.json combines`, `in sink-2.json: ${UNNEST}=false`],
      },
      'where it is switched off there': {
        facts: { subject: sinkSubject({ ...REWRITING, [UNNEST]: 'false' }) },
        says: 'remove reWriteBatchedInserts=true',
      },
      "where the driver of Confluent's combines the batch": {
        facts: { subject: confluentSubject(REWRITING) },
        says: ': reWriteBatchedInserts=true in sink.json',
        omits: 'use.reduction.buffer',
      },
      'where nothing of the connector does': {
        facts: { subject: sinkSubject({ 'connection.url': 'jdbc:postgresql://db/dw' }) },
        says: ['does not allow.', 'write row by row'],
        omits: 'in sink.json',
      },
    },
  },
  'sink-key-mode': {
    facts: {
      subject: sinkSubject({ 'primary.key.mode': 'kafka' }),
      tables: [items()],
      findings: [findingOf('duplicate')],
    },
    advises: 'primary.key.mode=record_key',
    control: { subject: sinkSubject({}) },
    controls: [
      { subject: sinkSubject({ 'primary.key.mode': 'kafka', 'insert.mode': 'insert' }) },
      { subject: sinkSubject({ ...FOREIGN, 'primary.key.mode': 'kafka' }) },
      { findings: [findingOf('lost')] },
      { subject: sinkSubject({ 'primary.key.mode': 'record_value' }) },
    ],
    also: {
      'where there is none, in the second of two connectors': {
        facts: {
          subject: among(
            { 'primary.key.mode': 'kafka' },
            { 'connector.class': 'io.confluent.connect.jdbc.JdbcSinkConnector' },
          ),
          findings: [findingOf('stalled')],
        },
        says: 'pk.mode is not set in sink-2.json (default: none) with insert.mode=upsert: the connector has no key',
      },
    },
  },
  'sink-inserts-blindly': {
    facts: {
      subject: confluentSubject({ 'insert.mode': 'insert' }),
      tables: [items(), others],
      findings: [findingOf('duplicate')],
    },
    advises: 'insert.mode=upsert, pk.mode=record_key',
    control: { findings: [findingOf('lost')] },
    controls: [
      { subject: confluentSubject({ 'insert.mode': 'upsert' }) },
      { subject: sinkSubject({ ...FOREIGN, 'insert.mode': 'insert' }) },
      { findings: [findingOf('duplicate', { hop: 'source-to-log' })] },
    ],
    also: {
      'where it is the default, and two tables have no primary key': {
        facts: {
          subject: sinkSubject(
            {},
            {
              connectors: [
                {
                  ...{ name: 'warehouse', file: 'sink.json' },
                  config: { 'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector' },
                },
              ],
            },
          ),
          tables: [items({}, []), others, { ...items({}, []), name: 'third' }],
          findings: [
            findingOf('duplicate'),
            findingOf('orphan', { ...eventOf('delete'), table: 'public.others' }),
            findingOf('stale', eventOf('update')),
          ],
        },
        says: ['insert.mode is not set in sink.json (default: insert)', 'key to public.items, public.others, and in'],
        omits: 'LSN',
      },
      'where events of a table without a primary key are delivered again': {
        facts: {
          ...{ subject: sinkSubject({ 'insert.mode': 'insert' }), sources: [sourceConnector({})] },
          tables: [items({}, [])],
        },
        says: ['in source.json: message.key.columns with', 'and in sink.json: insert.mode=upsert', 'the same LSN'],
      },
    },
  },
});

const found = (...anomalies: readonly Anomaly[]) => anomalies.map((anomaly) => findingOf(anomaly));

test('a row that its delete has left behind is not one too many: it is there because deletes are off', () => {
  const subject = sinkSubject({ 'insert.mode': 'insert', 'delete.enabled': 'false' });
  const facts = { subject, tables: [items(), others], findings: [findingOf('orphan', eventOf('delete'))] };
  expect(named(facts)).toEqual(['sink-deletes-off']);
  expect(named({ ...facts, tables: [items({}, [])] })[0]).toBe('sink-inserts-blindly');
});

test('what follows from keys that several rows share', () => {
  const anomalies = ['lost', 'stale', 'orphan', 'resurrected', 'reordered'] as const;
  const elsewhere = (['lost', 'stalled', 'partial-transaction'] as const).map((anomaly) =>
    findingOf(anomaly, { table: 'public.others' }),
  );
  const facts = {
    ...{ ...keyed('public.items:tenant'), tables: [items({ tenant: 'bigint' }), others] },
    findings: [...found(...anomalies, 'corrupt', 'duplicate'), ...elsewhere],
  };
  expect(explains('message-key-not-primary-key', facts)).toEqual([
    ...anomalies.map((anomaly) => `${anomaly} public.items`),
    'stalled public.others',
    'partial-transaction public.others',
  ]);
});

test('what a key mode without a key leaves at the sink', () => {
  const findings = found('stalled', 'lost', 'duplicate', 'orphan', 'stale');
  const left = (mode: string) =>
    explains('sink-key-mode', { subject: sinkSubject({ 'primary.key.mode': mode }), findings });
  expect(left('kafka')).toEqual(['duplicate public.items', 'orphan public.items']);
  expect(left('none')).toEqual(['stalled public.items', 'lost public.items', 'duplicate public.items']);
});

test.each(['sink-needs-key', 'sink-batch-repeats-key'])('%s: what a connector that stops leaves behind', (code) => {
  const anomalies = ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'] as const;
  const reason = code === 'sink-needs-key' ? "primary key mode 'record_key' cannot have null schema" : TWICE;
  const facts = { subject: sinkSubject(), words: trace(reason), findings: found(...anomalies, 'corrupt', 'duplicate') };
  expect(explains(code, facts)).toEqual(anomalies.map((anomaly) => `${anomaly} public.items`));
});
