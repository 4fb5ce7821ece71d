import { expect, test } from 'vitest';
import { builtin, debeziumJdbc, iceberg, objects } from '#lab.ts';
import { thatFit, whyLeftOut } from './left-out.ts';

test("records without schemas leave out the lab's own JDBC sink, and nothing else", () => {
  const variants = { upsert: builtin({ title: 'upsert', mode: 'upsert' }), jdbc: debeziumJdbc('the JDBC sink') };
  expect(Object.keys(thatFit(variants, { format: 'plain' }))).toEqual(['upsert']);
  for (const format of ['json', 'avro'] as const)
    expect(Object.keys(thatFit(variants, { format }))).toEqual(['upsert', 'jdbc']);
  expect(Object.keys(thatFit(variants, undefined))).toEqual(['upsert', 'jdbc']);
  expect(whyLeftOut(variants.jdbc, { format: 'plain' })).toContain('needs the schema of every record');
});

test('records without schemas leave out variants that write objects', () => {
  expect(whyLeftOut(objects({ title: 'objects' }), { format: 'plain' })).toContain('the applier of objects');
  expect(whyLeftOut(iceberg({ title: 'tables' }), { format: 'plain' })).toContain("Apache Iceberg's sink");
});

test("a sink that is not PostgreSQL leaves out Iceberg's tables, whose catalog it would keep", () => {
  expect(whyLeftOut(iceberg({ title: 'tables' }), { sink: 'mariadb' })).toContain('is mariadb');
  expect(whyLeftOut(objects({ title: 'objects' }), { sink: 'mariadb' })).toBeUndefined();
  expect(whyLeftOut(iceberg({ title: 'tables' }))).toBeUndefined();
  expect(whyLeftOut(objects({ title: 'objects' }), { format: 'avro' })).toBeUndefined();
});

test("somebody's own connectors and converters are run as they are", () => {
  const own = { ...debeziumJdbc('own'), connectors: [] };
  const converting = debeziumJdbc('own', { 'value.converter': 'com.example.Converter' });
  for (const spec of [own, converting]) expect(whyLeftOut(spec, { format: 'plain' })).toBeUndefined();
});
