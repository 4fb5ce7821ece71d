import { expect, test } from 'vitest';
import { ownDistinct, ownValue } from './own-values.ts';
import { columnOf } from './shapes.ts';
import { acceptedSql, topSql } from './surveyor.ts';

const read = {
  ...{ number: 1, name: 'c', type: 'integer', domain: null, element: null, labels: [] },
  ...{ nullable: true, generated: false, identity: '' as const, hasDefault: false },
};

test.each([
  ['integer', {}, { kind: { kind: 'integer', bits: 32 } }],
  ['character(4)', {}, { kind: { kind: 'text', length: 4, padded: true }, fixed: true }],
  ['mood', { labels: ['sad', 'ok'] }, { kind: { kind: 'enum', labels: ['sad', 'ok'] } }],
  [
    'numeric(4,1)[]',
    { element: 'numeric(4,1)' },
    { kind: { kind: 'array', element: { kind: 'decimal', precision: 4, scale: 1 } } },
  ],
  [
    'mood[]',
    { element: 'mood', labels: ['ok'] },
    { kind: { kind: 'array', element: { kind: 'enum', labels: ['ok'] } } },
  ],
  ['inet', {}, { kind: { kind: 'other', type: 'inet' } }],
])('a column of type %s is one of its kind', (type, more, expected) => {
  const { name, nullable, generated, hasDefault } = read;
  expect(columnOf({ ...read, type, ...more })).toEqual({
    ...{ name, type, nullable, generated, identity: false, hasDefault },
    ...expected,
  });
});

test("a domain is of its base type's kind, refuses NULL where it says so, and its values are to be tried", () => {
  const kind = { kind: 'decimal', precision: 9, scale: 2 };
  for (const required of [false, true])
    expect(columnOf({ ...read, type: 'price', domain: { base: 'numeric(9,2)', required } })).toMatchObject({
      ...{ type: 'price', constrained: true, nullable: !required, kind },
    });
});

test('candidates are cast once they are valid, and only checks that are about no other column are asked', () => {
  const column = (name: string, type: string, nullable: boolean) => columnOf({ ...read, name, type, nullable });
  const sql = acceptedSql(
    [column('a', 'integer', false), column('it"s', 'text', true)],
    [
      { columns: ['a'], sql: 'a > 0' },
      { columns: ['a', 'b'], sql: 'a > b' },
      { columns: [], sql: 'false' },
    ],
    7,
  );
  expect(sql).toContain(`CASE WHEN t0 IS NULL THEN false ELSE pg_input_is_valid(t0, 'integer') END`);
  expect(sql).toContain(`t0::integer AS "a", t1::text AS "it""s"`);
  expect(sql).toMatch(/WHERE \(a > 0\) IS NOT FALSE LIMIT 7$/);
});

test('values of types that only PostgreSQL has are texts that it reads', () => {
  const zero = () => 0;
  const own = (type: string) => ownValue({ kind: 'other', type }, zero, () => 'x');
  expect(['bit varying(3)', 'public.hstore', 'int4range', 'my.composite', 'toString'].map(own)).toEqual([
    ...['000', 'a=>0', '[0,101)', undefined, undefined],
  ]);
  const list = { kind: 'array', element: { kind: 'text' } } as const;
  expect(
    ownValue(
      list,
      () => 2,
      () => 'a"\\b',
    ),
  ).toBe('{"a\\"\\\\b","a\\"\\\\b"}');
  expect(
    ownValue(
      list,
      () => 2,
      () => undefined,
    ),
  ).toBeUndefined();
  expect([1n, 300n].map((n) => ownDistinct({ kind: 'other', type: 'inet' }, n))).toEqual(['172.0.0.1', '172.0.1.44']);
  expect(ownDistinct({ kind: 'other', type: 'point' }, 1n)).toBeUndefined();
});

test.each([
  ['integer', 'coalesce(max("c"), 0)'],
  ['decimal', 'coalesce(ceil(max("c")::numeric), 0)'],
  ['float', 'coalesce(ceil(max("c"))::bigint, 0)'],
  ['text', 'count(*)'],
] as const)('of a column of the kind %s the top is %s', (kind, sql) => {
  expect(topSql('"c"', { kind })).toBe(sql);
});
