import { NOW } from '#model/change.ts';
import type { ColumnDefinition, TableDefinition } from '#model/definition.ts';
import type { Kind } from '#model/kind.ts';

const ID: Kind = { kind: 'integer', bits: 64 };
const COUNT: Kind = { kind: 'integer', bits: 32 };
const TEXT: Kind = { kind: 'text' };
const FLAG: Kind = { kind: 'boolean' };
const INSTANT: Kind = { kind: 'instant', digits: 6 };
const AMOUNT: Kind = { kind: 'decimal', precision: 12, scale: 2 };

/** `notes` is so wide that most updates leave it out of PostgreSQL's log (TOAST). */
export const CUSTOMERS: TableDefinition = {
  name: 'customers',
  columns: [
    { name: 'id', kind: ID },
    { name: 'name', kind: TEXT },
    { name: 'email', kind: TEXT },
    { name: 'active', kind: FLAG, default: true },
    { name: 'credit', kind: AMOUNT, default: 0 },
    { name: 'profile', kind: { kind: 'json' }, nullable: true },
    { name: 'notes', kind: TEXT, nullable: true, wide: true },
    { name: 'created_at', kind: INSTANT, default: NOW },
    { name: 'updated_at', kind: INSTANT, nullable: true },
  ],
  key: ['id'],
};

/** `gift` is often NULL although it has a default, which converters like to confuse. */
export const ORDERS: TableDefinition = {
  name: 'orders',
  columns: [
    { name: 'id', kind: ID },
    { name: 'customer_id', kind: ID },
    { name: 'status', kind: TEXT },
    { name: 'total', kind: AMOUNT },
    { name: 'gift', kind: FLAG, nullable: true, default: false },
    { name: 'created_at', kind: INSTANT, default: NOW },
    { name: 'shipped_at', kind: INSTANT, nullable: true },
  ],
  key: ['id'],
  foreign: [{ columns: ['customer_id'], table: 'customers', references: ['id'] }],
  indexes: [['customer_id']],
};

export const LINE_ITEMS: TableDefinition = {
  name: 'line_items',
  columns: [
    { name: 'order_id', kind: ID },
    { name: 'line_no', kind: COUNT },
    { name: 'product', kind: TEXT },
    { name: 'quantity', kind: COUNT },
    { name: 'unit_price', kind: { kind: 'decimal', precision: 10, scale: 2 } },
    { name: 'discount', kind: { kind: 'decimal', precision: 8, scale: 4 }, nullable: true },
  ],
  key: ['order_id', 'line_no'],
  foreign: [{ columns: ['order_id'], table: 'orders', references: ['id'] }],
};

/** A column of the customers that a schema change adds: a customer who was there before is a standard one. */
export function tierColumn(name: string): ColumnDefinition {
  return { name, kind: TEXT, default: 'standard' };
}

/** Values of a counter are so small that it may be narrowed, whatever they are. */
export const COUNTER_MAX = 10_000;

/** A column of the line items that counts something, which schema changes add, widen and narrow. */
export function counterColumn(name: string): ColumnDefinition {
  return { name, kind: { kind: 'integer', bits: 64 } };
}

export const SEED_CUSTOMERS = 1000;
export const SEED_ORDERS = 2000;
