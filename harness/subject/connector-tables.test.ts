import { expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import { connectorTables } from './connector-tables.ts';

const dialectOf = (engine: string) => engineOf({ engine }).dialect;
const tables = (config: Record<string, string>, engine = 'postgres') =>
  connectorTables(dialectOf(engine), [{ file: 'source.json', config }]).map(({ table }) => table);

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

test.for([
  ['INSERT INTO `shop`.`Beat` (id) VALUES (1) ON DUPLICATE KEY UPDATE at = now()', ['db.Beat']],
  ['REPLACE INTO shop.beat VALUES (1, now())', ['db.beat']],
  ['INSERT IGNORE INTO `be``at` VALUES (1)', ['db.be`at']],
] as const)('MariaDB: %s', ([query, expected]) => {
  expect(tables({ 'heartbeat.action.query': query }, 'mariadb')).toEqual(expected);
});

test('MariaDB: the table of signals has its database before it', () => {
  expect(tables({ 'signal.data.collection': 'shop.Signals' }, 'mariadb')).toEqual(['db.Signals']);
});

test('the property that names a table is kept', () => {
  const config = { 'heartbeat.action.query': 'UPDATE b SET x = 1' };
  expect(connectorTables(dialectOf('postgres'), [{ file: 's.json', config }])).toEqual([
    { table: 'public.b', property: 'heartbeat.action.query', file: 's.json' },
  ]);
});
