import { expect, test } from 'vitest';
import type { Finding } from '#model/finding.ts';
import { sourceConnector, wrongValue } from '#testing/diagnosis-facts.ts';
import {
  confluentSubject,
  explains,
  items,
  named,
  programSubject,
  sinkState,
  sinkSubject,
  sourceState,
  testPlantings,
} from '#testing/planting.ts';
import { ALTERED } from './altered.ts';

const tables = [
  items({
    ...{ body: 'text', price: 'numeric(20,2)', fee: 'money', tax: 'decimal(20,2)' },
    at: 'timestamp with time zone',
  }),
];
const text = [wrongValue('body', 'long', 'other')];
const PLACEHOLDER = '__debezium_unavailable_value';
const EXACT = '12345678901234567.89';
const DOUBLE = '12345678901234568';
const double = (more = {}) => sourceConnector({ 'decimal.handling.mode': 'double', ...more });
const shiftedBy = (clock: string, key = '["1"]'): Finding =>
  wrongValue('at', '2026-03-01T10:00:00Z', `2026-03-01T${clock}Z`, { key });

testPlantings(ALTERED, {
  'toast-placeholder': {
    facts: {
      ...{ tables, source: sourceState() },
      findings: [wrongValue('body', 'long text', PLACEHOLDER)],
    },
    advises: 'ALTER TABLE public.items REPLICA IDENTITY FULL;',
    control: { findings: text },
    also: {
      'without the replica identity where it is not known': {
        facts: { source: sourceState({}, { replicaIdentity: {} }) },
        omits: 'REPLICA IDENTITY of',
      },
      'with the replica identity of each table': {
        facts: {
          source: sourceState({}, { replicaIdentity: { 'public.items': 'default', 'public.pages': 'nothing' } }),
          findings: [
            wrongValue('body', 'long text', PLACEHOLDER),
            wrongValue('html', 'long text', PLACEHOLDER, { table: 'public.pages' }),
          ],
        },
        says: [
          'REPLICA IDENTITY of public.items is default',
          'REPLICA IDENTITY of public.pages is nothing',
          'ALTER TABLE public.pages REPLICA IDENTITY FULL;',
        ],
      },
    },
  },
  'decimal-as-double': {
    facts: { tables, sources: [double()], findings: [wrongValue('price', EXACT, DOUBLE)] },
    advises: 'decimal.handling.mode=precise',
    control: { findings: text },
    controls: [
      { sources: [sourceConnector({ 'decimal.handling.mode': 'string' })] },
      { sources: [sourceConnector({})] },
      { sources: [double({ 'table.exclude.list': 'public.items' })] },
      { findings: [wrongValue('body', EXACT, DOUBLE)] },
      { findings: [wrongValue('price', EXACT, null)] },
    ],
    also: {
      'by the second connector where the first does not capture the table': {
        facts: { sources: [double({ 'table.exclude.list': 'public.items' }), { ...double(), file: 'second.json' }] },
        says: 'decimal.handling.mode=double in second.json',
      },
      'for money that is rounded': {
        facts: { findings: [wrongValue('fee', '12.34', '12.3')] },
        says: 'public.items.fee is "12.34"',
      },
      'for a decimal, with long values cut short': {
        facts: { findings: [wrongValue('tax', `${'1'.repeat(60)}.5`, `${'1'.repeat(15)}${'0'.repeat(45)}`)] },
        says: `is "${'1'.repeat(60)}…" at the source and "${'1'.repeat(15)}${'0'.repeat(45)}" at the sink`,
      },
    },
  },
  'decimal-read-as-bytes': {
    facts: { tables, findings: [wrongValue('price', '12.34', 'BNI=')] },
    advises: 'decimal.handling.mode=string',
    control: { findings: [wrongValue('price', '12.34', '12.3')] },
    controls: [{ findings: [wrongValue('body', '12.34', 'BNI=')] }],
    also: { 'for a decimal': { facts: { findings: [wrongValue('tax', '12.34', 'BNI=')] } } },
  },
  'time-cut-to-ms': {
    facts: {
      ...{ tables, sources: [sourceConnector({ 'time.precision.mode': 'connect' })] },
      findings: [wrongValue('at', '2026-03-01T10:00:00.123456Z', '2026-03-01T10:00:00.123Z')],
    },
    advises: 'time.precision.mode=adaptive',
    control: { findings: text },
    controls: [{ sources: [sourceConnector({ 'time.precision.mode': 'adaptive' })] }],
  },
  'time-zone-shift': {
    facts: { tables, subject: confluentSubject(), findings: [shiftedBy('12:00:00')] },
    advises: 'db.timezone=UTC',
    control: { subject: sinkSubject(), findings: [shiftedBy('10:07:13')] },
    controls: [{ findings: [shiftedBy('09:00:00'), shiftedBy('11:00:00'), shiftedBy('12:00:00')] }],
    also: {
      "by a zone with daylight saving time, with Debezium's property": {
        facts: { subject: sinkSubject(), findings: [shiftedBy('11:00:00'), shiftedBy('12:00:00', '["2"]')] },
        says: ['shifted by +1 h or +2 h:', 'in sink.json: use.time.zone=UTC'],
      },
      'by a program west of Greenwich': {
        facts: { subject: programSubject(), findings: [shiftedBy('05:00:00')] },
        says: 'shifted by −5 h:',
        omits: 'use.time.zone',
      },
      'beside a connector of another vendor, whose property is not known': {
        facts: { subject: sinkSubject({ 'connector.class': 'com.example.Sink' }) },
        omits: ['db.timezone', 'use.time.zone'],
      },
      'with the time zone and the triggers of the sink': {
        facts: { sink: sinkState({ settings: { TimeZone: 'Europe/Berlin' }, triggers: ['items: stamp'] }) },
        says: ["the sink's TimeZone is Europe/Berlin", 'items: stamp'],
      },
    },
  },
});

test.each([
  { sources: [double()], value: wrongValue('price', EXACT, DOUBLE) },
  { sources: [sourceConnector({})], value: wrongValue('price', '12.34', 'BNI=') },
  { sources: [sourceConnector({})], value: wrongValue('body', 'a long text', PLACEHOLDER) },
  { sources: [sourceConnector({})], value: shiftedBy('12:00:00') },
])('a value beside it in the same row keeps a cause of its own', ({ sources, value: { differs = [], ...row } }) => {
  const note = { column: 'note', source: 'Blue', sink: 'blue' };
  expect(named({ tables, sources, findings: [{ ...row, differs: [...differs, note] }] })).toContain('value-lower-case');
});

test('a connector is blamed for the rows of its own tables only', () => {
  const other = wrongValue('price', EXACT, DOUBLE, { table: 'shop.items' });
  const facts = {
    tables: [...tables, { ...items({ price: 'numeric(20,2)' }), schema: 'shop' }],
    sources: [double({ 'schema.include.list': 'shop' })],
    findings: [wrongValue('price', EXACT, DOUBLE), other],
  };
  expect(explains('decimal-as-double', facts)).toEqual(['corrupt shop.items']);
});
