import { expect, test } from 'vitest';
import { builtin, debeziumJdbc, iceberg, objects } from '#lab.ts';
import { whyLeftOut, withFormat } from './left-out.ts';

test("records without schemas leave out the lab's own JDBC sink, and nothing else", () => {
  const variants = { upsert: builtin({ title: 'upsert', mode: 'upsert' }), jdbc: debeziumJdbc('the JDBC sink') };
  expect(Object.keys(withFormat(variants, { format: 'plain' }))).toEqual(['upsert']);
  for (const format of ['json', 'avro'] as const)
    expect(Object.keys(withFormat(variants, { format }))).toEqual(['upsert', 'jdbc']);
  expect(Object.keys(withFormat(variants, undefined))).toEqual(['upsert', 'jdbc']);
  expect(whyLeftOut(variants.jdbc, { format: 'plain' })).toContain('needs the schema of every record');
});

test('records without schemas leave out variants that write objects', () => {
  expect(whyLeftOut(objects({ title: 'objects' }), { format: 'plain' })).toContain('the applier of objects');
  expect(whyLeftOut(iceberg({ title: 'tables' }), { format: 'plain' })).toContain("Apache Iceberg's sink");
  expect(whyLeftOut(objects({ title: 'objects' }), { format: 'avro' })).toBeUndefined();
});

test("somebody's own connectors and converters are run as they are", () => {
  const own = { ...debeziumJdbc('own'), connectors: [] };
  const converting = debeziumJdbc('own', { 'value.converter': 'com.example.Converter' });
  for (const spec of [own, converting]) expect(whyLeftOut(spec, { format: 'plain' })).toBeUndefined();
});
