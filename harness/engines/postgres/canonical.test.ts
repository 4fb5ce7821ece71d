import { describe, expect, test } from 'vitest';
import type { Column, Table } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import { recorded } from '#testing/asked.ts';
import {
  baseType,
  canonicalRows,
  canonicalSql,
  comparedAs,
  hasOneSpelling,
  isCollated,
  lookupType,
  ordersAlike,
  valueSql,
} from './canonical.ts';

const column = (type: string, more: Partial<Column> = {}): Column => ({
  ...{ name: 'c', type, nullable: true, generated: false },
  ...more,
});

test('a type without its modifier', () => {
  const types = ['numeric(12,2)', 'numeric(12,-12)', 'timestamp(3) with time zone', 'character varying(9)[]', 'text'];
  expect(types.map(baseType)).toEqual([
    'numeric',
    'numeric',
    'timestamp with time zone',
    'character varying[]',
    'text',
  ]);
});

describe('two types', () => {
  test.each([
    ['json', 'jsonb', 'jsonb'],
    ['jsonb', 'json', 'jsonb'],
    ['real', 'double precision', 'double precision'],
    ['timestamp without time zone', 'timestamp with time zone', 'timestamp with time zone'],
    ['date', 'timestamp without time zone', 'timestamp without time zone'],
    ['timestamp(3) with time zone', 'date', 'timestamp with time zone'],
    ['character(5)', 'text', 'character varying'],
    ['character(5)', 'character(5)', 'character varying'],
    ['character(5)', 'integer', undefined],
  ])('%s and %s are compared as %s', (source, sink, type) => {
    expect(comparedAs(source, sink)).toBe(type);
  });

  test.each([
    ...['bigint', 'boolean', 'bytea', 'double precision', 'inet', 'integer', 'interval', 'jsonb', 'macaddr'],
    ...['numeric', 'real', 'smallint', 'timestamp with time zone', 'uuid'],
  ])('%s is read from the sink’s text', (type) => {
    expect(comparedAs(type, 'text')).toBe(type);
  });

  test.each(['text', 'character varying(20)', 'character(36)', '"char"', 'name', 'citext'])('%s is a text', (type) => {
    expect(comparedAs('uuid', type)).toBe('uuid');
  });

  test.each([
    ['numeric(12,2)', 'numeric'],
    ['text', 'text'],
    ['text', 'uuid'],
    // A time of day would be dropped without a word.
    ['date', 'text'],
    ['interval', 'bigint'],
  ])('%s and %s are compared as they are', (source, sink) => {
    expect(comparedAs(source, sink)).toBeUndefined();
  });
});

describe('the SQL of a value', () => {
  test('is the column, or what a mapping puts in its place', () => {
    expect(valueSql(column('text', { name: 'a"b' }))).toBe('t."a""b"');
    expect(valueSql(column('text', { expression: 'lower(a)' }))).toBe('(lower(a))');
  });

  const sql = (source: string, sink: string, exact = false) =>
    (['source', 'sink'] as const).map((side) =>
      canonicalSql({ source: column(source), sink: column(sink), ...(exact ? { exact } : {}) }, side),
    );

  test('is its own text where both sides write it alike', () => {
    expect(sql('text', 'text')).toEqual(['t."c"::text', 't."c"::text']);
    expect(sql('date', 'text')).toEqual(['t."c"::text', 't."c"::text']);
  });

  test('has the wider type where one widens to the other', () => {
    expect(sql('json', 'jsonb')).toEqual(['(t."c"::jsonb)::text', 't."c"::text']);
    expect(sql('timestamp with time zone', 'date')).toEqual(['t."c"::text', '(t."c"::timestamp with time zone)::text']);
  });

  test('has no trailing blanks where one side pads', () => {
    expect(sql('character(5)', 'text')).toEqual([`rtrim(t."c"::text, ' ')`, `rtrim(t."c"::text, ' ')`]);
    expect(sql('character(5)', 'character varying(5)')).toEqual([`rtrim(t."c"::text, ' ')`, 't."c"::text']);
  });

  test('beside another engine’s text is that of an event: a currency’s sign, the bits of a whole mask and padding are not in it', () => {
    const between = (type: string, as: Kind) =>
      canonicalSql({ source: column(type), sink: column('text'), as }, 'source');
    expect(between('money', { kind: 'decimal', precision: 19, scale: 2 })).toBe('t."c"::numeric(19,2)::text');
    expect(between('inet', { kind: 'text' })).toBe('abbrev(t."c")');
    expect(between('character(5)', { kind: 'text', padded: true })).toBe(`rtrim(t."c"::text, ' ')`);
    expect(between('text', { kind: 'text', padded: true })).toBe(`rtrim(t."c"::text, ' ')`);
    expect(between('cidr', { kind: 'text' })).toBe('t."c"::text');
  });

  test('reads a text as the source’s type, and leaves what is none', () => {
    expect(sql('uuid', 'text')).toEqual([
      't."c"::text',
      `CASE WHEN pg_input_is_valid(t."c"::text, 'uuid') THEN (t."c"::text::uuid)::text ELSE t."c"::text END`,
    ]);
  });

  test('compares numbers by value, unless the pair is exact', () => {
    expect(sql('numeric', 'numeric')).toEqual(['trim_scale(t."c")::text', 'trim_scale(t."c")::text']);
    expect(sql('numeric', 'numeric', true)).toEqual(['t."c"::text', 't."c"::text']);
    expect(sql('numeric(10,2)', 'numeric')[0]).toBe('t."c"::text');
  });

  test('takes a domain for what it is made over', () => {
    const pair = { source: column('address', { base: 'uuid' }), sink: column('text') };
    expect(canonicalSql(pair, 'sink')).toContain("'uuid'");
    expect(canonicalSql(pair, 'source')).toBe('t."c"::text');
  });
});

describe('a key', () => {
  test.each(['smallint', 'integer', 'bigint', 'text', 'character varying(20)', 'uuid'])(
    '%s has one spelling',
    (type) => {
      expect(hasOneSpelling(column(type))).toBe(true);
      expect(hasOneSpelling(column('own', { base: type }))).toBe(true);
    },
  );

  test.each(['numeric', 'date', 'timestamp with time zone', 'inet', 'character(3)'])('%s has several', (type) => {
    expect(hasOneSpelling(column(type))).toBe(false);
  });

  test.each([
    ['date', 'date', true],
    ['smallint', 'bigint', true],
    ['integer', 'smallint', true],
    ['bigint', 'integer', true],
    ['text', 'character varying(20)', true],
    ['character varying(20)', 'text', true],
    ['integer', 'text', false],
    ['text', 'integer', false],
    ['numeric', 'bigint', false],
  ])('%s and %s are ordered alike: %s', (source, sink, alike) => {
    expect(ordersAlike({ source: column(source), sink: column(sink) })).toBe(alike);
  });

  test.each([
    ['integer', 'bigint', { kind: 'integer', bits: 32 }, true],
    ['bytea', 'bytea', { kind: 'bytes' }, true],
    ['numeric(20,0)', 'numeric(20,0)', { kind: 'integer', bits: 64, unsigned: true }, false],
    ['date', 'date', { kind: 'date' }, false],
    ['uuid', 'uuid', { kind: 'uuid' }, false],
    ['text', 'text', { kind: 'text' }, false],
  ] as const)('%s and %s beside another engine are ordered alike as %o: %s', (source, sink, as, alike) => {
    expect(ordersAlike({ source: column(source), sink: column(sink), as })).toBe(alike);
  });

  test('of text is ordered by a collation', () => {
    expect(isCollated(column('character varying(20)'))).toBe(true);
    expect(isCollated(column('bigint'))).toBe(false);
  });

  test('is looked up in its type, a numeric in that of any scale', () => {
    expect(lookupType(column('numeric(10,2)'))).toBe('numeric');
    expect(lookupType(column('price', { base: 'numeric(10,2)' }))).toBe('numeric');
    expect(lookupType(column('timestamp(3) with time zone'))).toBe('timestamp(3) with time zone');
  });
});

describe('rows in their canonical form', () => {
  const table: Table = {
    ...{ schema: 'shop', name: 'a', key: [] },
    columns: [
      column('integer', { name: 'id' }),
      column('numeric', { name: 'n' }),
      column(`shop."it's"`, { name: 'm' }),
    ],
  };

  test('are asked for in one query; a value that is none of the type keeps its text', async () => {
    const { database, asked } = recorded([{ texts: '["1","2.5","x"]' }, { texts: '["2",null,"y"]' }]);
    const rows = [
      { id: '1', n: '2.50', m: 'x', other: 'z' },
      { id: '2', m: 'y' },
    ];
    expect(await canonicalRows(database, table, rows)).toEqual([
      { id: '1', n: '2.5', m: 'x' },
      { id: '2', m: 'y' },
    ]);
    expect(asked).toEqual([
      [
        `SELECT to_json(ARRAY[CASE WHEN pg_input_is_valid(t0, 'integer') THEN (t0::integer)::text ELSE t0 END, CASE WHEN pg_input_is_valid(t1, 'numeric') THEN trim_scale((t1::numeric))::text ELSE t1 END, CASE WHEN pg_input_is_valid(t2, 'shop."it''s"') THEN (t2::shop."it's")::text ELSE t2 END])::text AS texts
     FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS raw(t0, t1, t2, place)
     ORDER BY place`,
        [
          ['1', '2'],
          ['2.50', null],
          ['x', 'y'],
        ],
      ],
    ]);
  });

  test('keep their digits where they are compared exactly', async () => {
    const { database, asked } = recorded([{ texts: '["2.50"]' }]);
    expect(await canonicalRows(database, table, [{ n: '2.50' }], { exact: true })).toEqual([{ n: '2.50' }]);
    expect(asked).toEqual([[expect.stringContaining('THEN (t0::numeric)::text ELSE'), [['2.50']]]]);
  });

  test('a value that the answer lacks is NULL, a row too many is empty', async () => {
    const { database } = recorded([{ texts: '[]' }, { texts: '["7"]' }]);
    expect(await canonicalRows(database, table, [{ id: '1' }])).toEqual([{ id: null }, {}]);
  });

  test('nothing is asked where there is nothing to ask', async () => {
    const { database, asked } = recorded();
    expect(await canonicalRows(database, table, [])).toEqual([]);
    expect(await canonicalRows(database, table, [{ other: 'x' }, {}])).toEqual([{}, {}]);
    expect(asked).toEqual([]);
  });
});
