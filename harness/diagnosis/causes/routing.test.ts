import { expect, test } from 'vitest';
import { diagnose } from '#diagnosis/diagnose.ts';
import type { OwnConnector } from '#model/pipeline.ts';
import { factsWith, findingOf, jdbcSink, sourceConnector } from '#testing/diagnosis-facts.ts';
import {
  confluentSubject,
  eventOf,
  explains,
  items,
  named,
  programSubject,
  refusedBatch,
  STOPPED,
  sinkState,
  sinkSubject,
  testPlantings,
  trace,
} from '#testing/planting.ts';
import { ROUTING } from './routing.ts';

const BY_TABLE = 'io.debezium.transforms.ByLogicalTableRouter';
const BY_REGEX = 'org.apache.kafka.connect.transforms.RegexRouter';
const router = (alias: string, regex: string, replacement: string, type = BY_REGEX) => {
  const topic = type === BY_TABLE ? 'topic.' : '';
  return {
    [`transforms.${alias}.type`]: type,
    [`transforms.${alias}.${topic}regex`]: regex,
    [`transforms.${alias}.${topic}replacement`]: replacement,
  };
};
const ROUTE = { transforms: 'route', ...router('route', 'app\\.public\\.(.*)', 'all.$1', BY_TABLE) };
const routing = (config: Readonly<Record<string, string>>) => ({
  sources: [sourceConnector({ 'topic.prefix': 'app', ...config })],
});
const lost = [findingOf('lost', eventOf('create'))];
const table = (name: string, columns: Readonly<Record<string, string>> = {}) => ({ ...items(columns), name });
const lacking = (...tables: readonly string[]) => ({
  lacking: tables.map((one) => ({ topic: `all.${one}`, table: `public.${one}` })),
});
const refused = (message: string, ...tables: readonly ReturnType<typeof table>[]) => ({
  ...{ words: trace(message), sink: sinkState({ tables }) },
});
const CONFLUENT = 'io.confluent.connect.jdbc.sink.TableAlterOrCreateException: ';

testPlantings(ROUTING, {
  'sink-name-case': {
    facts: {
      ...{ subject: sinkSubject(), findings: STOPPED, words: refusedBatch('relation "items" does not exist') },
      sink: sinkState({ tables: [table('orders'), table('Items')] }),
    },
    advises: 'quote.identifiers=true',
    control: { sink: sinkState({ tables: [table('articles'), table('items')] }) },
    controls: [{ words: refusedBatch('deadlock detected') }],
    also: {
      'where Debezium does not find the table': {
        facts: refused('java.sql.SQLException: Could not find table: items', table('Items')),
        says: 'ALTER TABLE public."Items" RENAME TO items;',
      },
      'where Debezium may not create it, and already quotes': {
        facts: {
          subject: sinkSubject({ 'quote.identifiers': 'true' }),
          ...refused('Cannot create table "public"."items" because schema evolution is disabled', table('Items')),
        },
        says: 'in sink.json: collection.name.format=Items',
      },
      'where Confluent does not find the table': {
        facts: {
          subject: confluentSubject(),
          ...refused(`${CONFLUENT}Table "public"."Items" is missing and auto-creation is disabled`, table('items')),
        },
        says: ['in sink.json: quote.sql.identifiers=never', 'ALTER TABLE public.items RENAME TO "Items";'],
      },
      'where Confluent misses a column': {
        facts: {
          subject: confluentSubject({ 'quote.sql.identifiers': 'never' }),
          ...refused(
            `${CONFLUENT}Table "public"."items" is missing fields ([SinkRecordField{schema=Schema{STRING}, name='note', isPrimaryKey=false}]) and auto-evolution is disabled`,
            table('orders', { NOTE: 'text' }),
            table('items', { body: 'text', Note: 'text' }),
          ),
        },
        says: 'in sink.json: quote.sql.identifiers=always',
      },
      'where PostgreSQL misses a column of a table': {
        facts: {
          words: refusedBatch('column "note" of relation "Lines" does not exist'),
          sink: sinkState({ tables: [table('lines'), table('items', { note: 'text' }), table('Lines', { Note: '' })] }),
        },
        says: 'at the sink: ALTER TABLE public."Lines" RENAME COLUMN "Note" TO note;',
      },
      'where a column that is quoted as it is has another case': {
        facts: {
          subject: confluentSubject(),
          words: refusedBatch('column "note" does not exist'),
          sink: sinkState({ tables: [table('items', { Note: 'text' })] }),
        },
        says: 'The sink has public.items.Note',
        omits: 'in sink.json',
      },
      'where a program writes': {
        facts: { subject: programSubject() },
        says: 'write "Items" in the SQL of loader',
        omits: 'quote.identifiers',
      },
      'where the subject has a connector of another kind': {
        facts: { subject: sinkSubject({ 'connector.class': 'org.example.Sink' }) },
        says: 'RENAME TO items',
        omits: 'in sink.json',
      },
    },
  },
  'topic-rerouted': {
    facts: {
      ...routing(ROUTE),
      subject: sinkSubject({ topics: 'app.public.items' }, lacking('items')),
      findings: lost,
    },
    advises: 'in sink.json: add all.items to topics',
    control: { sources: [sourceConnector({ 'topic.prefix': 'all' })] },
    controls: [
      routing({}),
      routing({ transforms: 'route', ...router('route', 'other\\.(.*)', 'all.$1') }),
      routing({ transforms: 'route', ...router('route', 'app\\.public\\.(.*)', 'some.$1') }),
      routing({ ...ROUTE, ...router('route', 'app\\.public\\.(.*)', 'all.$1', 'org.example.Router') }),
      routing({ transforms: 'route', 'transforms.route.type': BY_REGEX, 'transforms.route.regex': '.*' }),
      routing({ transforms: 'route', 'transforms.route.type': BY_REGEX, 'transforms.route.replacement': 'all.items' }),
      // Java knows possessive quantifiers, JavaScript does not.
      routing({ transforms: 'route', ...router('route', 'app\\.public\\.(.*+)', 'all.$1') }),
      { findings: [findingOf('lost', { table: 'public.orders' })] },
      { findings: [findingOf('lost', { hop: 'source-to-log' })] },
      { findings: [findingOf('orphan')] },
    ],
    also: {
      'where two tables of two sinks are moved': {
        facts: {
          subject: sinkSubject(
            {},
            {
              ...lacking('items', 'orders', 'items'),
              connectors: [
                jdbcSink({ 'topics.regex': 'app[.].*' }),
                { ...jdbcSink({ topics: 'app.public.orders' }), file: 'orders.json' },
                { ...jdbcSink({ topics: 'app.public.late' }), file: 'late.json' },
              ],
            },
          ),
          findings: [findingOf('stale'), findingOf('lost', { table: 'public.orders' })],
        },
        says: [
          'routes the events of public.items, public.orders to all.items, all.orders, but none of sink.json, orders.json, late.json subscribes',
          'in sink.json: extend topics.regex to match all.items, all.orders',
          'in orders.json: add all.items, all.orders to topics',
          'topics=app.public.late in late.json',
        ],
      },
      'where the second of two routers moves it, away from a program': {
        facts: {
          ...routing({
            transforms: 'other, move',
            ...router('other', 'app\\.audit\\.(.*)', 'audit.$1'),
            ...router('move', 'app\\.public\\.(.*)', 'all.$1'),
          }),
          subject: { ...programSubject(), ...lacking('items') },
        },
        says: ['transforms.move in source.json', 'but loader does not', 'subscribe loader to all.items'],
        omits: 'transforms.other',
      },
      'where a router before has an expression that JavaScript cannot read': {
        facts: routing({
          transforms: 'odd, route',
          ...router('odd', 'app\\.public\\.(.*+)', 'odd.$1'),
          ...router('route', 'app\\.public\\.(.*)', 'all.$1', BY_TABLE),
        }),
        says: 'transforms.route in source.json',
        omits: 'transforms.odd',
      },
      'where one router hands its topics to the next': {
        facts: routing({
          transforms: 'first, second',
          ...router('first', 'app\\.(.*)', 'lab.$1'),
          ...router('second', 'lab\\.public\\.(.*)', 'all.$1'),
        }),
        says: ['transforms.first.regex=', 'transforms.second.regex='],
      },
    },
  },
  'sink-table-elsewhere': {
    facts: {
      ...{ subject: sinkSubject(), findings: lost },
      sink: sinkState({ tables: [table('items'), table('app_public_items')] }),
    },
    advises: `collection.name.format=\${source.table}`,
    control: { subject: sinkSubject({ 'collection.name.format': `\${source.table}` }) },
    controls: [
      { subject: sinkSubject({ 'connector.class': 'org.example.Sink' }) },
      { sink: sinkState({ tables: [table('items')] }) },
      { findings: [findingOf('lost')] },
      { findings: [{ anomaly: 'lost', hop: 'log-to-sink', detail: '', ...eventOf('create') }] },
      { findings: [findingOf('lost', { hop: 'source-to-log', ...eventOf('create') })] },
      { findings: [findingOf('corrupt', eventOf('create'))] },
    ],
    also: {
      'where a format names the schema, and rows are stale and orphans': {
        facts: {
          subject: sinkSubject({ 'collection.name.format': `copies.\${source.schema}_\${source.table}` }),
          sink: sinkState({ tables: [table('items'), table('public_items'), table('public_orders')] }),
          findings: [
            findingOf('stale', eventOf('update')),
            findingOf('orphan', { ...eventOf('delete'), table: 'public.orders' }),
          ],
        },
        says: ['the rows of public.items, public.orders to', 'table public_items, public_orders, which'],
      },
      "where Confluent's takes the last part of a topic that a transform of its own renames": {
        facts: {
          subject: confluentSubject({ transforms: 'route', ...router('route', '(.*)\\.items', '$1.articles') }),
          sink: sinkState({ tables: [table('items'), table('articles')] }),
        },
        says: ["to the sink's table articles", 'transforms.route.regex', 'or table.name.format with'],
      },
    },
  },
});

test('a table under the name that a mapping gives it is not elsewhere', () => {
  const codes = (compared?: Readonly<Record<string, string>>) =>
    named({
      subject: sinkSubject(
        { 'collection.name.format': `dim_\${source.table}` },
        compared === undefined ? {} : { compared },
      ),
      ...{ findings: lost, sink: sinkState({ tables: [table('items'), table('dim_items')] }) },
    });
  expect(codes()).toEqual(['sink-table-elsewhere']);
  expect(codes({ 'public.items': 'public.dim_items' })).toEqual([]);
  expect(codes({ 'public.items': 'public.items' })).toEqual(['sink-table-elsewhere']);
});

test("Confluent's sink writes to the table that a topic of three parts names", () => {
  const sink = sinkState({ tables: [table('items'), table('app_public_items')] });
  expect(named({ subject: confluentSubject(), findings: lost, sink })).toEqual([]);
});

test('a topic that a router has moved is not said to be left out as well', () => {
  expect(named({ ...routing(ROUTE), subject: sinkSubject({}, lacking('items')), findings: lost })).toEqual([
    'topic-rerouted',
  ]);
});

test('of two sources the one whose router moves the topic of lost rows is named', () => {
  const other = (prefix: string) => ({ ...sourceConnector({ 'topic.prefix': prefix, ...ROUTE }), file: 'other.json' });
  const file = (source: OwnConnector, ...tables: readonly string[]) => {
    const facts = { sources: [source, ...routing(ROUTE).sources], subject: sinkSubject({}, lacking(...tables)) };
    return diagnose(factsWith({ ...facts, findings: lost }))[0]?.says;
  };
  expect(file(other('another'), 'items')).toMatch(/^transforms\.route in source\.json/);
  const orders = {
    ...other('app'),
    config: { ...other('app').config, 'transforms.route.topic.regex': 'app\\.public\\.(orders)' },
  };
  expect(file(orders, 'orders', 'items')).toMatch(/^transforms\.route in source\.json/);
});

test('a name of another case explains all that a consumer that stops leaves behind', () => {
  const words = refusedBatch('relation "items" does not exist');
  const anomalies = ['stalled', 'lost', 'stale', 'orphan', 'partial-transaction'] as const;
  const findings = [
    ...anomalies.map((anomaly) => findingOf(anomaly)),
    findingOf('corrupt'),
    findingOf('lost', { hop: 'source-to-log' }),
  ];
  const facts = { words, findings, sink: sinkState({ tables: [table('Items')] }) };
  expect(explains('sink-name-case', facts)).toEqual(anomalies.map((anomaly) => `${anomaly} public.items`));
});
