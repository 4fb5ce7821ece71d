import type { Dialect } from '#engines/port/dialect.ts';
import { NOW } from '#model/change.ts';
import type { TableDefinition } from '#model/definition.ts';
import type { Kind } from '#model/kind.ts';
import { keyOf, type Row } from '#model/values.ts';

/** Names that SQL could take for something else. */
export const NAMES = ['plain', 'with space', "quote'd", 'dou"ble', 'back`tick', 'select', 'Ünï', 'a.b', 'semi;colon'];

/**
 * A value of each kind as a workload writes it, and its canonical text: the same on every engine. What an event of the
 * capture would have for it is in the same terms. A time of day is left out: MariaDB's `time` is a span, and named as one.
 */
export const VALUES: readonly (readonly [
  name: string,
  kind: Kind,
  written: string | number | boolean,
  canonical: string,
])[] = [
  ['small', { kind: 'integer', bits: 16 }, -32768, '-32768'],
  ['big', { kind: 'integer', bits: 64 }, '9223372036854775807', '9223372036854775807'],
  ['amount', { kind: 'decimal', precision: 12, scale: 2 }, '-1.5', '-1.50'],
  ['ratio', { kind: 'float', bits: 64 }, '0.30000000000000004', '0.30000000000000004'],
  ['yes', { kind: 'boolean' }, true, 'true'],
  ['no', { kind: 'boolean' }, false, 'false'],
  ['words', { kind: 'text' }, ` té😀"'\\\n\t `, ` té😀"'\\\n\t `],
  ['empty', { kind: 'text' }, '', ''],
  ['short', { kind: 'text', length: 9 }, 'ab ', 'ab '],
  ['day', { kind: 'date' }, '2024-02-29', '2024-02-29'],
  ['at', { kind: 'instant', digits: 6 }, '2024-02-29T23:59:59.120000Z', '2024-02-29 23:59:59.12+00'],
  ['local', { kind: 'local-timestamp', digits: 6 }, '2024-02-29 23:59:59.000001', '2024-02-29 23:59:59.000001'],
  ['id', { kind: 'uuid' }, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
];

export const EVERY_KIND: TableDefinition = {
  name: 'every_kind',
  columns: [
    { name: 'key', kind: { kind: 'integer', bits: 32 } },
    ...VALUES.map(([name, kind]) => ({ name, kind, nullable: true as const })),
  ],
  key: ['key'],
};

export const ITEMS: TableDefinition = {
  name: 'items',
  columns: [
    { name: 'id', kind: { kind: 'integer', bits: 64 } },
    { name: 'line', kind: { kind: 'integer', bits: 32 } },
    { name: 'name', kind: { kind: 'text', length: 40 }, nullable: true, default: "it's new" },
    { name: 'stock', kind: { kind: 'integer', bits: 32 }, default: 0 },
    { name: 'made', kind: { kind: 'instant', digits: 6 }, default: NOW },
  ],
  key: ['id', 'line'],
};

/** Tables of somebody's, for a writer that knows nothing of them; between them a column of each kind that it makes values of. */
export const ANYBODYS: readonly TableDefinition[] = [
  { ...EVERY_KIND, name: 'parents' },
  {
    name: 'children',
    columns: [
      { name: 'parent', kind: { kind: 'integer', bits: 32 } },
      { name: 'at', kind: { kind: 'instant', digits: 6 } },
      { name: 'amount', kind: { kind: 'decimal', precision: 9, scale: 2 } },
    ],
    key: ['parent', 'at'],
    foreign: [{ columns: ['parent'], table: 'parents', references: ['key'] }],
  },
];

export const RANGED: TableDefinition = {
  name: 'ranged',
  columns: [
    { name: 'id', kind: { kind: 'integer', bits: 32 } },
    { name: 'line', kind: { kind: 'integer', bits: 16 } },
    { name: 'name', kind: { kind: 'text', length: 40 }, nullable: true },
  ],
  key: ['id', 'line'],
};

/**
 * A row of {@link EVERY_KIND} with a value of each kind, in the canonical texts of an engine; its key is {@link FULL_KEY}. In
 * one without a type for them UUIDs are texts, which differ by case.
 */
export function fullRowOf(dialect: Dialect): Row {
  const hasUuids = dialect.kindOf({ type: dialect.typeFor({ kind: 'uuid' }) ?? '' }).kind === 'uuid';
  const textOf = (kind: Kind, written: unknown, canonical: string): string =>
    kind.kind === 'uuid' && !hasUuids ? String(written) : canonical;
  const texts = VALUES.map(([name, kind, written, canonical]) => [name, textOf(kind, written, canonical)]);
  return { key: '1', ...Object.fromEntries(texts) };
}

export const FULL_KEY = keyOf(['key'], { key: '1' });

/** The same as a workload writes it, and a row of no values: for `insertRows`. */
export const EVERY_COLUMN = ['key', ...VALUES.map(([name]) => name)];
export const EVERY_ROW = [
  [1, ...VALUES.map(([, , written]) => written)],
  [2, ...VALUES.map(() => null)],
];

/** A row of {@link ITEMS}. */
export const item = (id: number, line: number, name: string | null) =>
  ({ change: 'insert', table: ITEMS, columns: ['id', 'line', 'name'], rows: [[id, line, name]] }) as const;
