import type { Change } from '#model/change.ts';
import type { OperationKind } from '#model/operation.ts';
import type { RowRef, Statement, Transaction } from '#model/workload.ts';
import { CUSTOMERS, LINE_ITEMS, ORDERS } from './schema.ts';

/** How the ledger names the shop's rows. */
export interface Rows {
  customer(id: number): RowRef;
  order(id: number): RowRef;
  line(order: number, line: number): RowRef;
}

/** The rows of a shop whose tables are in this schema. */
export function rowsIn(schema: string): Rows {
  const row = (table: string, ...values: readonly number[]): RowRef => ({
    table: `${schema}.${table}`,
    key: JSON.stringify(values.map(String)),
  });
  return {
    customer: (id) => row(CUSTOMERS.name, id),
    order: (id) => row(ORDERS.name, id),
    line: (order, line) => row(LINE_ITEMS.name, order, line),
  };
}

/** A change together with the rows that it writes, all in the same way. */
export function write(change: Change, kind: OperationKind, ...rows: readonly RowRef[]): Statement {
  return { ...change, writes: rows.map((row) => ({ ...row, kind })) };
}

export function transaction(statements: readonly Statement[], reads: readonly RowRef[] = []): Transaction {
  return { statements, reads };
}
