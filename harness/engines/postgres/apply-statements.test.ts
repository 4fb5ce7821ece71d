import { describe, expect, test } from 'vitest';
import type { RowWrite, SinkColumn, SinkTable } from '#engines/port/sink.ts';
import {
  arrayLiteral,
  deleteStatement,
  insertStatement,
  keyInput,
  truncateStatement,
  updateStatement,
  upsertStatement,
} from './apply-statements.ts';

function sinkTable(columns: Readonly<Record<string, string>>, key: readonly string[], generated?: string): SinkTable {
  const made = Object.entries(columns).map(([name, type]): [string, SinkColumn] => [
    name,
    { name, type, castType: type, generated: name === generated },
  ]);
  return { id: 'shop.orders', columns: new Map(made), key };
}

const BOOKKEEPING = {
  _cdc_op: 'text',
  _cdc_lsn: 'bigint',
  _cdc_captured_at: 'timestamp with time zone',
  _cdc_received: 'timestamp with time zone',
  _cdc_guard: 'bigint',
};
const ORDERS = sinkTable({ id: 'bigint', note: 'text', ...BOOKKEEPING }, ['id']);

const row = (values: RowWrite['values'], more: Partial<RowWrite> = {}): RowWrite => ({
  ...{ key: ['id'], op: 'c', lsn: 9n, capturedAtMs: 1_700_000_000_123, receivedAtMs: 1_700_000_000_456, guard: 12n },
  values,
  ...more,
});

describe('an array literal', () => {
  test.each([
    [[], '{}'],
    [['a'], '{"a"}'],
    [['a', null, 'NULL', ''], '{"a",NULL,"NULL",""}'],
    [['{1,2}', 'a b'], '{"{1,2}","a b"}'],
    [['say "no"', 'C:\\x\\y'], '{"say \\"no\\"","C:\\\\x\\\\y"}'],
    [['"', '\\'], '{"\\"","\\\\"}'],
  ])('%j is %s', (values, literal) => {
    expect(arrayLiteral(values)).toBe(literal);
  });
});

describe('a blind insert', () => {
  test('writes all rows with one statement, and the bookkeeping beside them', () => {
    const rows = [row({ id: '1', note: 'a' }), row({ id: '2', note: null }, { op: 'r', lsn: undefined })];
    expect(insertStatement(ORDERS, rows)).toEqual({
      sql: 'INSERT INTO "shop"."orders" ("id", "note", "_cdc_op", "_cdc_lsn", "_cdc_captured_at", "_cdc_received", "_cdc_guard") OVERRIDING SYSTEM VALUE SELECT i.p0, i.p1, i.p2, i.p3, timestamptz \'1970-01-01Z\' + i.p4 * interval \'1 millisecond\', timestamptz \'1970-01-01Z\' + i.p5 * interval \'1 millisecond\', i.p6 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) AS i(p0, p1, p2, p3, p4, p5, p6)',
      params: [
        '{"1","2"}',
        '{"a",NULL}',
        '{"c","r"}',
        '{"9",NULL}',
        '{"1700000000123","1700000000123"}',
        '{"1700000000456","1700000000456"}',
        '{"12","12"}',
      ],
    });
  });

  test('leaves out what the table has not and what it computes itself', () => {
    const table = sinkTable({ id: 'bigint', loud: 'text' }, ['id'], 'loud');
    expect(insertStatement(table, [row({ id: '1', loud: 'A', gone: 'x' })])).toEqual({
      sql: 'INSERT INTO "shop"."orders" ("id") OVERRIDING SYSTEM VALUE SELECT i.p0 FROM unnest($1::bigint[]) AS i(p0)',
      params: ['{"1"}'],
    });
  });

  test('what is not known of an event is NULL', () => {
    const unknown = { lsn: undefined, capturedAtMs: undefined, guard: undefined };
    expect(insertStatement(ORDERS, [row({ id: '1' }, unknown)]).params.slice(1)).toEqual([
      '{"c"}',
      '{NULL}',
      '{NULL}',
      '{"1700000000456"}',
      '{NULL}',
    ]);
  });

  test('no rows are no columns', () => {
    expect(insertStatement(ORDERS, []).sql).not.toContain('note');
  });

  test.each([
    ...['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'boolean', 'text', 'uuid', 'date'],
    ...['timestamp without time zone', 'timestamp with time zone'],
  ])('%s is sent as an array of it', (type) => {
    const { sql } = insertStatement(sinkTable({ v: type }, []), [row({ v: '1' })]);
    expect(sql).toBe(
      `INSERT INTO "shop"."orders" ("v") OVERRIDING SYSTEM VALUE SELECT i.p0 FROM unnest($1::${type}[]) AS i(p0)`,
    );
  });

  test.each(['integer[]', 'jsonb', 'shop.mood', 'interval'])('%s goes through text', (type) => {
    const { sql } = insertStatement(sinkTable({ v: type }, []), [row({ v: '1' })]);
    expect(sql).toContain(`SELECT i.p0::${type} FROM unnest($1::text[])`);
  });
});

describe('a value for which the column says more than the event', () => {
  const sent = (type: string, value: string | null) =>
    insertStatement(sinkTable({ v: type }, []), [row({ v: value })]).params;

  test('a bit is sent as a boolean', () => {
    expect(sent('bit', 't')).toEqual(['{"1"}']);
    expect(sent('"bit"', 'f')).toEqual(['{"0"}']);
    expect(sent('bit varying', '101')).toEqual(['{"101"}']);
    expect(sent('bit', null)).toEqual(['{NULL}']);
    expect(sent('rabbit', 't')).toEqual(['{"t"}']);
    expect(sent('text', 't')).toEqual(['{"t"}']);
  });

  test('an hstore is sent as JSON', () => {
    const json = '{"a":"1","say \\"no\\"":"C:\\\\x","none":null}';
    const literal = '"a"=>"1", "say \\"no\\""=>"C:\\\\x", "none"=>NULL';
    expect(sent('hstore', json)).toEqual([arrayLiteral([literal])]);
    expect(sent('ext.hstore', json)).toEqual([arrayLiteral([literal])]);
    expect(sent('hstore', '"a"=>"1"')).toEqual([arrayLiteral(['"a"=>"1"'])]);
    expect(sent('hstore', null)).toEqual(['{NULL}']);
    expect(sent('hstores', '{}')).toEqual([arrayLiteral(['{}'])]);
    expect(sent('my_hstore', '{}')).toEqual([arrayLiteral(['{}'])]);
  });
});

describe('an upsert', () => {
  test('of whole rows changes the row that has the key; its guard only rises', () => {
    expect(upsertStatement(ORDERS, [row({ id: '1', note: 'a' }), row({ id: '2', note: 'b' })])).toEqual({
      sql: 'INSERT INTO "shop"."orders" AS t ("id", "note", "_cdc_op", "_cdc_lsn", "_cdc_captured_at", "_cdc_received", "_cdc_guard") OVERRIDING SYSTEM VALUE SELECT i.p0, i.p1, i.p2, i.p3, timestamptz \'1970-01-01Z\' + i.p4 * interval \'1 millisecond\', timestamptz \'1970-01-01Z\' + i.p5 * interval \'1 millisecond\', i.p6 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) AS i(p0, p1, p2, p3, p4, p5, p6) ON CONFLICT ("id") DO UPDATE SET "note" = excluded."note", "_cdc_op" = excluded."_cdc_op", "_cdc_lsn" = excluded."_cdc_lsn", "_cdc_captured_at" = excluded."_cdc_captured_at", "_cdc_received" = excluded."_cdc_received", "_cdc_guard" = greatest(t."_cdc_guard", excluded."_cdc_guard")',
      params: [
        '{"1","2"}',
        '{"a","b"}',
        '{"c","c"}',
        '{"9","9"}',
        '{"1700000000123","1700000000123"}',
        '{"1700000000456","1700000000456"}',
        '{"12","12"}',
      ],
    });
  });

  test('of a part of the columns is tried as an update first, since NOT NULL is checked before the conflict', () => {
    const table = sinkTable({ a: 'bigint', b: 'jsonb', note: 'text', other: 'text', _cdc_op: 'text' }, ['a', 'b']);
    const values = { a: '1', b: '{}', note: 'x' };
    expect(upsertStatement(table, [row(values, { key: ['a', 'b'] })])).toEqual({
      sql: `WITH i AS MATERIALIZED (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[]) AS i(p0, p1, p2, p3)), u AS (UPDATE "shop"."orders" AS t SET "note" = i.p2, "_cdc_op" = i.p3 FROM i WHERE t."a" = i.p0 AND t."b" = i.p1::jsonb RETURNING i.p0, i.p1)
INSERT INTO "shop"."orders" AS t ("a", "b", "note", "_cdc_op") OVERRIDING SYSTEM VALUE SELECT i.p0, i.p1::jsonb, i.p2, i.p3 FROM i WHERE NOT EXISTS (SELECT FROM u WHERE u.p0 = i.p0 AND u.p1 = i.p1) ON CONFLICT ("a", "b") DO UPDATE SET "note" = excluded."note", "_cdc_op" = excluded."_cdc_op"`,
      params: ['{"1"}', '{"{}"}', '{"x"}', '{"c"}'],
    });
  });

  test('columns that the database computes are not missed', () => {
    const table = sinkTable({ id: 'bigint', note: 'text', loud: 'text' }, ['id'], 'loud');
    expect(upsertStatement(table, [row({ id: '1', note: 'a' })]).sql).not.toContain('WITH');
  });

  test('of rows that are nothing but keys changes nothing, and is no error', () => {
    const { sql } = upsertStatement(sinkTable({ id: 'bigint' }, ['id']), [row({ id: '1' })]);
    expect(sql).toContain('ON CONFLICT ("id") DO UPDATE SET "id" = excluded."id"');
  });

  test('of no rows asks nothing of a key', () => {
    expect(upsertStatement(ORDERS, []).sql).toContain('ON CONFLICT () DO UPDATE SET "_cdc_op"');
  });
});

describe('an update', () => {
  test('sets all but the key, and raises the guard', () => {
    expect(updateStatement(ORDERS, [row({ id: '1', note: 'a' })])).toEqual({
      sql: 'UPDATE "shop"."orders" AS t SET "note" = i.p1, "_cdc_op" = i.p2, "_cdc_lsn" = i.p3, "_cdc_captured_at" = timestamptz \'1970-01-01Z\' + i.p4 * interval \'1 millisecond\', "_cdc_received" = timestamptz \'1970-01-01Z\' + i.p5 * interval \'1 millisecond\', "_cdc_guard" = greatest(t."_cdc_guard", i.p6) FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[]) AS i(p0, p1, p2, p3, p4, p5, p6) WHERE t."id" = i.p0',
      params: ['{"1"}', '{"a"}', '{"c"}', '{"9"}', '{"1700000000123"}', '{"1700000000456"}', '{"12"}'],
    });
  });

  test('compares each column of the key in its own type', () => {
    const table = sinkTable({ a: 'bigint', b: 'jsonb', note: 'text' }, ['a', 'b']);
    expect(updateStatement(table, [row({ a: '1', b: '{}', note: 'x' }, { key: ['a', 'b'] })]).sql).toEqual(
      'UPDATE "shop"."orders" AS t SET "note" = i.p2 FROM unnest($1::bigint[], $2::text[], $3::text[]) AS i(p0, p1, p2) WHERE t."a" = i.p0 AND t."b" = i.p1::jsonb',
    );
  });

  test('of no rows has no condition to go by', () => {
    expect(updateStatement(ORDERS, []).sql).toMatch(/WHERE $/);
  });
});

describe('keys', () => {
  const table = sinkTable({ a: 'bigint', b: 'jsonb' }, ['a', 'b']);

  test('are parameters from a number on, cast where their arrays need text', () => {
    const keys = [
      { columns: ['a', 'b'], values: ['1', '{}'] },
      { columns: ['a', 'b'], values: ['2'] },
    ];
    expect(keyInput(table, keys, 4)).toEqual({
      arrays: ['$4::bigint[]', '$5::text[]'],
      names: ['k0', 'k1'],
      join: 't."a" = i.k0 AND t."b" = i.k1::jsonb',
      params: ['{"1","2"}', '{"{}",NULL}'],
    });
  });

  test('of a column that the table has not are text', () => {
    expect(keyInput(table, [{ columns: ['gone'], values: ['1'] }])).toMatchObject({
      arrays: ['$1::text[]'],
      join: 't."gone" = i.k0',
    });
  });

  test('are none where there are no keys', () => {
    expect(keyInput(table, [])).toEqual({ arrays: [], names: [], join: '', params: [] });
  });

  test('name the rows of a delete', () => {
    expect(deleteStatement(table, [{ columns: ['a', 'b'], values: ['1', '{}'] }])).toEqual({
      sql: 'DELETE FROM "shop"."orders" AS t USING unnest($1::bigint[], $2::text[]) AS i(k0, k1) WHERE t."a" = i.k0 AND t."b" = i.k1::jsonb',
      params: ['{"1"}', '{"{}"}'],
    });
  });
});

describe('a truncate', () => {
  test('empties the table', () => {
    const statement = { sql: 'TRUNCATE "shop"."orders"', params: [] };
    expect(truncateStatement(ORDERS, undefined)).toEqual(statement);
    expect(truncateStatement(sinkTable({ id: 'bigint' }, ['id']), 7n)).toEqual(statement);
  });

  test('with a guard spares rows that are newer', () => {
    expect(truncateStatement(ORDERS, 7n)).toEqual({
      sql: 'DELETE FROM "shop"."orders" WHERE "_cdc_guard" IS NULL OR "_cdc_guard" <= $1::bigint',
      params: ['7'],
    });
  });
});
