import { describe, expect, test } from 'vitest';
import { columnTypes, whyUnknown } from './column-types.ts';

const CONNECT = 'org.apache.kafka.connect.transforms';
const transform = (type: string) => ({ transforms: 'a', 'transforms.a.type': type });

test.each([
  [{}],
  [transform('io.debezium.transforms.ExtractNewRecordState')],
  [transform(`${CONNECT}.RegexRouter`)],
  [{ converters: 'truth', 'truth.type': 'io.debezium.connector.binlog.converters.TinyIntOneToBooleanConverter' }],
])('%o leaves values as the connector makes them', (config) => {
  expect(whyUnknown(config)).toBeUndefined();
});

test.each([
  [transform(`${CONNECT}.Cast$Value`), 'the transform a (org.apache.kafka.connect.transforms.Cast$Value)'],
  [{ converters: 'own', 'own.type': 'com.example.Money' }, 'the converter own (com.example.Money)'],
])('%o may change them', (config, why) => {
  expect(whyUnknown(config)).toContain(why);
});

describe('the columns of a topic', () => {
  const row = { table: JSON.stringify({ schema: 'public', name: 'a', indexes: [], columns: [] }) };
  const asked: unknown[] = [];
  const source = {
    ...{ engine: 'postgres', name: 'shop' },
    async query(_: string, params: readonly unknown[] = []) {
      asked.push(params[0]);
      return [row] as never;
    },
  };
  const tables = [
    { schema: 'public', name: 'a' },
    { schema: 'public', name: 'b' },
  ];
  const routes = tables.map(({ name }) => ({ topic: `t.public.${name}`, table: `public.${name}` }));

  test('are asked for of the tables that a connector captures', async () => {
    const connectors = [
      { config: { 'table.include.list': 'public.a' } },
      { config: { 'table.include.list': 'public.b' } },
    ];
    const types = columnTypes({ source, connectors, routes, tables });
    expect(await types.columnsOf('t.public.b')).toEqual([]);
    expect(asked).toEqual([['public.b']]);
  });

  test('cannot be known where a transform may change them, and the reason says which', async () => {
    const types = columnTypes({ source, connectors: [{ config: transform(`${CONNECT}.Cast$Value`) }], routes, tables });
    await expect(types.columnsOf('t.public.a')).rejects.toThrow('carries no schema, and the transform a');
  });
});
