import { describe, expect, test } from 'vitest';
import type { SinkTable } from '#engines/port/sink.ts';
import {
  appliedStatement,
  bookkeepingSql,
  firstHighestStatement,
  guardsOf,
  guardsStatement,
  highestStatement,
  LOCK_SQL,
  POSITIONS_SQL,
  positionsOf,
  pruneDedupStatement,
  pruneTombstonesStatement,
  raiseHighestStatement,
  rememberStatement,
  TRUNCATED,
  tombstonesStatement,
} from './apply-bookkeeping.ts';

const column = (name: string, castType: string) =>
  [name, { name, castType, type: castType, generated: false }] as const;
const ORDERS: SinkTable = { id: 'shop.orders', columns: new Map([column('id', 'bigint')]), key: ['id'] };
const RANGES = [
  { topic: 'a', partition: 0, from: 5n, next: 9n },
  { topic: 'b', partition: 12, from: 0n, next: 1n },
];
const AS_ARRAYS = ['{"a","b"}', '{"0","12"}', '{"5","0"}', '{"9","1"}'];

test('the tables that the applier keeps beside the rows', () => {
  expect(bookkeepingSql('bigint')).toEqual(`
CREATE SCHEMA IF NOT EXISTS _cdc;
CREATE TABLE IF NOT EXISTS _cdc.positions (
  consumer text, topic text, partition integer, position bigint NOT NULL, PRIMARY KEY (consumer, topic, partition));
CREATE TABLE IF NOT EXISTS _cdc.dedup (
  consumer text, topic text, partition integer, "offset" bigint, through bigint NOT NULL,
  PRIMARY KEY (consumer, topic, partition, "offset"));
CREATE TABLE IF NOT EXISTS _cdc.tombstones (
  table_name text, key text, lsn bigint NOT NULL, deleted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (table_name, key));
CREATE INDEX IF NOT EXISTS tombstones_deleted_at ON _cdc.tombstones (deleted_at);
CREATE TABLE IF NOT EXISTS _cdc.guards (table_name text PRIMARY KEY, highest bigint NOT NULL);`);
});

test('one transaction of a consumer at a time', () => {
  expect(LOCK_SQL).toBe(`SELECT pg_advisory_xact_lock(hashtextextended('driftlab applier ' || $1, 0))`);
});

test('positions are read by their consumer, and are offsets of topics and partitions', () => {
  expect(POSITIONS_SQL).toBe('SELECT topic, partition, position FROM _cdc.positions WHERE consumer = $1');
  const rows = [
    { topic: 'a', partition: '3', position: '9007199254740993' },
    { topic: 'b', partition: '0', position: '1' },
  ];
  expect([...positionsOf(rows)]).toEqual([
    ['a/3', 9007199254740993n],
    ['b/0', 1n],
  ]);
});

describe('records that were applied', () => {
  test('are looked up by the runs of offsets that overlap', () => {
    expect(appliedStatement('me', RANGES).params).toEqual(['me', ...AS_ARRAYS]);
    expect(appliedStatement('me', RANGES).sql).toEqual(`SELECT d.topic, d.partition, d."offset" AS first, d.through FROM
  unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[]) AS i(topic, partition, first, next)
  JOIN _cdc.dedup d ON d.consumer = $1 AND d.topic = i.topic AND d.partition = i.partition
   AND d."offset" < i.next AND d.through >= i.first`);
  });

  test('are remembered with the position, which never falls', () => {
    expect(rememberStatement('me', RANGES).params).toEqual(['me', ...AS_ARRAYS]);
    expect(rememberStatement('me', RANGES).sql).toEqual(`WITH i AS MATERIALIZED (
  SELECT * FROM unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[]) AS i(topic, partition, first, next)),
p AS (
  INSERT INTO _cdc.positions AS p SELECT $1, topic, partition, max(next) FROM i GROUP BY topic, partition
  ON CONFLICT (consumer, topic, partition) DO UPDATE SET position = greatest(p.position, excluded.position))
INSERT INTO _cdc.dedup AS d SELECT $1, topic, partition, first, next - 1 FROM i WHERE next > first
ON CONFLICT (consumer, topic, partition, "offset") DO UPDATE SET through = greatest(d.through, excluded.through)`);
  });

  test('are forgotten far below the position', () => {
    expect(pruneDedupStatement('me', 1000n)).toEqual({
      sql: `DELETE FROM _cdc.dedup d USING _cdc.positions p
WHERE d.consumer = $1 AND p.consumer = d.consumer AND p.topic = d.topic AND p.partition = d.partition
  AND d.through < p.position - $2::bigint`,
      params: ['me', '1000'],
    });
  });
});

describe('deleted keys', () => {
  test('are remembered with the highest LSN', () => {
    const tombstones = new Map([
      ['["1"]', 7n],
      ['["2"]', 8n],
    ]);
    expect(tombstonesStatement(ORDERS, tombstones)).toEqual({
      sql: `INSERT INTO _cdc.tombstones AS t (table_name, key, lsn) SELECT $1, * FROM unnest($2::text[], $3::bigint[])
ON CONFLICT (table_name, key) DO UPDATE SET lsn = greatest(t.lsn, excluded.lsn), deleted_at = now()`,
      params: ['shop.orders', '{"[\\"1\\"]","[\\"2\\"]"}', '{"7","8"}'],
    });
  });

  test('are forgotten after a while', () => {
    expect(pruneTombstonesStatement(60_000)).toEqual({
      sql: "DELETE FROM _cdc.tombstones WHERE deleted_at < now() - $1::bigint * interval '1 millisecond'",
      params: ['60000'],
    });
  });

  test('a truncate is that of no key', () => {
    expect(TRUNCATED).toBe('');
  });
});

describe('guards', () => {
  test('the highest of a table is found where it is not known, asked for under a lock, and only raised', () => {
    expect(firstHighestStatement(ORDERS)).toEqual({
      sql: `INSERT INTO _cdc.guards AS g (table_name, highest)
SELECT $1, coalesce(greatest((SELECT max("_cdc_guard") FROM "shop"."orders"),
  (SELECT max(lsn) FROM _cdc.tombstones WHERE table_name = $1)), -1)
ON CONFLICT (table_name) DO NOTHING`,
      params: ['shop.orders'],
    });
    expect(highestStatement(ORDERS)).toEqual({
      sql: `SELECT highest, (SELECT lsn FROM _cdc.tombstones WHERE table_name = $1 AND key = '') AS truncated
FROM _cdc.guards WHERE table_name = $1 FOR UPDATE`,
      params: ['shop.orders'],
    });
    expect(raiseHighestStatement(ORDERS, 12n)).toEqual({
      sql: 'UPDATE _cdc.guards SET highest = $2::bigint WHERE table_name = $1 AND highest < $2::bigint',
      params: ['shop.orders', '12'],
    });
  });

  test('of keys come from their rows and from their tombstones, where they matter', () => {
    const question = { columns: ['id', 'kind'], values: ['1', 'x'], id: '["1","x"]', lsn: 9n };
    expect(guardsStatement(ORDERS, [question])).toEqual({
      sql: `WITH i AS MATERIALIZED (
  SELECT * FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[]) AS i(id, lsn, k0, k1)),
g AS (
  SELECT i.id, t."_cdc_guard" AS guard FROM i JOIN "shop"."orders" t ON t."id" = i.k0 AND t."kind" = i.k1 WHERE t."_cdc_guard" >= i.lsn
  UNION ALL
  SELECT i.id, b.lsn FROM i JOIN _cdc.tombstones b ON b.table_name = $1 AND b.key = i.id WHERE b.lsn >= i.lsn)
SELECT json_agg(json_build_array(id, guard::text)) AS keys FROM g`,
      params: ['shop.orders', '{"[\\"1\\",\\"x\\"]"}', '{"9"}', '{"1"}', '{"x"}'],
    });
  });

  test('of a key that has several the highest counts', () => {
    expect([...guardsOf('[["[\\"1\\"]","7"],["[\\"2\\"]","3"],["[\\"1\\"]","9"],["[\\"1\\"]","8"]]')]).toEqual([
      ['["1"]', 9n],
      ['["2"]', 3n],
    ]);
    expect([...guardsOf(null)]).toEqual([]);
  });
});

describe('positions that need more than 8 bytes', () => {
  const wide = {
    ...{ id: 'shop.orders', key: ['id'] },
    columns: new Map([column('id', 'bigint'), column('_cdc_guard', 'numeric')]),
  };

  test('are kept as numbers of any length, beside the rows too', () => {
    expect(bookkeepingSql('numeric')).toContain('lsn numeric NOT NULL');
    expect(bookkeepingSql('numeric')).toContain('highest numeric NOT NULL');
    expect(tombstonesStatement(wide, new Map([['["1"]', 2n ** 70n]])).sql).toContain('$3::numeric[]');
    expect(raiseHighestStatement(wide, 2n ** 70n)).toEqual({
      sql: 'UPDATE _cdc.guards SET highest = $2::numeric WHERE table_name = $1 AND highest < $2::numeric',
      params: ['shop.orders', '1180591620717411303424'],
    });
    const question = { id: '["1"]', lsn: 2n ** 70n, columns: ['id'], values: ['1'] };
    expect(guardsStatement(wide, [question]).sql).toContain('unnest($2::text[], $3::numeric[],');
  });
});
