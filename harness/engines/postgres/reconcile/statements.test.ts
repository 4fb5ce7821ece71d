import { describe, expect, test } from 'vitest';
import type { Cell, ColumnPlan, TablePlan } from '#engines/port/reconcile.ts';
import { rangeSql, rowHashSql, statementsFor } from './statements.ts';

const side = (name: string, type: string, nullable = false) => ({
  ...{ name, type, nullable, generated: false, order: undefined },
});
const ID: ColumnPlan = { name: 'id', source: side('id', 'integer'), target: side('key', 'bigint') };
const NOTE: ColumnPlan = { name: 'note', source: side('note', 'text', true), target: side('note', 'text') };
const NEW = { hashesBytes: true, utf8: true };
const OLD = { hashesBytes: false, utf8: true };

const plan = (more: Partial<TablePlan> = {}): TablePlan => ({
  ...{ side: 'source', hashing: 'row-hash', identity: 'integer', key: [ID], columns: [ID, NOTE] },
  table: { ...{ id: 'shop.a', columns: [], key: [], indexes: [] }, estimatedRows: 1, clustered: true },
  ...more,
});

/** `id`, and on top of it `note`. */
const BY_ID = `hashint4extended(1, 8190237465019283745 # t."id"::bigint)`;
const BY_ROW = `hashtextextended(coalesce(t."note", '') COLLATE "C", ${BY_ID} # CASE WHEN t."note" IS NULL THEN 6148914691236517205 ELSE 0 END)`;

describe('the statements on a table', () => {
  test('by the server’s own hashes', () => {
    expect(statementsFor(plan({ where: 'a > 1 -- recent' }), '"shop"."a"', NEW)).toEqual({
      forms: [expect.objectContaining({ value: 't."id"::bigint' }), expect.objectContaining({ value: 't."note"' })],
      relation: '"shop"."a"',
      key: ['t."id"'],
      rowHash: BY_ROW,
      identity: 't."id"::bigint',
      rangeDigest: `sum(${BY_ROW})::text`,
      where: ' AND (a > 1 -- recent\n)',
    });
  });

  test('of the other side name its columns', () => {
    expect(statementsFor(plan({ side: 'target' }), '"a"', NEW)).toMatchObject({ key: ['t."key"'], where: '' });
  });

  test('name a row by a hash of its key, or of all of it', () => {
    expect(statementsFor(plan({ identity: 'key-hash' }), '"a"', NEW).identity).toBe(BY_ID);
    expect(statementsFor(plan({ identity: 'row' }), '"a"', NEW).identity).toBe(BY_ROW);
  });
});

describe('by canonical texts, which every engine can compute', () => {
  const NULLS = `CASE WHEN octet_length(t."note") > 1024 THEN encode(sha256(convert_to(t."note", 'UTF8')), 'hex') ELSE t."note" END`;

  test('a row is the texts of its columns, each behind its length or before a separator', () => {
    const { rowHash } = statementsFor(plan({ hashing: 'canonical-text' }), '"a"', NEW);
    const text = `convert_to(encode(int8send(t."id"::bigint), 'hex') || ',' || coalesce(octet_length(t."note")::text, '') || ':' || coalesce(${NULLS}, ''), 'UTF8')`;
    expect(rowHash).toBe(`substring(sha256(${text}) FROM 1 FOR 8)::bigint`);
    expect(statementsFor(plan({ hashing: 'canonical-text' }), '"a"', OLD).rowHash).toBe(
      `('x' || encode(substring(sha256(${text}) FROM 1 FOR 8), 'hex'))::bit(64)::bigint`,
    );
  });

  const digested = (bytes: string) => `encode(sha256(${bytes}), 'base64')`;
  const records = (values: string) => `coalesce(string_agg(record_send(ROW(${values})), ''), '')`;

  test('a range is put together of records, in which integers have one width', () => {
    const { rangeDigest } = statementsFor(plan({ hashing: 'canonical-text' }), '"a"', NEW);
    expect(rangeDigest).toBe(
      digested(records(`t."id"::bigint, ${NULLS.replace(/encode\(.*?'hex'\)/, 'rpad($&, 1025)')}`)),
    );
  });

  test('what has no binary form goes as texts behind the records', () => {
    const column = (name: string, type: string, nullable: boolean) => {
      return { name, source: side(name, type, nullable), target: side(name, type) };
    };
    const digest = (...columns: ColumnPlan[]) =>
      statementsFor(plan({ hashing: 'canonical-text', columns }), '"a"', NEW).rangeDigest;
    const real = column('r', 'real', true);
    const ratio = column('d', 'double precision', false);
    const texts = `string_agg(coalesce(t."r"::text, 'NULL'), ',') || ';' || string_agg(t."d"::text, ',')`;
    expect(digest(column('u', 'uuid', true))).toBe(digested(records('t."u"::uuid')));
    expect(digest(column('n', 'numeric(9,2)', true))).toBe(digested(records('t."n"::numeric')));
    expect(digest(column('b', 'boolean', true))).toBe(digested(records('t."b"::boolean')));
    expect(digest(column('s', 'smallint', true))).toBe(digested(records('t."s"::bigint')));
    expect(digest(real, ratio)).toBe(digested(`convert_to(coalesce(${texts}, ''), 'UTF8')`));
    expect(digest(ID, real, ratio)).toBe(
      digested(`${records('t."id"::bigint')} || convert_to(coalesce(${texts}, ''), 'UTF8')`),
    );
  });

  test('a row without NULLs needs nothing for them', () => {
    const one = { name: 'c', source: side('c', 'text'), target: side('c', 'text') };
    const { forms } = statementsFor(plan({ columns: [one] }), '"a"', NEW);
    expect(rowHashSql(forms, 'canonical-text', NEW)).not.toContain('coalesce');
  });
});

describe('ranges', () => {
  const PAIR: ColumnPlan = {
    name: 'at',
    source: side('at', 'timestamp(3) with time zone'),
    target: side('at', 'text'),
  };
  const range = (from?: readonly string[], to?: readonly string[]): Extract<Cell, { kind: 'range' }> => ({
    kind: 'range',
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });

  test('of one column, each with its place and both bounds', () => {
    expect(rangeSql(plan(), ['t."id"'], [range(['1'], ['5']), range(['7'], ['9'])], [3, 4])).toEqual({
      from: 'unnest($1::int[], $2::bigint[], $3::bigint[]) AS c("~i", "~from0", "~to0")',
      condition: 't."id" >= c."~from0" AND t."id" < c."~to0"',
      params: [
        [3, 4],
        ['1', '7'],
        ['5', '9'],
      ],
    });
  });

  test('of several columns are compared as rows', () => {
    expect(rangeSql(plan({ key: [ID, PAIR] }), ['t."id"', 't."at"'], [range(['1', '2024-01-01'])], [0])).toEqual({
      from: 'unnest($1::int[], $2::bigint[], $3::timestamp(3) with time zone[]) AS c("~i", "~from0", "~from1")',
      condition: '(t."id", t."at") >= (c."~from0", c."~from1")',
      params: [[0], ['1'], ['2024-01-01']],
    });
  });

  test('open at both ends are the whole table', () => {
    expect(rangeSql(plan(), ['t."id"'], [range()], [0])).toEqual({
      from: 'unnest($1::int[]) AS c("~i")',
      condition: 'true',
      params: [[0]],
    });
    expect(rangeSql(plan(), ['t."id"'], [], [])).toMatchObject({ condition: 'true' });
  });

  test('have bounds of their own side’s type; a padded text is compared as one', () => {
    const bounds = (key: ColumnPlan, on: 'source' | 'target') =>
      rangeSql(plan({ key: [key], side: on }), ['t."x"'], [range(undefined, ['x'])], [0]).from;
    expect(bounds(PAIR, 'target')).toContain('$2::text[]');
    expect(bounds(PAIR, 'source')).toContain('$2::timestamp(3) with time zone[]');
    expect(bounds({ ...PAIR, source: side('at', 'character(5)') }, 'source')).toContain('$2::bpchar[]');
    expect(bounds({ ...PAIR, source: side('at', 'smallint') }, 'source')).toContain('$2::bigint[]');
  });

  test('whose bound lacks a part have NULL in it', () => {
    const cells = [range(['1']), range()];
    expect(rangeSql(plan(), ['t."id"'], cells, [0, 1]).params[1]).toEqual(['1', null]);
  });
});
