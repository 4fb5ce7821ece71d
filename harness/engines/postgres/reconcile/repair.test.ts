import { describe, expect, test } from 'vitest';
import type { ColumnPlan, FullRow } from '#engines/port/reconcile.ts';
import type { Text } from '#model/values.ts';
import { repairSql } from './repair.ts';

type Plan = Parameters<typeof repairSql>[0];

const column = (name: string, type: string, generated = false): ColumnPlan => {
  const own = { type, nullable: true, generated, order: undefined };
  return { name, source: { ...own, name }, target: { ...own, name: `${name}2` } };
};
const ID = column('id', 'integer');
const NOTE = column('note', 'text');
const AT = column('at', 'date');
const LOUD = column('loud', 'text', true);

function plan(more: Partial<Plan> = {}, table: Partial<Plan['table']> = {}): Plan {
  return {
    ...{ side: 'source', hashing: 'row-hash', identity: 'integer', key: [ID], columns: [ID, NOTE, AT] },
    table: {
      ...{ id: 'shop.a', columns: [], key: ['id'], indexes: [], estimatedRows: 1, clustered: true },
      ...{ relation: '"shop"."a"', view: undefined, identities: new Set<string>() },
      ...table,
    },
    ...more,
  };
}

const row = (...shown: readonly Text[]): FullRow => ({ id: 1n, hash: '', compared: shown, shown });
const ONE = row('1', 'a', '2024-05-01');

describe('a row that is missing', () => {
  test('is inserted', () => {
    expect(repairSql(plan(), { after: ONE })).toBe(
      `INSERT INTO "shop"."a" ("id", "note", "at") VALUES (1, 'a', '2024-05-01'::date);`,
    );
  });

  test('is inserted with the other side’s names', () => {
    expect(repairSql(plan({ side: 'target' }), { after: ONE })).toContain('("id2", "note2", "at2")');
  });

  test('is inserted without what is computed, and with what the database would make', () => {
    const wide = plan({ columns: [ID, NOTE, LOUD] }, { identities: new Set(['id']) });
    expect(repairSql(wide, { after: row('1', 'a', 'A') })).toBe(
      `INSERT INTO "shop"."a" ("id", "note") OVERRIDING SYSTEM VALUE VALUES (1, 'a');`,
    );
  });

  test('of which a value is not known has NULL there', () => {
    expect(repairSql(plan(), { after: row('1') })).toContain('VALUES (1, NULL, NULL)');
  });
});

test('no row and no row need nothing', () => {
  expect(repairSql(plan(), {})).toBe('');
});

describe('a row too many', () => {
  test('is deleted by its key', () => {
    expect(repairSql(plan(), { before: ONE })).toBe('DELETE FROM "shop"."a" WHERE "id" = 1;');
  });

  test('is deleted by all columns of its key, also those that are NULL', () => {
    const wide = plan({ key: [ID, NOTE] }, { key: ['id', 'note'] });
    expect(repairSql(wide, { before: row('1', null, 'x') })).toBe(
      'DELETE FROM "shop"."a" WHERE "id" = 1 AND "note" IS NULL;',
    );
    expect(repairSql(wide, { before: row() })).toContain('"id" IS NULL AND "note" IS NULL');
  });

  test('without a key is one of those that are equal to the bit, by its place', () => {
    expect(repairSql(plan({ key: [] }, { key: [] }), { before: row('1', "it's", null) })).toBe(
      `DELETE FROM "shop"."a" WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM "shop"."a" WHERE ROW("id"::integer, "note"::text, "at"::date)::record *= ROW('1'::integer, 'it''s'::text, NULL::date)::record LIMIT 1);`,
    );
    expect(repairSql(plan({ key: [] }, { key: [] }), { before: row('1') })).toContain('NULL::text, NULL::date');
  });

  test('with a key that a person named, which may be that of several, is both', () => {
    const sql = repairSql(plan({ key: [NOTE] }), { before: ONE });
    expect(sql).toContain(`WHERE "note" = 'a' AND ROW("id"::integer,`);
    expect(sql).toContain('LIMIT 1');
  });

  test('is found by its key where that holds the primary key with more beside', () => {
    expect(repairSql(plan({ key: [ID, NOTE] }), { before: ONE })).toBe(
      `DELETE FROM "shop"."a" WHERE "id" = 1 AND "note" = 'a';`,
    );
    expect(repairSql(plan({}, { key: [] }), { before: ONE })).toContain('ctid');
    expect(repairSql(plan({}, { key: ['id', 'note'] }), { before: ONE })).toContain('ctid');
    expect(repairSql(plan({ side: 'target' }, { key: ['id2'] }), { before: ONE })).toContain('WHERE "id2" = 1;');
  });
});

describe('a row that differs', () => {
  test('gets what differs', () => {
    expect(repairSql(plan(), { before: ONE, after: row('1', null, '2024-05-01') })).toBe(
      `UPDATE "shop"."a" SET "note" = NULL WHERE "id" = 1;`,
    );
    expect(repairSql(plan(), { before: ONE, after: row('1', 'b', '2024-05-02') })).toBe(
      `UPDATE "shop"."a" SET "note" = 'b', "at" = '2024-05-02'::date WHERE "id" = 1;`,
    );
    expect(repairSql(plan(), { before: ONE, after: row('1', 'a') })).toContain('SET "at" = NULL WHERE');
  });

  test('in computed columns alone cannot be helped', () => {
    const wide = plan({ columns: [ID, LOUD] });
    expect(repairSql(wide, { before: row('1', 'a'), after: row('1', 'A') })).toBe(
      '-- "shop"."a": only computed columns differ where "id" = 1',
    );
    const text = plan({ columns: [NOTE, LOUD], key: [NOTE] });
    expect(repairSql(text, { before: row('a\nb', 'a'), after: row('a\nb', 'A') })).toMatch(/"note" = 'a b'$/);
  });
});

describe('a value', () => {
  const inserted = (type: string, value: Text) =>
    repairSql(plan({ columns: [column('v', type)], key: [] }), { after: row(value) }).replace(/^.*VALUES /, '');

  test.each([
    ['smallint', '1', '(1);'],
    ['bigint', '-1', '(-1);'],
    ['bigint', null, '(NULL);'],
    ['integer[]', '{1}', `('{1}'::integer[]);`],
    ['my integer', '1', `('1'::my integer);`],
    ['text', 'a', `('a');`],
    ['character varying(9)', "it's", `('it''s');`],
    ['text', 'C:\\x', `(E'C:\\\\x');`],
    ['xtext', 'a', `('a'::xtext);`],
    ['text', null, '(NULL);'],
    ['date', null, '(NULL);'],
  ])('of %s: %j is %s', (type, value, sql) => {
    expect(inserted(type, value)).toBe(sql);
  });
});

describe('a view', () => {
  test('compared with a key is written as a table is', () => {
    expect(repairSql(plan({ key: [NOTE] }, { view: 'plain', key: [] }), { before: ONE })).toBe(
      `DELETE FROM "shop"."a" WHERE "note" = 'a';`,
    );
  });

  test('without a key has no rows that could be told apart', () => {
    expect(repairSql(plan({ key: [] }, { view: 'plain', key: [] }), { after: row('1', 'a\nb', null) })).toBe(
      `-- "shop"."a" is a view, compared without a key: mend the tables beneath it. INSERT INTO "shop"."a" ("id", "note", "at") VALUES (1, 'a b', NULL);`,
    );
  });

  test('that is materialized cannot be written', () => {
    expect(repairSql(plan({}, { view: 'materialized' }), { before: ONE })).toBe(
      '-- "shop"."a" is a materialized view: mend the tables beneath it. DELETE FROM "shop"."a" WHERE "id" = 1;',
    );
  });
});
