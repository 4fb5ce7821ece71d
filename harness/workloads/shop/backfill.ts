import type { Statement, Transaction } from '#model/workload.ts';
import { insertLines } from './lines.ts';
import { write } from './rows.ts';
import { ORDERS } from './schema.ts';
import type { Order, Shop } from './state.ts';
import { amount, product } from './values.ts';

const ORDERS_PER_TRANSACTION = 50;

/** Orders of years past with a line each, many to a transaction, for customers that exist: `rows` rows in all. */
export function backfill(shop: Shop, rows: number): Transaction[] {
  const { rng, state } = shop;
  const transactions: Transaction[] = [];
  for (let made = 0; made < rows; ) {
    const orders: Order[] = [];
    for (; orders.length < ORDERS_PER_TRANSACTION && made < rows; made += 2) {
      const customer = rng.pick(state.customers.items);
      const order: Order = { id: state.nextOrder++, customer, lines: [1] };
      state.orders.add(order);
      state.ordersOf.set(customer, (state.ordersOf.get(customer) ?? 0) + 1);
      orders.push(order);
    }
    const reads = orders.map((order) => shop.rows.customer(order.customer));
    transactions.push({ statements: insertOldOrders(shop, orders), reads });
  }
  return transactions;
}

/** One statement a table, as a bulk load would write it. */
function insertOldOrders(shop: Shop, orders: readonly Order[]): Statement[] {
  const { rng, rows } = shop;
  const created = orders.map(
    () => `${rng.between(2016, 2023)}-${String(rng.between(1, 12)).padStart(2, '0')}-15T12:00:00Z`,
  );
  const totals = orders.map(() => amount(rng, 900));
  const products = orders.map(() => product(rng));
  const prices = orders.map(() => amount(rng, 100));
  return [
    write(
      {
        change: 'insert',
        table: ORDERS,
        columns: ['id', 'customer_id', 'status', 'total', 'gift', 'created_at'],
        rows: orders.map(({ id, customer }, at) => [
          id,
          customer,
          'shipped',
          totals[at] as string,
          null,
          created[at] as string,
        ]),
      },
      'insert',
      ...orders.map(({ id }) => rows.order(id)),
    ),
    insertLines(
      shop,
      orders.map(({ id }, at) => ({
        ...{ order: id, line: 1, product: products[at] as string, quantity: 1 },
        ...{ price: prices[at] as string, discount: null },
      })),
    ),
  ];
}
