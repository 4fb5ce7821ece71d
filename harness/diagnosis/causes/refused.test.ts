import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import { factsWith, findingOf, jdbcSink, sourceConnector } from '#testing/diagnosis-facts.ts';
import {
  confluentSubject,
  explains,
  items,
  named,
  type Planting,
  programSubject,
  refusedBatch,
  STOPPED,
  sinkState,
  sinkSubject,
  testPlantings,
  trace,
} from '#testing/planting.ts';
import { REFUSED } from './refused.ts';

/** The control is the same pipeline, which stops at something that says nothing of its tables. */
function planted(
  words: Planting['facts']['words'],
  advises: string,
  more: Planting['facts'] = {},
  also: Planting['also'] = {},
): Planting {
  return {
    facts: { subject: sinkSubject(), findings: STOPPED, words: words ?? [], ...more },
    advises,
    control: { words: refusedBatch('deadlock detected\n  Detail: Process 71 waits for ShareLock on transaction 812.') },
    controls: [{ findings: STOPPED.map((one) => ({ ...one, hop: 'source-to-log' })) }],
    also,
  };
}

const constraint = (kind: 'primary-key' | 'unique' | 'check', name: string, text = '') =>
  sinkState({ constraints: [{ ...{ table: 'public.items', name, kind, text }, columns: ['tenant', 'code'] }] });
const DEBEZIUM = { 'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector' };
const duplicate = (name: string) => refusedBatch(`duplicate key value violates unique constraint "${name}"`);
const custom = sinkSubject({ 'connector.class': 'com.example.Sink', 'insert.mode': 'insert' });
const narrow = (ours: string, theirs: string) => ({
  tables: [items({ note: ours })],
  sink: sinkState({ tables: [items({ note: theirs })] }),
});
const overflow = refusedBatch('numeric field overflow\n  Detail: A field with precision 5, scale 2 must round.');

testPlantings(REFUSED, {
  'sink-foreign-key': planted(
    refusedBatch(
      'insert or update on table "lines" violates foreign key constraint "lines_order_fkey"\n  Detail: Key (order_id)=(7) is not present in table "orders".',
    ),
    'ALTER TABLE lines DROP CONSTRAINT lines_order_fkey;',
    {},
    {
      'for a delete, of the table that references': {
        facts: {
          words: refusedBatch(
            'update or delete on table "orders" violates foreign key constraint "lines_order_fkey" on table "lines"',
          ),
        },
        says: ["of the sink's table lines refuses a change to orders", 'ALTER TABLE lines DROP CONSTRAINT'],
      },
      'for a delete that RESTRICT refuses': {
        facts: {
          words: refusedBatch(
            'update or delete on table "orders" violates RESTRICT setting of foreign key constraint "lines_order_fkey" on table "lines"',
          ),
        },
        says: 'rows of lines still reference it',
      },
    },
  ),
  'sink-key-mismatch': planted(
    refusedBatch('there is no unique or exclusion constraint matching the ON CONFLICT specification'),
    'remove message.key.columns',
    { sources: [sourceConnector({ 'message.key.columns': 'public.items:tenant' })] },
    {
      'where the keys are those of the tables': {
        facts: { sources: [sourceConnector({})] },
        says: ['by which warehouse writes', 'add a primary key'],
        omits: 'message.key.columns',
      },
    },
  ),
  'sink-unique': planted(
    refusedBatch('duplicate key value violates unique constraint "items_pkey"\n  Detail: Key (id)=(1) already exists.'),
    'in sink.json: insert.mode=upsert, with pk.mode=record_key',
    { subject: confluentSubject({ 'insert.mode': 'insert' }) },
    {
      "with Debezium's property, where it inserts by default": {
        facts: { subject: { ...sinkSubject(), connectors: [{ ...jdbcSink(), config: DEBEZIUM }] } },
        says: ['insert.mode is not set in sink.json (default: insert)', 'with primary.key.mode=record_key'],
      },
      'where the connector upserts': { facts: { subject: sinkSubject() }, says: 'ON CONFLICT', omits: 'sink.json' },
      'where the connector is not known': { facts: { subject: custom }, says: 'ON CONFLICT', omits: 'sink.json' },
      'by another name, where the catalog says that it is the primary key': {
        facts: { words: duplicate('key_of_items'), sink: constraint('primary-key', 'key_of_items') },
        says: 'The primary key key_of_items (tenant, code of public.items) of the sink',
      },
      "for MariaDB's primary key, where the connector is not known": {
        facts: { words: refusedBatch("Duplicate entry '7' for key 'PRIMARY'"), subject: custom },
        says: ['The primary key of a table of the sink refuses', 'ON DUPLICATE KEY UPDATE'],
        omits: 'ON CONFLICT',
      },
      'for a unique index of MariaDB': {
        facts: { words: refusedBatch("Duplicate entry 'it''s' for key 'items_code'") },
        says: ['The unique index items_code of the sink', 'DROP INDEX items_code;'],
        omits: 'upsert',
      },
      'for another constraint': {
        facts: { words: duplicate('items_code'), sink: constraint('unique', 'items_code') },
        says: [
          'unique constraint items_code (tenant, code of public.items) of',
          'ALTER TABLE public.items DROP CONSTRAINT items_code;',
        ],
        omits: 'upsert',
      },
      'for one that is named as a primary key, and is none': {
        facts: { words: duplicate('items_pkey'), sink: constraint('unique', 'items_pkey') },
        says: 'The unique constraint items_pkey',
      },
      'for a unique index, which is no constraint of the catalog': {
        facts: { words: duplicate('items_code'), sink: constraint('unique', 'other') },
        says: ['The unique constraint items_code of', 'drop the constraint or unique index items_code'],
      },
    },
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
    {},
    {
      'where the catalog has another constraint': {
        facts: { sink: constraint('check', 'other', 'CHECK (other)') },
        says: 'a value that the source accepts.',
      },
      'with its text': {
        facts: { sink: constraint('check', 'items_price_check', 'CHECK ((price > 0))') },
        says: 'accepts: CHECK ((price > 0)).',
      },
    },
  ),
  'sink-generated-column': planted(
    refusedBatch(
      'cannot insert a non-DEFAULT value into column "total"\n  Detail: Column "total" is a generated column.',
    ),
    'in the source connector: leave it out',
    { subject: confluentSubject() },
    {
      "of an update, with Debezium's property": {
        facts: { subject: sinkSubject(), words: refusedBatch('column "id" can only be updated to DEFAULT') },
        says: ["The sink's column id is", 'in sink.json: leave it out of the records (field.exclude.list)'],
      },
      'of PostgreSQL 13': {
        facts: { words: refusedBatch('cannot insert into column "total"') },
        says: ["The sink's column total is", 'in sink.json: leave it out of the records (a ReplaceField transform)'],
      },
    },
  ),
  'sink-right-missing': planted(
    refusedBatch('permission denied for table items'),
    'GRANT SELECT, INSERT, UPDATE, DELETE ON items TO',
    {},
    {
      'of a schema': {
        facts: { words: refusedBatch('permission denied for schema dwh') },
        says: 'USAGE ON SCHEMA dwh',
      },
      'of a sequence': {
        facts: { words: refusedBatch('permission denied for sequence items_id_seq') },
        says: 'USAGE ON SEQUENCE items_id_seq TO',
      },
    },
  ),
  'sink-column-narrower': planted(
    refusedBatch('value too long for type character varying(5)'),
    'ALTER COLUMN note TYPE character varying(50);',
    narrow('character varying(50)', 'character varying(5)'),
    {
      'where the sink has no such table': {
        facts: {
          words: refusedBatch('value too long for type character(12)'),
          ...{ sink: sinkState(), subject: programSubject() },
        },
        says: [
          'for a value of the source (value too long for type character(12)).',
          "make the column as wide as the source's",
        ],
      },
      'for a text': {
        facts: narrow('text', 'character(5)'),
        says: "items.note is character(5), and the source's is text",
      },
      'for a number': {
        facts: { words: overflow, ...narrow('numeric(7,2)', 'numeric(5,2)') },
        says: 'note TYPE numeric(7,2);',
      },
      'for a number of a larger scale': {
        facts: { words: overflow, ...narrow('numeric(6,1)', 'numeric(6,2)') },
        says: 'note TYPE numeric(6,1);',
      },
      'for a number without a limit': {
        facts: { words: overflow, ...narrow('numeric', 'numeric(5)') },
        says: 'note TYPE numeric;',
      },
      'for an integer': {
        facts: { words: refusedBatch('integer out of range'), ...narrow('bigint', 'integer') },
        says: 'note TYPE bigint;',
      },
      'for a short integer': {
        facts: {
          words: trace('ERROR: value "70000" is out of range for type smallint'),
          ...narrow('integer', 'smallint'),
        },
        says: 'note TYPE integer;',
      },
      'for two columns, in the table with which it is compared': {
        facts: {
          tables: [items({ note: 'text', mail: 'text' })],
          subject: sinkSubject({}, { compared: { 'public.items': 'public.dim_items' } }),
          sink: sinkState({
            tables: [
              items({ note: 'character(1)' }),
              { ...items({ note: 'character(9)', mail: 'character varying(9)' }), name: 'dim_items' },
            ],
          }),
        },
        says: [
          "public.dim_items.note is character(9), and the source's is text; public.dim_items.mail",
          'ALTER TABLE public.dim_items ALTER COLUMN mail',
        ],
        omits: 'character(1)',
      },
    },
  ),
  'sink-column-missing': planted(
    trace(
      `io.confluent.connect.jdbc.sink.TableAlterOrCreateException: Table "public"."items" is missing fields ([SinkRecordField{schema=Schema{STRING}, name='phone', isPrimaryKey=false}, SinkRecordField{schema=Schema{STRING}, name='fax', isPrimaryKey=false}]) and auto-evolution is disabled`,
    ),
    'add the column, with the same default',
    { subject: confluentSubject() },
    {
      'of a connector': {
        facts: {},
        says: ["The sink's table public.items lacks a column that events have: phone, fax.", 'json: auto.evolve=true'],
      },
      "by PostgreSQL's message, with Debezium's property": {
        facts: {
          subject: sinkSubject(),
          words: refusedBatch('column "phone" of relation "items" does not exist\n  Position: 38'),
          findings: [...STOPPED, findingOf('missing-column', { column: 'tier' })],
        },
        says: [
          "The sink's table items lacks a column that events have: phone.",
          'in sink.json: schema.evolution=basic',
        ],
        omits: 'tier',
      },
      "by Debezium's message, with the columns that are known to be missing": {
        facts: {
          words: trace('java.sql.SQLException: Cannot alter table plans because schema evolution is disabled'),
          findings: [
            ...STOPPED,
            ...['tier', 'tier', 'fee'].map((column) => findingOf('missing-column', { column })),
            findingOf('corrupt', { column: 'note' }),
            findingOf('missing-column'),
          ],
        },
        says: "The sink's table plans lacks a column that events have: tier, fee.",
      },
      "by Debezium's message alone": {
        facts: { words: trace('java.sql.SQLException: Cannot alter table plans because schema evolution is disabled') },
        says: "The sink's table plans lacks a column that events have.",
      },
      'to a connector that is not known': { facts: { subject: custom }, says: 'in sink.json: auto.evolve=true' },
    },
  ),
  'sink-table-missing': planted(
    trace(
      'java.sql.SQLException: Cannot create table app_public_items because schema evolution is disabled',
      'Failed to process a sink record',
    ),
    'collection.name.format=',
    {},
    {
      "by Debezium's message, where the tables of the sink are known": {
        facts: {
          words: trace('java.sql.SQLException: Could not find table: gone'),
          sink: sinkState({ tables: [items(), { ...items(), name: 'orders' }] }),
        },
        says: 'The sink has no table gone (it has public.items, public.orders): collection.name.format is not set in',
      },
      'where the sink has no table at all': { facts: { sink: sinkState() }, says: '(it has none)' },
      // What the file has already is no advice.
      'where the name is already that of the source': {
        facts: { subject: sinkSubject({ 'collection.name.format': `\${source.table}` }) },
        says: `collection.name.format=\${source.table} in sink.json.`,
        omits: 'in sink.json: collection.name.format',
      },
      'of a connector of another vendor': {
        facts: {
          subject: confluentSubject({ 'table.name.format': `dim_\${topic}` }),
          words: trace(
            'io.confluent.connect.jdbc.sink.TableAlterOrCreateException: Table "public"."items" is missing and auto-creation is disabled',
          ),
        },
        says: [
          `no table public.items: table.name.format=dim_\${topic} in sink.json.`,
          'in sink.json: set table.name.format',
        ],
      },
      'of several connectors, one of them not known': {
        facts: { subject: { ...custom, connectors: [...custom.connectors, { ...jdbcSink(), file: 'second.json' }] } },
        says: 'table.name.format is not set in sink.json (default: made from the topic), collection.name.format is not',
      },
      'of a program': {
        facts: { subject: programSubject(), words: refusedBatch('relation "items" does not exist\n  Position: 13') },
        says: 'The sink has no table items.',
        omits: 'sink.json',
      },
    },
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
  expect(named({ subject: sinkSubject(), findings: STOPPED, words })).toEqual(['sink-column-missing']);
});

test.each([
  { words: refusedBatch('relation "items" does not exist\n  Position: 13') },
  { words: trace('java.sql.SQLException: Table "public"."items" is missing and auto-creation is disabled') },
])('a missing table is named by itself', ({ words }) => {
  expect(named({ subject: sinkSubject(), findings: STOPPED, words })).toEqual(['sink-table-missing']);
});

test('a name of another case is neither a missing column nor a missing table', () => {
  const sink = sinkState({ tables: [{ ...items({ Phone: 'text' }), name: 'Items' }] });
  for (const reason of ['relation "items" does not exist', 'column "phone" of relation "Items" does not exist'])
    expect(named({ subject: sinkSubject(), findings: STOPPED, sink, words: refusedBatch(reason) })).toEqual([
      'sink-name-case',
    ]);
});

test('a foreign key within one table is not blamed on the order of topics', () => {
  const words = refusedBatch('insert or update on table "staff" violates foreign key constraint "staff_boss_fkey"');
  const says = (text: string, name = 'staff_boss_fkey') => {
    const key = { table: 'public.staff', kind: 'foreign-key' as const, columns: ['boss'] };
    const constraints = [
      { ...key, name, text },
      { ...key, name: 'other', text: '' },
    ];
    return diagnose(
      factsWith({ subject: sinkSubject(), findings: STOPPED, words, sink: sinkState({ constraints }) }),
    )[0]?.says;
  };
  expect(says('FOREIGN KEY (boss) REFERENCES staff(id)')).toContain('both rows are in the same table');
  expect(says('FOREIGN KEY (boss) REFERENCES ONLY public.staff (id)')).toContain('both rows are in the same table');
  expect(says('FOREIGN KEY (boss) REFERENCES people(id)')).toContain('topics have no common order');
  expect(says('FOREIGN KEY (boss) REFERENCES staff(id)', 'another')).toContain('topics have no common order');
  expect(says('CHECK (boss > 0)')).toContain('topics have no common order');
});

test('a consumer that has stopped explains what it has not applied', () => {
  const words = refusedBatch('permission denied for table items');
  const anomalies = ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction', 'corrupt', 'duplicate'] as const;
  const findings = anomalies.map((anomaly) => findingOf(anomaly));
  expect(explains('sink-right-missing', { words, findings })).toEqual(
    anomalies.slice(0, 5).map((anomaly) => `${anomaly} public.items`),
  );
});

test('two tasks that create a table at the same moment are refused by an index of the catalog, and not by a table', () => {
  const facts = { subject: sinkSubject(), findings: STOPPED, words: duplicate('pg_type_typname_nsp_index') };
  expect(explains('sink-unique', facts)).toEqual([]);
  expect(explains('sink-unique', { ...facts, words: duplicate('pages_key') })).toHaveLength(STOPPED.length);
});
