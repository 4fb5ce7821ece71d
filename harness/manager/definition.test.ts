// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { expect, test } from 'vitest';
import { definitionOf } from './definition.ts';

const right = {
  name: 'shop',
  source: 'postgres://app:${env:A}@db1/shop',
  target: 'mariadb://app@db2:3306/shop',
  tables: ['invoices', 'sales.items'],
  mode: 'full_load_only',
};

const cdc = { connect: 'http://c1:8083,http://c2:8083', brokers: ['b1:9092'] };

test('what is left out is as the documentation says; a list may be one text', () => {
  expect(definitionOf(right)).toEqual({ ...right, onExisting: 'fail' });
  const { mode: _, ...unsaid } = right;
  expect(definitionOf({ ...unsaid, ...cdc })).toEqual({
    ...{ ...right, mode: 'full_load_and_cdc', onExisting: 'fail' },
    cdc: {
      connect: ['http://c1:8083', 'http://c2:8083'],
      sinkConnect: ['http://c1:8083', 'http://c2:8083'],
      brokers: ['b1:9092'],
    },
  });
  expect(
    definitionOf({ ...right, tables: 'a, b', mode: 'cdc_only', ...cdc, on_existing: 'truncate', source: '${env:URL}' }),
  ).toMatchObject({
    tables: ['a', 'b'],
    mode: 'cdc_only',
    onExisting: 'truncate',
    source: '${env:URL}',
  });
});

test.each([
  [{ ...right, name: 'Shop' }, /f: name: /],
  [{ ...right, name: undefined }, /f: name: /],
  [{ ...right, name: 'a'.repeat(41) }, /f: name: /],
  [{ ...right, source: undefined }, /f: source: which source/],
  [{ ...right, source: 'db1/shop' }, /the source is given by its URL/],
  [{ ...right, target: 'oracle://db2/shop' }, /no engine for oracle:/],
  [{ ...right, tables: [] }, /f: tables: which tables/],
  [{ ...right, tables: ['a', 7] }, /f: tables: which tables/],
  [{ ...right, tables: 'a,a' }, /f: tables: a table is named twice/],
  [{ ...right, mode: 'full' }, /f: mode: /],
  [{ ...right, on_existing: 'drop' }, /f: on_existing: /],
  [{ ...right, tabels: 'a' }, /f: a pipeline has no property "tabels"/],
  [{ ...right, mode: 'cdc_only' }, /f: connect: a pipeline with CDC names them/],
  [{ ...right, ...cdc, mode: 'cdc_only', brokers: undefined }, /f: brokers: a pipeline with CDC/],
  [{ ...right, ...cdc, mode: 'cdc_only', brokers: 'b1' }, /f: brokers: a pipeline with CDC/],
  [{ ...right, ...cdc, mode: 'cdc_only', connect: 'c1:8083' }, /f: connect: a pipeline with CDC/],
  [{ ...right, ...cdc, mode: 'cdc_only', connect: 'http://me:geheim@c1:8083' }, /Connect worker's URL has a password/],
  ['shop', /f: a pipeline is a mapping/],
  [null, /f: a pipeline is a mapping/],
])('%j is refused: %s', (given, message) => {
  expect(() => definitionOf(given, 'f: ')).toThrow(message);
});

test.each([
  'postgres://app:geheim@db/shop',
  'postgres://app:x${env:A}@db/shop',
  'postgres://app@db/shop?password=geheim',
])('a password as it is, %s, is refused and not shown', (source) => {
  expect(() => definitionOf({ ...right, source })).toThrow(/the source's URL has a password in it/);
  try {
    definitionOf({ ...right, source });
  } catch (error) {
    expect(JSON.stringify(error)).not.toContain('geheim');
  }
});
