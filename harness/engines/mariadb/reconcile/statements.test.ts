import { describe, expect, test } from 'vitest';
import type { ColumnPlan, CommonForm, TablePlan } from '#engines/port/reconcile.ts';
import { rangeSql, statementsFor } from './statements.ts';

const side = (name: string, type: string, nullable = false) => ({
  name,
  type,
  nullable,
  generated: false,
  order: undefined,
});
const column = (name: string, form: CommonForm, type: string, nullable = false): ColumnPlan => {
  return { name, form, source: side(name, type, nullable), target: side(name, type) };
};
const ID = column('id', 'integer', 'bigint(20)');
const NOTE = column('note', 'text', 'text', true);

const plan = (more: Partial<TablePlan> = {}): TablePlan => ({
  side: 'source',
  hashing: 'canonical-text',
  identity: 'integer',
  key: [ID],
  columns: [ID, NOTE],
  table: { id: 'shop.a', columns: [], key: [], indexes: [], estimatedRows: 1, clustered: true },
  ...more,
});

const hashed = (text: string) => `CAST(CONV(LEFT(SHA2(${text}, 256), 16), 16, -10) AS SIGNED)`;
const NUMBER = "LOWER(LPAD(HEX(CAST(t.`id` AS SIGNED)), 16, '0'))";

describe('the statements on a table', () => {
  test('hash a row by the texts of its columns, each behind its length or before a separator', () => {
    const text = 'CONVERT(t.`note` USING utf8mb4)';
    const inline = `IF(LENGTH(${text}) > 1024, SHA2(${text}, 256), ${text})`;
    expect(statementsFor(plan()).rowHash).toBe(
      hashed(`CONCAT(${NUMBER}, ',', COALESCE(LENGTH(${text}), ''), ':', COALESCE(CAST(${inline} AS BINARY), ''))`),
    );
  });

  test('name a row by its integer, by a hash of its key, or of all of it', () => {
    expect(statementsFor(plan()).identity).toBe('CAST(t.`id` AS SIGNED)');
    expect(statementsFor(plan({ identity: 'key-hash' })).identity).toBe(hashed(`CONCAT(${NUMBER}, ',')`));
    const whole = statementsFor(plan({ identity: 'row', key: [] }));
    expect(whole.identity).toBe(whole.rowHash);
  });

  test('end a condition of a person’s on a line of its own', () => {
    expect(statementsFor(plan({ where: 'a > 1 -- recent' })).where).toBe(' AND (a > 1 -- recent\n)');
  });
});

describe('a range of keys', () => {
  test('of one column', () => {
    expect(rangeSql(['t.a'], { kind: 'range', from: ['-5'], to: ['7'] })).toBe('t.a >= -5 AND t.a < 7');
    expect(rangeSql(['t.a'], { kind: 'range' })).toBe('TRUE');
  });

  test('of several is written as one that an index serves', () => {
    expect(rangeSql(['t.a', 't.b'], { kind: 'range', from: ['1', '2'] })).toBe('(t.a > 1 OR (t.a = 1 AND t.b >= 2))');
    expect(rangeSql(['t.a', 't.b'], { kind: 'range', to: ['1', '2'] })).toBe('(t.a < 1 OR (t.a = 1 AND t.b < 2))');
  });

  test('is bounded by integers only', () => {
    expect(() => rangeSql(['t.a'], { kind: 'range', from: ["1' OR 1"] })).toThrow('only integers');
  });
});
