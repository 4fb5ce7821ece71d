import { describe, expect, test } from 'vitest';
import type { ColumnPlan, SideColumn } from '#engines/port/reconcile.ts';
import { columnForms, isInteger, pairing, valueForms } from './forms.ts';

const side = (type: string, nullable = false): SideColumn => ({
  ...{ name: 'c', type, nullable, generated: false, order: undefined },
});
const plan = (source: string, target = source, more: Partial<ColumnPlan> = {}): ColumnPlan => ({
  ...{ name: 'c', source: side(source), target: side(target) },
  ...more,
});
const nullable = (type: string): ColumnPlan => ({ name: 'c', source: side(type), target: side(type, true) });

/** PostgreSQL 18, and one before it. */
const NEW = { hashesBytes: true, utf8: true };
const OLD = { hashesBytes: false, utf8: true };
const SEED = '42';
const NULL_AS = `42 # CASE WHEN t."c" IS NULL THEN 6148914691236517205 ELSE 0 END`;

const hashOf = (column: ColumnPlan, traits = NEW) => columnForms(column, 'source', traits).hash(SEED);

describe('how two columns go together', () => {
  test.each([
    ['numeric(12,2)', 'numeric', 'equal'],
    ['smallint', 'bigint', 'equal'],
    ['bigint', 'integer', 'equal'],
    ['text', 'character varying(9)', 'equal'],
    ['uuid', 'text', 'converted'],
    ['integer', 'text', 'converted'],
    ['text', 'integer', 'different'],
    ['integer', 'date', 'different'],
    ['date', 'integer', 'different'],
    ['text', 'uuid', 'different'],
  ] as const)('%s and %s: %s', (source, target, how) => {
    expect(pairing(side(source), side(target))).toBe(how);
  });

  test('integers are those of any width', () => {
    expect(['smallint', 'integer', 'bigint', 'numeric', 'text'].map(isInteger)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('the hash of a value on top of all before it', () => {
  test.each([
    ['smallint', 'hashint4extended(t."c"::int, 42)'],
    ['integer', 'hashint4extended(t."c", 42)'],
    // Folded to 32 bits by its own function: as part of the seed all 64 count.
    ['bigint', 'hashint4extended(1, 42 # t."c")'],
    ['boolean', 'hashint4extended(t."c"::int, 42)'],
    ['uuid', 'uuid_hash_extended(t."c", 42)'],
    ['numeric', 'hashbyteaextended(numeric_send(t."c"), 42)'],
    ['date', 'hashbyteaextended(date_send(t."c"), 42)'],
    ['interval', 'hashtextextended(t."c"::text COLLATE "C", 42)'],
    ['time without time zone', 'hashbyteaextended(time_send(t."c"), 42)'],
    ['timestamp with time zone', 'hashbyteaextended(timestamptz_send(t."c"), 42)'],
    ['timestamp without time zone', 'hashbyteaextended(timestamp_send(t."c"), 42)'],
    ['bytea', 'hashbyteaextended(t."c", 42)'],
    ['text', 'hashtextextended(t."c" COLLATE "C", 42)'],
    ['jsonb', 'hashtextextended(t."c"::text COLLATE "C", 42)'],
    ['real', 'hashtextextended(t."c"::text COLLATE "C", 42)'],
  ])('%s: %s', (type, sql) => {
    expect(hashOf(plan(type))).toBe(sql);
  });

  test.each([
    ['smallint', `hashint4extended(coalesce(t."c"::int, 0), ${NULL_AS})`],
    ['integer', `hashint4extended(coalesce(t."c", 0), ${NULL_AS})`],
    ['bigint', `hashint4extended(1, ${NULL_AS} # coalesce(t."c", 0))`],
    ['boolean', `hashint4extended(coalesce(t."c"::int, 0), ${NULL_AS})`],
    ['uuid', `uuid_hash_extended(coalesce(t."c", '00000000-0000-0000-0000-000000000000'), ${NULL_AS})`],
    ['date', `hashbyteaextended(coalesce(date_send(t."c"), ''::bytea), ${NULL_AS})`],
    ['bytea', `hashbyteaextended(coalesce(t."c", ''::bytea), ${NULL_AS})`],
    ['text', `hashtextextended(coalesce(t."c", '') COLLATE "C", ${NULL_AS})`],
  ])('%s that may be NULL marks it in the seed', (type, sql) => {
    expect(hashOf(nullable(type))).toBe(sql);
  });

  test.each([
    ['date', `hashtextextended(encode(date_send(t."c"), 'hex') COLLATE "C", 42)`],
    ['numeric', `hashtextextended(t."c"::text COLLATE "C", 42)`],
    ['bytea', `hashtextextended(encode(t."c", 'hex') COLLATE "C", 42)`],
    ['integer', 'hashint4extended(t."c", 42)'],
  ])('%s on a server that hashes no bytes: %s', (type, sql) => {
    expect(hashOf(plan(type), OLD)).toBe(sql);
  });
});

describe('a column’s forms', () => {
  test('of one width need no length', () => {
    expect(columnForms(plan('integer', 'bigint'), 'source', NEW)).toEqual({
      shown: 't."c"::text',
      value: 't."c"::bigint',
      sent: 't."c"::bigint',
      text: `encode(int8send(t."c"::bigint), 'hex')`,
      length: undefined,
      nullable: false,
      hash: expect.any(Function),
    });
    expect(columnForms(plan('integer', 'bigint'), 'target', NEW).value).toBe('t."c"');
  });

  test.each([
    ['smallint', 'int8send(t."c"::bigint)', 't."c"::bigint'],
    ['integer', 'int8send(t."c"::bigint)', 't."c"::bigint'],
    ['bigint', 'int8send(t."c")', 't."c"::bigint'],
    ['uuid', 'uuid_send(t."c")', 't."c"::uuid'],
    ['date', 'date_send(t."c")', 't."c"::date'],
    ['time without time zone', 'time_send(t."c")', 't."c"::time without time zone'],
    ['timestamp with time zone', 'timestamptz_send(t."c")', 't."c"::timestamp with time zone'],
    ['timestamp without time zone', 'timestamp_send(t."c")', 't."c"::timestamp without time zone'],
  ])('%s in bytes: %s', (type, sql, sent) => {
    expect(columnForms(plan(type), 'source', NEW)).toMatchObject({ sent, text: `encode(${sql}, 'hex')` });
  });

  test.each([
    ['numeric', 't."c"::text', 't."c"::numeric'],
    ['boolean', 't."c"::int::text', 't."c"::boolean'],
    ['real', 't."c"::text', undefined],
    ['double precision', 't."c"::text', undefined],
  ])('%s has no separator in its text', (type, text, sent) => {
    expect(columnForms(plan(type), 'source', NEW)).toMatchObject({ text, sent, length: undefined });
  });

  test('of a text go with its length; a long one is digested', () => {
    const digest = `encode(sha256(convert_to(t."c", 'UTF8')), 'hex')`;
    const long = (as: string) => `CASE WHEN octet_length(t."c") > 1024 THEN ${as} ELSE t."c" END`;
    expect(columnForms(nullable('text'), 'source', NEW)).toEqual({
      shown: 't."c"::text',
      value: 't."c"',
      sent: long(`rpad(${digest}, 1025)`),
      text: long(digest),
      length: 'octet_length(t."c")',
      nullable: true,
      hash: expect.any(Function),
    });
  });

  test('count the bytes of UTF-8 whatever the server keeps', () => {
    expect(columnForms(plan('text'), 'source', { hashesBytes: true, utf8: false }).length).toBe(
      `octet_length(convert_to(t."c", 'UTF8'))`,
    );
  });

  test('of bytes are hexadecimal', () => {
    expect(columnForms(plan('bytea'), 'source', NEW)).toMatchObject({
      shown: 't."c"::text',
      value: `encode(t."c", 'hex')`,
      length: `octet_length(encode(t."c", 'hex'))`,
    });
  });

  test('of two texts take each side’s as it is', () => {
    const column = plan('text', 'character varying(9)');
    expect(columnForms(column, 'source', NEW).value).toBe('t."c"');
    expect(columnForms(column, 'target', NEW).value).toBe('t."c"::text');
  });

  test('of another type are its text', () => {
    expect(columnForms(plan('jsonb'), 'source', NEW).value).toBe('t."c"::text');
  });

  test('of two types that have nothing in common are read as one, digit by digit', () => {
    expect(columnForms(plan('uuid', 'text'), 'source', NEW).value).toBe('t."c"::text');
    expect(columnForms(plan('uuid', 'text'), 'target', NEW).value).toBe(
      `CASE WHEN pg_input_is_valid(t."c"::text, 'uuid') THEN (t."c"::text::uuid)::text ELSE t."c"::text END`,
    );
    expect(columnForms(plan('numeric(8,2)', 'text'), 'target', NEW).value).toContain(`(t."c"::text::numeric)::text`);
  });

  test('of a type that the person asked for are of that', () => {
    const column = plan('text', 'integer', { as: 'numeric(8,2)' });
    expect(columnForms(column, 'source', NEW)).toMatchObject({
      value: 't."c"::numeric(8,2)',
      sent: 't."c"::numeric(8,2)::numeric',
    });
    expect(columnForms(column, 'source', NEW).hash(SEED)).toBe(
      'hashbyteaextended(numeric_send(t."c"::numeric(8,2)), 42)',
    );
    expect(columnForms(column, 'target', NEW).value).toBe('t."c"::numeric(8,2)');
  });

  test('are NULL where either side may be', () => {
    const either = { name: 'c', source: side('integer', true), target: side('integer') };
    expect(columnForms(either, 'source', NEW).nullable).toBe(true);
  });
});

describe('numbers that are compared by value', () => {
  const pair = (source: string, sink: string, nullableSink = false) => ({
    source: { name: 'a', type: source, nullable: false, generated: false },
    sink: { name: 'b', type: sink, nullable: nullableSink, generated: false },
  });

  test('two decimals are hashed without their trailing zeros', () => {
    const forms = valueForms(pair('numeric(8,2)', 'numeric(8,4)', true), 'sink', NEW);
    expect(forms).toEqual({
      shown: 't."b"::text',
      value: 'trim_scale(t."b")',
      sent: undefined,
      text: 'trim_scale(t."b")::text',
      length: undefined,
      nullable: true,
      hash: expect.any(Function),
    });
    expect(forms.hash(SEED)).toBe(
      `hashbyteaextended(coalesce(numeric_send(trim_scale(t."b")), ''::bytea), 42 # CASE WHEN trim_scale(t."b") IS NULL THEN 6148914691236517205 ELSE 0 END)`,
    );
    expect(valueForms(pair('numeric', 'numeric'), 'source', OLD).hash(SEED)).toBe(
      'hashtextextended(trim_scale(t."a")::text COLLATE "C", 42)',
    );
    expect(valueForms(pair('numeric', 'numeric'), 'source', NEW).nullable).toBe(false);
  });

  test('others are hashed by their text', () => {
    const forms = valueForms(pair('numeric(8,2)', 'text'), 'source', NEW);
    expect(forms).toMatchObject({ shown: 't."a"::text', value: 't."a"::text', length: 'octet_length(t."a"::text)' });
    expect(valueForms(pair('numeric(8,2)', 'text'), 'sink', NEW).value).toContain('t."b"::text::numeric');
  });
});
