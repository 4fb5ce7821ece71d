import type { ChangedTable, Value } from '#model/change.ts';
import type { Statement } from '#model/workload.ts';
import { write } from './rows.ts';
import { COUNTER_MAX, counterColumn, LINE_ITEMS } from './schema.ts';
import type { Shop } from './state.ts';

/** A line item that is to be inserted. */
export interface Line {
  readonly order: number;
  readonly line: number;
  readonly product: string;
  readonly quantity: number;
  readonly price: string;
  readonly discount: string | null;
}

/** All lines in one statement. */
export function insertLines(shop: Shop, lines: readonly Line[]): Statement {
  const { rows, product, counters } = shop;
  const columns = ['order_id', 'line_no', 'quantity', 'unit_price', 'discount'];
  return write(
    {
      change: 'insert',
      table: linesOf(shop),
      columns: [...columns, ...(product ? ['product'] : []), ...counters],
      rows: lines.map((one): Value[] => [
        ...[one.order, one.line, one.quantity, one.price, one.discount],
        ...(product ? [one.product] : []),
        ...Object.values(counted(shop)),
      ]),
    },
    'insert',
    ...lines.map(({ order, line }) => rows.line(order, line)),
  );
}

/** New values of what counts something. */
export function counted({ rng, counters }: Shop): Readonly<Record<string, number>> {
  return Object.fromEntries(counters.map((counter) => [counter, rng.below(COUNTER_MAX)]));
}

/** The line items with the columns that schema changes have left. */
export function linesOf({ counters, product }: Shop): ChangedTable {
  if (product && counters.length === 0) return LINE_ITEMS;
  const first = product ? LINE_ITEMS.columns : LINE_ITEMS.columns.filter(({ name }) => name !== 'product');
  return { name: LINE_ITEMS.name, columns: [...first, ...counters.map(counterColumn)] };
}
