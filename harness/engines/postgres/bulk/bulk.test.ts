import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import { pieceEndsSql, readSql } from './statements.ts';
import { stream } from './stream.ts';

const table: Table = { schema: 'sales', name: 'My "Table"', columns: [], key: ['place', 'n'] };

test('a piece is read by its bounds, whatever they hold', () => {
  expect(readSql(table, ['n', 'a"b'], { after: ["o'x", '1'], upTo: ['\\', '2'] })).toBe(
    `COPY (SELECT "n", "a""b" FROM "sales"."My ""Table""" WHERE ("place", "n") > ('o''x', '1') AND ("place", "n") <= (E'\\\\', '2')) TO STDOUT`,
  );
  expect(readSql({ ...table, key: [] }, ['n'], { after: ['(5,0)'] })).toContain(`WHERE (ctid) > ('(5,0)')`);
  expect(readSql(table, ['n'], {})).not.toContain('WHERE');
});

test('pieces end at every n-th key, or at every so many pages where there is none', () => {
  expect(pieceEndsSql(table, 10_000)).toMatch(/row_number\(\) OVER \(ORDER BY "place", "n"\)[\s\S]*% 10000 = 0/);
  expect(pieceEndsSql({ ...table, key: [] }, 10_000)).toContain('generate_series(167::bigint');
});

test('a connector reads the slot and the publication of its mark, takes no snapshot, and knows no signal table', () => {
  const server = { engine: 'postgres', host: 'db1', port: 5432, user: 'app', password: 'word' };
  const config = stream.config({ server, database: 'shop', prefix: 'driftlab_a_1', tables: ['public.a'], brokers: [] });
  expect(config).toMatchObject({
    ...{ 'slot.name': 'driftlab_a_1', 'publication.name': 'driftlab_a_1', 'topic.prefix': 'driftlab_a_1' },
    ...{ 'snapshot.mode': 'no_data', 'publication.autocreate.mode': 'disabled', 'table.include.list': 'public\\.a' },
  });
  expect(Object.keys(config).filter((name) => /signal|notification/.test(name))).toEqual([]);
});
