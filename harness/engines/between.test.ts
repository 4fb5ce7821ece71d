import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import { between, kindBetween } from './between.ts';
import { defaultEngine } from './index.ts';
import type { Engine } from './port/engine.ts';

/** An engine whose default schema is `main`, and whose only type besides text is `number`. */
const other: Engine = {
  ...defaultEngine,
  name: 'other',
  dialect: {
    ...defaultEngine.dialect,
    defaultSchema: 'main',
    kindOf: ({ type }) => (type === 'number' ? { kind: 'integer', bits: 64 } : { kind: 'text' }),
    typeFor: ({ kind }) => ({ integer: 'number', text: 'words' })[kind as string],
  },
};

const column = (name: string, type: string) => ({ name, type, nullable: true, generated: false });
const table: Table = {
  ...{ schema: 'public', name: 'items', key: ['id'] },
  columns: [column('id', 'bigint'), column('place', 'point'), { ...column('price', 'price'), base: 'bigint' }],
};

test('between databases of one engine nothing is translated', () => {
  const { alike, sinkId, atSink, pair } = between(defaultEngine, defaultEngine);
  expect(alike).toBe(true);
  expect(sinkId('sales.items')).toBe('sales.items');
  expect(atSink(table)).toBe(table);
  const columns = { source: column('a', 'text'), sink: column('a', 'bigint') };
  expect(pair(columns)).toEqual({ source: columns, sink: columns });
});

test("a table of the source's default schema is one of the sink's, with the sink's types as far as it has them", () => {
  const { alike, sinkId, atSink } = between(defaultEngine, other);
  expect(alike).toBe(false);
  expect([sinkId('public.items'), sinkId('sales.items')]).toEqual(['main.items', 'sales.items']);
  const made = atSink(table);
  expect(made.schema).toBe('main');
  expect(made.columns).toEqual([column('id', 'number'), column('place', 'words'), column('price', 'number')]);
});

test('each side reads a pair in its own terms, and as the same kind', () => {
  const { source, sink } = between(defaultEngine, other).pair({
    source: column('n', 'integer'),
    sink: column('n', 'number'),
  });
  expect(source).toEqual({
    source: column('n', 'integer'),
    sink: column('n', 'integer'),
    as: { kind: 'integer', bits: 32 },
  });
  expect(sink).toEqual({
    source: column('n', 'number'),
    sink: column('n', 'number'),
    as: { kind: 'integer', bits: 32 },
  });
});

const truth: Kind = { kind: 'boolean' };
const small: Kind = { kind: 'integer', bits: 16 };
const day: Kind = { kind: 'date' };
const local: Kind = { kind: 'local-timestamp', digits: 3 };
const instant: Kind = { kind: 'instant', digits: 6 };

test.each<[Kind, Kind, Kind]>([
  [truth, truth, truth],
  [truth, small, { kind: 'integer', bits: 64 }],
  [small, truth, { kind: 'integer', bits: 64 }],
  [{ kind: 'bits', length: 1 }, truth, { kind: 'integer', bits: 64 }],
  [local, instant, instant],
  [instant, local, instant],
  [day, local, local],
  [local, day, local],
  [day, instant, instant],
  [{ kind: 'json' }, { kind: 'text' }, { kind: 'json' }],
  [{ kind: 'other', type: 'point' }, { kind: 'text' }, { kind: 'text' }],
  [{ kind: 'text' }, { kind: 'other', type: 'point' }, { kind: 'text' }],
  [{ kind: 'text', length: 5, padded: true }, { kind: 'text' }, { kind: 'text', padded: true }],
  [{ kind: 'text' }, { kind: 'text', length: 5, padded: true }, { kind: 'text', padded: true }],
  [
    { kind: 'enum', labels: ['a'] },
    { kind: 'text', padded: true },
    { kind: 'text', padded: true },
  ],
])('%j and %j are compared as %j', (source, sink, as) => {
  expect(kindBetween(source, sink)).toEqual(as);
});

test('columns whose values have no text are not compared, between databases of one engine too', () => {
  const blind: Engine = { ...other, dialect: { ...other.dialect, textless: ({ type }) => type === 'place' } };
  const pair = (source: string, sink: string) => ({ source: column('a', source), sink: column('a', sink) });
  expect(between(blind, blind).compares(pair('place', 'place'))).toBe(false);
  expect(between(blind, defaultEngine).compares(pair('place', 'text'))).toBe(false);
  expect(between(defaultEngine, blind).compares(pair('text', 'place'))).toBe(false);
  expect(between(defaultEngine, blind).compares(pair('place', 'words'))).toBe(true);
});
