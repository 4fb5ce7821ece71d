import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import { factsWith, findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import {
  confluentSubject,
  items,
  type Planting,
  refusedBatch,
  STOPPED,
  sinkState,
  sinkSubject,
  testPlantings,
  trace,
} from '#testing/planting.ts';
import { REFUSED } from './refused.ts';

/** The control is the same pipeline, which stops at something that says nothing of its tables. */
function planted(words: Planting['facts']['words'], advises: string, more: Planting['facts'] = {}): Planting {
  return {
    facts: { subject: sinkSubject(), findings: STOPPED, words: words ?? [], ...more },
    advises,
    control: { words: refusedBatch('deadlock detected\n  Detail: Process 71 waits for ShareLock on transaction 812.') },
  };
}

testPlantings(REFUSED, {
  'sink-foreign-key': planted(
    refusedBatch(
      'insert or update on table "lines" violates foreign key constraint "lines_order_fkey"\n  Detail: Key (order_id)=(7) is not present in table "orders".',
    ),
    'ALTER TABLE lines DROP CONSTRAINT lines_order_fkey;',
  ),
  'sink-key-mismatch': planted(
    refusedBatch('there is no unique or exclusion constraint matching the ON CONFLICT specification'),
    'leave message.key.columns out',
    { sources: [sourceConnector({ 'message.key.columns': 'public.items:tenant' })] },
  ),
  'sink-unique': planted(
    refusedBatch('duplicate key value violates unique constraint "items_pkey"\n  Detail: Key (id)=(1) already exists.'),
    'in sink.json: insert.mode=upsert',
    { subject: confluentSubject({ 'insert.mode': 'insert' }) },
  ),
  'sink-not-null': planted(
    refusedBatch(
      'null value in column "note" of relation "items" violates not-null constraint\n  Detail: Failing row contains (1, null).',
    ),
    'ALTER COLUMN note DROP NOT NULL;',
  ),
  'sink-check': planted(
    refusedBatch(
      'new row for relation "items" violates check constraint "items_price_check"\n  Detail: Failing row contains (1, -5).',
    ),
    'ALTER TABLE items DROP CONSTRAINT items_price_check;',
  ),
  'sink-generated-column': planted(
    refusedBatch(
      'cannot insert a non-DEFAULT value into column "total"\n  Detail: Column "total" is a generated column.',
    ),
    'a ReplaceField transform in the sink',
    { subject: confluentSubject() },
  ),
  'sink-right-missing': planted(
    refusedBatch('permission denied for table items'),
    'GRANT SELECT, INSERT, UPDATE, DELETE ON items',
  ),
  'sink-column-narrower': planted(
    refusedBatch('value too long for type character varying(5)'),
    'ALTER COLUMN note TYPE character varying(50);',
    {
      tables: [items({ note: 'character varying(50)' })],
      sink: sinkState({ tables: [items({ note: 'character varying(5)' })] }),
    },
  ),
  'sink-column-missing': planted(
    trace(
      `io.confluent.connect.jdbc.sink.TableAlterOrCreateException: Table "public"."items" is missing fields ([SinkRecordField{schema=Schema{STRING}, name='phone', isPrimaryKey=false}]) and auto-evolution is disabled`,
    ),
    'in sink.json: auto.evolve=true',
    { subject: confluentSubject() },
  ),
  'sink-table-missing': planted(
    trace(
      'java.sql.SQLException: Cannot create table app_public_items because schema evolution is disabled',
      'Failed to process a sink record',
    ),
    'collection.name.format=',
  ),
  'sink-null-byte': planted(
    refusedBatch('invalid byte sequence for encoding "UTF8": 0x00'),
    'store the column as bytea',
  ),
});

test.each([
  { words: refusedBatch('column "phone" of relation "items" does not exist\n  Position: 38') },
  { words: trace('java.sql.SQLException: Cannot alter table items because schema evolution is disabled') },
  {
    words: trace(
      'io.confluent.connect.jdbc.sink.TableAlterOrCreateException: Table "items" is missing fields ([SinkRecordField{}]) and auto-evolution is disabled',
    ),
  },
])('a missing column is not reported as a missing table too', ({ words }) => {
  const causes = diagnose(factsWith({ subject: sinkSubject(), findings: STOPPED, words }));
  expect(causes.map(({ code }) => code)).toEqual(['sink-column-missing']);
});

test.each([
  { words: refusedBatch('relation "items" does not exist\n  Position: 13') },
  {
    words: trace(
      'io.confluent.connect.jdbc.sink.TableAlterOrCreateException: Table "public"."items" is missing and auto-creation is disabled',
    ),
  },
])('a missing table is named by itself', ({ words }) => {
  const [cause, ...others] = diagnose(factsWith({ subject: sinkSubject(), findings: STOPPED, words }));
  expect(cause).toMatchObject({ code: 'sink-table-missing', says: expect.stringMatching(/no table (public\.)?items/) });
  expect(others).toEqual([]);
});

test('a foreign key within one table is not blamed on the order of topics', () => {
  const words = refusedBatch('insert or update on table "staff" violates foreign key constraint "staff_boss_fkey"');
  const told = (text: string) =>
    diagnose(
      factsWith({
        ...{ subject: sinkSubject(), findings: STOPPED, words },
        sink: sinkState({
          constraints: [
            { table: 'public.staff', name: 'staff_boss_fkey', kind: 'foreign-key', columns: ['boss'], text },
          ],
        }),
      }),
    )[0]?.says;
  expect(told('FOREIGN KEY (boss) REFERENCES staff(id)')).toContain('is in the same table');
  expect(told('FOREIGN KEY (boss) REFERENCES people(id)')).toContain('topics are applied in no common order');
});

test('what Debezium leaves out of its words is told from what was found', () => {
  const told = (reason: string, config: Readonly<Record<string, string>> = {}) =>
    diagnose(
      factsWith({
        ...{ subject: sinkSubject(config), words: trace(`java.sql.SQLException: ${reason}`) },
        findings: [...STOPPED, findingOf('missing-column', { column: 'tier' })],
      }),
    )[0];
  expect(told('Cannot alter table plans because schema evolution is disabled')?.says).toContain('events have: tier');
  const gone = 'Could not find table: gone';
  expect(told(gone)?.says).toContain('The sink has no table gone');
  expect(told(gone)?.remedy.join()).toContain('collection.name.format');
  // What stands there already is no advice.
  expect(told(gone, { 'collection.name.format': `\${source.table}` })?.remedy.join()).not.toContain('collection.name');
});
