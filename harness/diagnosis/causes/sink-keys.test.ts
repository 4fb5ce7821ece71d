import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import { factsWith, findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import {
  confluentSubject,
  items,
  refusedBatch,
  STOPPED,
  sinkSubject,
  testPlantings,
  trace,
} from '#testing/planting.ts';
import { SINK_KEYS } from './sink-keys.ts';

const sources = [sourceConnector({ 'message.key.columns': 'public.items:tenant' })];

testPlantings(SINK_KEYS, {
  'message-key-not-primary-key': {
    facts: { sources, tables: [items({ tenant: 'bigint' })], findings: [findingOf('lost'), findingOf('orphan')] },
    advises: 'name all columns of the primary key',
    control: { tables: [items({ tenant: 'bigint' }, ['tenant'])] },
  },
  'sink-needs-key': {
    facts: {
      ...{ subject: confluentSubject(), tables: [items({}, [])], findings: STOPPED },
      words: trace(
        "org.apache.kafka.connect.errors.ConnectException: Sink connector 'warehouse' is configured with 'delete.enabled=true' and 'pk.mode=record_key' and therefore requires records with a non-null key and non-null Struct or primitive key schema, but found record at (topic='app.public.items',partition=0,offset=0,timestamp=1768200062844) with a null key and null key schema.",
      ),
    },
    advises: 'insert.mode=insert and pk.mode=none',
    control: { words: trace('org.postgresql.util.PSQLException: ERROR: deadlock detected') },
  },
  'sink-batch-repeats-key': {
    facts: {
      ...{ subject: sinkSubject({ 'connection.url': 'jdbc:postgresql://db/dw?reWriteBatchedInserts=true' }) },
      findings: STOPPED,
      words: refusedBatch(
        'ON CONFLICT DO UPDATE command cannot affect row a second time\n  Hint: Ensure that no rows proposed for insertion within the same command have duplicate constrained values.',
      ),
    },
    advises: 'use.reduction.buffer=true',
    control: { words: refusedBatch('deadlock detected') },
  },
  'sink-key-mode': {
    facts: {
      subject: sinkSubject({ 'primary.key.mode': 'kafka' }),
      tables: [items()],
      findings: [findingOf('duplicate')],
    },
    advises: 'primary.key.mode=record_key',
    control: { subject: sinkSubject({}) },
  },
  'sink-inserts-blindly': {
    facts: {
      subject: confluentSubject({ 'insert.mode': 'insert' }),
      tables: [items()],
      findings: [findingOf('duplicate')],
    },
    advises: 'insert.mode=upsert, pk.mode=record_key',
    control: { findings: [findingOf('lost')] },
  },
});

test('a batch that the connector itself makes one statement of is told by its property', () => {
  const property = 'dialect.postgres.unnest.insert.enabled';
  const [cause] = diagnose(
    factsWith({
      ...{ subject: sinkSubject({ [property]: 'true' }), findings: STOPPED },
      words: refusedBatch('ON CONFLICT DO UPDATE command cannot affect row a second time'),
    }),
  );
  expect(cause?.says).toContain(`${property}=true in sink.json`);
  expect(cause?.remedy[0]).toBe(`in sink.json: ${property}=false`);
});
