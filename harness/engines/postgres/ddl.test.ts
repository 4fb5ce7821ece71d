import { describe, expect, test } from 'vitest';
import type { Column, Table } from '#model/catalog.ts';
import type { EventColumn } from '#model/change-event.ts';
import { recorded } from '#testing/asked.ts';
import { addColumnSql, createSinkTable, widerType } from './ddl.ts';

const column = (name: string, type: string): Column => ({ name, type, nullable: false, generated: false });
const ORDERS: Table = {
  schema: 'shop',
  name: 'orders',
  columns: [column('id', 'bigint'), column('mood', 'shop.mood')],
  key: ['id'],
};
const KNOWN = [{ type: 'bigint' }];

describe('the sink’s table for a table of the source', () => {
  async function made(table: Table, keyed: boolean) {
    const { database, asked } = recorded(KNOWN);
    const substituted = await createSinkTable(database, table, { keyed });
    return { asked, substituted };
  }

  test('has its primary key, and text for a type that the sink lacks', async () => {
    expect(await made(ORDERS, true)).toEqual({
      asked: [
        [
          'SELECT DISTINCT t AS type FROM unnest($1::text[]) AS t WHERE to_regtype(t) IS NOT NULL',
          [['bigint', 'shop.mood']],
        ],
        ['SELECT to_regnamespace($1)::text AS there', ['"shop"']],
        'CREATE SCHEMA IF NOT EXISTS "shop"',
        'CREATE TABLE IF NOT EXISTS "shop"."orders" ("id" bigint NOT NULL, "mood" text, "_cdc_op" text, "_cdc_lsn" bigint, "_cdc_captured_at" timestamp with time zone, "_cdc_received" timestamp with time zone, PRIMARY KEY ("id"))',
      ],
      substituted: [{ column: 'mood', type: 'shop.mood' }],
    });
  });

  test('of a schema that is there asks for no right to make one; without bookkeeping it has only the columns', async () => {
    const asked: string[] = [];
    const query = async (sql: string) => {
      asked.push(sql);
      return [{ type: 'bigint', there: 'shop' }] as never;
    };
    await createSinkTable({ query }, ORDERS, { keyed: true, bookkeeping: false });
    expect(asked.slice(2)).toEqual([
      'CREATE TABLE IF NOT EXISTS "shop"."orders" ("id" bigint NOT NULL, "mood" text, PRIMARY KEY ("id"))',
    ]);
  });

  test('without its key has an index that lets replayed rows in', async () => {
    expect((await made(ORDERS, false)).asked.slice(3)).toEqual([
      'CREATE TABLE IF NOT EXISTS "shop"."orders" ("id" bigint NOT NULL, "mood" text, "_cdc_op" text, "_cdc_lsn" bigint, "_cdc_captured_at" timestamp with time zone, "_cdc_received" timestamp with time zone)',
      'CREATE INDEX IF NOT EXISTS "orders_key" ON "shop"."orders" ("id")',
    ]);
  });

  test('of a table that has only a unique index is keyed by that, where it names rows', async () => {
    const unique = { columns: ['id', 'mood'], namesRows: true };
    expect((await made({ ...ORDERS, key: [], unique }, true)).asked.slice(3)).toEqual([
      'CREATE TABLE IF NOT EXISTS "shop"."orders" ("id" bigint NOT NULL, "mood" text NOT NULL, "_cdc_op" text, "_cdc_lsn" bigint, "_cdc_captured_at" timestamp with time zone, "_cdc_received" timestamp with time zone, PRIMARY KEY ("id", "mood"))',
    ]);
  });

  test('of one whose index lets several rows be alike has no NOT NULL and no primary key', async () => {
    const unique = { columns: ['id'], namesRows: false };
    expect((await made({ ...ORDERS, key: [], unique }, true)).asked.slice(3)).toEqual([
      'CREATE TABLE IF NOT EXISTS "shop"."orders" ("id" bigint, "mood" text, "_cdc_op" text, "_cdc_lsn" bigint, "_cdc_captured_at" timestamp with time zone, "_cdc_received" timestamp with time zone)',
      'CREATE UNIQUE INDEX IF NOT EXISTS "orders_key" ON "shop"."orders" ("id")',
    ]);
  });

  test('of one without any has no index', async () => {
    const { asked } = await made({ ...ORDERS, key: [] }, true);
    expect(asked).toHaveLength(4);
    expect(asked[3]).toMatch(/"_cdc_received" timestamp with time zone\)$/);
  });
});

const event = (connectType: string, more: Partial<EventColumn> = {}): EventColumn => ({
  ...{ name: 'c', connectType, optional: true },
  ...more,
});

describe('a column that is known only from an event', () => {
  const added = (connectType: string, more: Partial<EventColumn> = {}) =>
    addColumnSql('shop.orders', event(connectType, more)).replace(
      'ALTER TABLE "shop"."orders" ADD COLUMN IF NOT EXISTS "c" ',
      '',
    );

  test.each([
    ['int8', 'smallint'],
    ['int16', 'smallint'],
    ['int32', 'integer'],
    ['int64', 'bigint'],
    ['float', 'real'],
    ['double', 'double precision'],
    ['boolean', 'boolean'],
    ['string', 'text'],
    ['bytes', 'bytea'],
    ['array', 'text'],
  ])('%s becomes %s', (connectType, type) => {
    expect(added(connectType)).toBe(type);
  });

  test.each([
    ['io.debezium.data.VariableScaleDecimal', 'numeric'],
    ['io.debezium.data.Uuid', 'uuid'],
    ['io.debezium.data.Json', 'jsonb'],
    ['io.debezium.data.Xml', 'xml'],
    ['io.debezium.data.Tsvector', 'tsvector'],
    ['io.debezium.data.geometry.Point', 'point'],
    ['io.debezium.data.geometry.Circle', 'circle'],
    ['io.debezium.data.geometry.Line', 'line'],
    ['io.debezium.time.Date', 'date'],
    ['io.debezium.time.IsoDate', 'date'],
    ['io.debezium.time.Time', 'time without time zone'],
    ['io.debezium.time.MicroTime', 'time without time zone'],
    ['io.debezium.time.NanoTime', 'time without time zone'],
    ['io.debezium.time.ZonedTime', 'time with time zone'],
    ['io.debezium.time.Timestamp', 'timestamp without time zone'],
    ['io.debezium.time.MicroTimestamp', 'timestamp without time zone'],
    ['io.debezium.time.NanoTimestamp', 'timestamp without time zone'],
    ['io.debezium.time.IsoTimestamp', 'timestamp without time zone'],
    ['io.debezium.time.ZonedTimestamp', 'timestamp with time zone'],
    ['io.debezium.time.MicroDuration', 'interval'],
    ['io.debezium.time.NanoDuration', 'interval'],
    ['io.debezium.time.Interval', 'interval'],
    ['org.apache.kafka.connect.data.Date', 'date'],
    ['org.apache.kafka.connect.data.Time', 'time without time zone'],
    ['org.apache.kafka.connect.data.Timestamp', 'timestamp without time zone'],
    ['io.debezium.data.Enum', 'integer'],
  ])('%s becomes %s', (semantic, type) => {
    expect(added('int32', { semantic })).toBe(type);
  });

  test('a decimal has its precision and scale', () => {
    const semantic = 'org.apache.kafka.connect.data.Decimal';
    const decimal = (parameters?: Record<string, string>) =>
      added('bytes', { semantic, ...(parameters === undefined ? {} : { parameters }) });
    expect(decimal()).toBe('numeric');
    expect(decimal({ scale: '2' })).toBe('numeric');
    expect(decimal({ 'connect.decimal.precision': '12', scale: '2' })).toBe('numeric(12,2)');
    expect(decimal({ 'connect.decimal.precision': '12' })).toBe('numeric(12,0)');
  });

  test('bits have their length', () => {
    const semantic = 'io.debezium.data.Bits';
    expect(added('bytes', { semantic, parameters: { length: '5' } })).toBe('bit varying(5)');
    expect(added('bytes', { semantic, parameters: {} })).toBe('bit varying(64)');
    expect(added('bytes', { semantic })).toBe('bit varying(64)');
  });

  test('has the source’s default, and is NOT NULL only together with one', () => {
    expect(addColumnSql('shop.orders', { ...event('string'), name: 'ti"er' })).toBe(
      'ALTER TABLE "shop"."orders" ADD COLUMN IF NOT EXISTS "ti""er" text',
    );
    expect(added('string', { default: null, optional: false })).toBe('text');
    expect(added('string', { optional: false })).toBe('text');
    expect(added('string', { default: "it's" })).toBe("text DEFAULT 'it''s'");
    expect(added('int32', { default: '0', optional: false })).toBe("integer DEFAULT '0' NOT NULL");
    expect(added('string', { default: "C:\\it's" })).toBe("text DEFAULT E'C:\\\\it''s'");
  });
});

describe('a column of the sink that is too narrow', () => {
  test.each([
    ['smallint', 'int32', 'integer'],
    ['smallint', 'int64', 'bigint'],
    ['integer', 'int64', 'bigint'],
    ['integer', 'int32', undefined],
    ['bigint', 'int32', undefined],
    ['bigint', 'double', undefined],
    ['real', 'double', 'double precision'],
    ['real', 'float', undefined],
    ['double precision', 'float', undefined],
    ['text', 'int32', undefined],
    ['text', 'double', undefined],
    ['real', 'int64', undefined],
    ['smallint', 'array', undefined],
    ['real', 'array', undefined],
  ])('%s for %s becomes %s', (sink, connectType, wider) => {
    expect(widerType(sink, event(connectType))).toBe(wider);
  });

  test('stays as it is where the event’s type means something else', () => {
    expect(widerType('smallint', event('int32', { semantic: 'io.debezium.time.Date' }))).toBeUndefined();
  });

  test.each([
    ['numeric(8,2)', { 'connect.decimal.precision': '12', scale: '2' }, 'numeric(12,2)'],
    ['numeric(12,2)', { 'connect.decimal.precision': '8', scale: '2' }, undefined],
    ['numeric(8,2)', { 'connect.decimal.precision': '8', scale: '4' }, 'numeric(10,4)'],
    ['numeric(8,4)', { 'connect.decimal.precision': '8', scale: '2' }, 'numeric(10,4)'],
    ['numeric(8,-2)', { 'connect.decimal.precision': '4', scale: '0' }, 'numeric(10,0)'],
    ['numeric(8,-12)', { 'connect.decimal.precision': '4', scale: '-12' }, undefined],
    ['numeric(8,2)', { 'connect.decimal.precision': '12' }, 'numeric(14,2)'],
    ['numeric(12,10)', { 'connect.decimal.precision': '14', scale: '11' }, 'numeric(14,11)'],
    ['numeric(8,2)', { scale: '4' }, undefined],
    ['numeric', { 'connect.decimal.precision': '12', scale: '2' }, undefined],
    ['numeric(8,2)[]', { 'connect.decimal.precision': '12', scale: '2' }, undefined],
    ['my numeric(8,2)', { 'connect.decimal.precision': '12', scale: '2' }, undefined],
  ])('%s for a decimal of %j becomes %s', (sink, parameters, wider) => {
    expect(widerType(sink, event('bytes', { semantic: 'org.apache.kafka.connect.data.Decimal', parameters }))).toBe(
      wider,
    );
  });

  test('stays as it is for a decimal that says nothing of itself', () => {
    expect(
      widerType('numeric(8,2)', event('bytes', { semantic: 'org.apache.kafka.connect.data.Decimal' })),
    ).toBeUndefined();
  });
});
