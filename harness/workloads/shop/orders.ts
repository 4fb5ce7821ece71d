import { NOW } from '#model/change.ts';
import type { Statement, Transaction } from '#model/workload.ts';
import { touchCustomer } from './customers.ts';
import { counted, insertLines, linesOf } from './lines.ts';
import { transaction, write } from './rows.ts';
import { LINE_ITEMS, ORDERS } from './schema.ts';
import { type Order, pickCustomer, type Shop } from './state.ts';
import { amount, discount, product, STATUSES } from './values.ts';

/** From so many on, as many are cancelled as are placed. */
const ORDERS_STEADY = 10_000;

export function placeOrder(shop: Shop): Transaction {
  const { rng, state, rows } = shop;
  if (state.orders.items.length >= ORDERS_STEADY && rng.chance(0.4)) return cancelOrder(shop);
  const customer = pickCustomer(shop);
  const order: Order = {
    id: state.nextOrder++,
    customer,
    lines: Array.from({ length: rng.between(1, 3) }, (_, index) => index + 1),
  };
  state.orders.add(order);
  state.ordersOf.set(customer, (state.ordersOf.get(customer) ?? 0) + 1);
  return transaction([...insertOrder(shop, order), touchCustomer(shop, customer)], [rows.customer(customer)]);
}

/** A new order with its lines. */
function insertOrder(shop: Shop, { id, customer, lines }: Order): Statement[] {
  const { rng, rows } = shop;
  const order = write(
    {
      change: 'insert',
      table: ORDERS,
      columns: ['id', 'customer_id', 'status', 'total', 'gift'],
      rows: [[id, customer, 'new', amount(rng, 900), rng.pick([true, false, null])]],
    },
    'insert',
    rows.order(id),
  );
  const products = lines.map(() => product(rng));
  const quantities = lines.map(() => rng.between(1, 9));
  const prices = lines.map(() => amount(rng, 100));
  const discounts = lines.map(() => discount(rng));
  const items = lines.map((line, at) => ({
    ...{ order: id, line, product: products[at] as string, quantity: quantities[at] as number },
    ...{ price: prices[at] as string, discount: discounts[at] ?? null },
  }));
  return [order, insertLines(shop, items)];
}

export function shipOrder({ rng, state, rows }: Shop): Transaction {
  const { id } = rng.pick(state.orders.items);
  const status = rng.pick(STATUSES);
  const set = { status, shipped_at: status === 'shipped' ? NOW : null };
  return transaction([write({ change: 'update', table: ORDERS, set, where: { id } }, 'update', rows.order(id))]);
}

export function changeQuantities(shop: Shop): Transaction {
  const { rng, state, rows } = shop;
  const { id, lines } = rng.pick(state.orders.items);
  return transaction([
    write(
      {
        change: 'update',
        table: linesOf(shop),
        set: { quantity: { add: rng.between(1, 3) }, ...counted(shop) },
        where: { order_id: id },
      },
      'update',
      ...lines.map((line) => rows.line(id, line)),
    ),
    write(
      { change: 'update', table: ORDERS, set: { total: amount(rng, 900) }, where: { id } },
      'update',
      rows.order(id),
    ),
  ]);
}

export function renumberLine({ rng, state, rows }: Shop): Transaction {
  const order = rng.pick(state.orders.items);
  const from = order.lines[order.lines.length - 1] as number;
  const to = from + 1;
  order.lines = [...order.lines.slice(0, -1), to];
  // A changed primary key reaches the log as the deletion of the old key and the creation of the new one.
  return transaction([
    {
      change: 'update',
      table: LINE_ITEMS,
      set: { line_no: to },
      where: { order_id: order.id, line_no: from },
      writes: [
        { ...rows.line(order.id, from), kind: 'delete' },
        { ...rows.line(order.id, to), kind: 'insert' },
      ],
    },
  ]);
}

export function cancelOrder({ rng, state, rows }: Shop): Transaction {
  const { id, customer, lines } = state.orders.removeAt(rng.below(state.orders.items.length));
  const left = (state.ordersOf.get(customer) ?? 1) - 1;
  if (left === 0) state.ordersOf.delete(customer);
  else state.ordersOf.set(customer, left);
  return transaction(
    [
      write(
        { change: 'delete', table: LINE_ITEMS, where: { order_id: id } },
        'delete',
        ...lines.map((line) => rows.line(id, line)),
      ),
      write({ change: 'delete', table: ORDERS, where: { id } }, 'delete', rows.order(id)),
    ],
    // A customer whose last order this was may be removed next, and only after this has committed.
    [rows.customer(customer)],
  );
}
