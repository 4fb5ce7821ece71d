import { expect, test } from 'vitest';
import { connectorTables } from './connector-tables.ts';

const tables = (config: Record<string, string>) =>
  connectorTables([{ file: 'source.json', config }]).map(({ table }) => table);

test.for([
  ['INSERT INTO public.beat (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET at = now()', ['public.beat']],
  ['update heartbeat set at = now()', ['public.heartbeat']],
  ['UPDATE ONLY "Ops"."Beat ""x""" SET at = now()', ['Ops.Beat "x"']],
  ['DELETE FROM app.ops.beat; INSERT INTO ops.beats VALUES (now())', ['ops.beat', 'ops.beats']],
  ['MERGE INTO Ops.Beat USING x ON true WHEN MATCHED THEN UPDATE SET at = now()', ['ops.beat']],
  ["SELECT pg_logical_emit_message(false, 'beat', now()::text)", []],
  ['INSERT INTO updates VALUES (1)', ['public.updates']],
] as const)('%s', ([query, expected]) => {
  expect(tables({ 'heartbeat.action.query': query })).toEqual(expected);
});

test('the table of signals is one, with or without its database, and none is none', () => {
  expect(tables({ 'signal.data.collection': 'inventory.debezium_signal' })).toEqual(['inventory.debezium_signal']);
  expect(tables({ 'signal.data.collection': 'app.public.Signals' })).toEqual(['public.Signals']);
  expect(tables({})).toEqual([]);
  expect(tables({ 'signal.data.collection': '' })).toEqual([]);
});

test('the property that names a table is kept', () => {
  expect(connectorTables([{ file: 's.json', config: { 'heartbeat.action.query': 'UPDATE b SET x = 1' } }])).toEqual([
    { table: 'public.b', property: 'heartbeat.action.query', file: 's.json' },
  ]);
});
