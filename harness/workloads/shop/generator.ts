import type { OperationKind } from '#model/operation.ts';
import type { Generator, RowRef, Statement, Transaction } from '#model/workload.ts';
import { type Random, random } from '#std/random.ts';
import { CUSTOMERS, LINE_ITEMS, ORDERS } from './schema.ts';
import { type Order, type ShopState, seedState } from './state.ts';
import { amount, discount, fullName, notes, product, profile, STATUSES } from './values.ts';

/** The first customers are hot: one pick in five falls on one of these. */
const HOT_KEYS = 10;
const BACKFILL_ORDERS_PER_TRANSACTION = 50;
/** From so many on, as many are removed as are added: a shop that never closes stays of one size. */
const CUSTOMERS_STEADY = 5000;
const ORDERS_STEADY = 10_000;

const keyText = (...values: readonly number[]): string => JSON.stringify(values.map(String));

const customerRef = (id: number): RowRef => ({ table: CUSTOMERS, key: keyText(id) });
const orderRef = (id: number): RowRef => ({ table: ORDERS, key: keyText(id) });
const lineRef = (order: number, line: number): RowRef => ({ table: LINE_ITEMS, key: keyText(order, line) });

function write(sql: string, params: readonly unknown[], kind: OperationKind, ...rows: readonly RowRef[]): Statement {
  return { sql, params, writes: rows.map((row) => ({ ...row, kind })) };
}

const transaction = (statements: readonly Statement[], reads: readonly RowRef[] = []): Transaction => ({
  statements,
  reads,
});

type Maker = () => Transaction;

/** Makes the shop's transactions: see {@link Generator}. */
export function shopGenerator(seed: number): Generator {
  const rng = random(seed).fork('shop-live');
  const state = seedState(seed);
  /** The column that a schema change added last. */
  let tier: string | undefined;

  const pickCustomer = (): number =>
    rng.chance(0.2)
      ? (state.customers.items[rng.below(Math.min(HOT_KEYS, state.customers.items.length))] as number)
      : rng.pick(state.customers.items);

  const newCustomer: Maker = () => {
    if (state.customers.items.length >= CUSTOMERS_STEADY && rng.chance(0.7)) return removeCustomer();
    const id = state.nextCustomer++;
    state.customers.add(id);
    const values = [
      id,
      fullName(rng),
      `c${id}@example.org`,
      rng.chance(0.9),
      amount(rng, 5000),
      profile(rng),
      notes(rng),
    ];
    const [columns, places] = tier === undefined ? ['', ''] : [`, ${tier}`, ', $8'];
    if (tier !== undefined) values.push(rng.pick(['gold', 'silver', 'standard']));
    return transaction([
      write(
        `INSERT INTO customers (id, name, email, active, credit, profile, notes${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7${places})`,
        values,
        'insert',
        customerRef(id),
      ),
    ]);
  };

  const updateCustomer: Maker = () => {
    const id = pickCustomer();
    const kind = rng.below(tier === undefined ? 4 : 5);
    if (kind === 4) {
      const sql = `UPDATE customers SET ${tier} = $2, updated_at = now() WHERE id = $1`;
      return transaction([write(sql, [id, rng.pick(['gold', 'silver', 'platinum'])], 'update', customerRef(id))]);
    }
    if (kind === 3 && rng.chance(0.2)) {
      const sql = 'UPDATE customers SET notes = $2, updated_at = now() WHERE id = $1';
      return transaction([write(sql, [id, notes(rng)], 'update', customerRef(id))]);
    }
    const sql = 'UPDATE customers SET credit = $2, profile = $3, active = $4, updated_at = now() WHERE id = $1';
    return transaction([write(sql, [id, amount(rng, 5000), profile(rng), rng.chance(0.9)], 'update', customerRef(id))]);
  };

  const placeOrder: Maker = () => {
    if (state.orders.items.length >= ORDERS_STEADY && rng.chance(0.4)) return cancelOrder();
    const customer = pickCustomer();
    const order: Order = {
      id: state.nextOrder++,
      customer,
      lines: Array.from({ length: rng.between(1, 3) }, (_, index) => index + 1),
    };
    state.orders.add(order);
    state.ordersOf.set(customer, (state.ordersOf.get(customer) ?? 0) + 1);
    return transaction([...insertOrder(rng, order), touchCustomer(rng, customer)], [customerRef(customer)]);
  };

  const shipOrder: Maker = () => {
    const order = rng.pick(state.orders.items);
    const sql = "UPDATE orders SET status = $2, shipped_at = CASE WHEN $2 = 'shipped' THEN now() END WHERE id = $1";
    return transaction([write(sql, [order.id, rng.pick(STATUSES)], 'update', orderRef(order.id))]);
  };

  const changeQuantities: Maker = () => {
    const order = rng.pick(state.orders.items);
    const lines = order.lines.map((line) => lineRef(order.id, line));
    return transaction([
      write(
        'UPDATE line_items SET quantity = quantity + $2 WHERE order_id = $1',
        [order.id, rng.between(1, 3)],
        'update',
        ...lines,
      ),
      write('UPDATE orders SET total = $2 WHERE id = $1', [order.id, amount(rng, 900)], 'update', orderRef(order.id)),
    ]);
  };

  const renumberLine: Maker = () => {
    const order = rng.pick(state.orders.items);
    const from = order.lines[order.lines.length - 1] as number;
    const to = from + 1;
    order.lines = [...order.lines.slice(0, -1), to];
    // A changed primary key reaches the log as the deletion of the old key and the creation of the new one.
    return transaction([
      {
        sql: 'UPDATE line_items SET line_no = $3 WHERE order_id = $1 AND line_no = $2',
        params: [order.id, from, to],
        writes: [
          { ...lineRef(order.id, from), kind: 'delete' },
          { ...lineRef(order.id, to), kind: 'insert' },
        ],
      },
    ]);
  };

  const cancelOrder: Maker = () => {
    const order = state.orders.removeAt(rng.below(state.orders.items.length));
    const left = (state.ordersOf.get(order.customer) ?? 1) - 1;
    if (left === 0) state.ordersOf.delete(order.customer);
    else state.ordersOf.set(order.customer, left);
    const lines = order.lines.map((line) => lineRef(order.id, line));
    return transaction(
      [
        write('DELETE FROM line_items WHERE order_id = $1', [order.id], 'delete', ...lines),
        write('DELETE FROM orders WHERE id = $1', [order.id], 'delete', orderRef(order.id)),
      ],
      // A customer whose last order this was may be removed next, and only after this has committed.
      [customerRef(order.customer)],
    );
  };

  const removeCustomer: Maker = () => {
    // Hot keys stay; a few tries suffice to meet a customer without orders, and if not, another kind will do.
    for (let tries = 0; tries < 20 && state.customers.items.length > HOT_KEYS * 2; tries++) {
      const index = rng.between(HOT_KEYS, state.customers.items.length - 1);
      const id = state.customers.items[index] as number;
      if (state.ordersOf.has(id)) continue;
      state.customers.removeAt(index);
      return transaction([write('DELETE FROM customers WHERE id = $1', [id], 'delete', customerRef(id))]);
    }
    return updateCustomer();
  };

  const changeOfMind: Maker = () => {
    const id = pickCustomer();
    const sql = 'UPDATE customers SET credit = -1, updated_at = now() WHERE id = $1';
    return { ...transaction([write(sql, [id], 'update', customerRef(id))]), rollback: true };
  };

  const mix: readonly (readonly [share: number, maker: Maker])[] = [
    [28, placeOrder],
    [10, newCustomer],
    [28, updateCustomer],
    [14, shipOrder],
    [8, changeQuantities],
    [2, renumberLine],
    [6, cancelOrder],
    [3, removeCustomer],
    [1, changeOfMind],
  ];
  const whole = mix.reduce((sum, [share]) => sum + share, 0);

  return {
    next() {
      let point = rng.below(whole);
      for (const [share, maker] of mix) {
        if (point < share) return maker();
        point -= share;
      }
      throw new Error('the shares of the mix do not add up');
    },
    backfill: (rows) => backfillTransactions(rng.fork('backfill'), state, rows),
    tell(word) {
      // A column that now exists: `tier`, and `tier_2` and so on where it is added again.
      if (!/^tier(_\d+)?$/.test(word)) throw new Error(`the shop does not know the word ${word}`);
      tier = word;
    },
  };
}

function touchCustomer(rng: Random, customer: number): Statement {
  const sql = 'UPDATE customers SET credit = $2, updated_at = now() WHERE id = $1';
  return write(sql, [customer, amount(rng, 5000)], 'update', customerRef(customer));
}

/** A new order with its lines. */
function insertOrder(rng: Random, order: Order): Statement[] {
  return [
    write(
      `INSERT INTO orders (id, customer_id, status, total, gift) VALUES ($1, $2, 'new', $3, $4)`,
      [order.id, order.customer, amount(rng, 900), rng.pick([true, false, null])],
      'insert',
      orderRef(order.id),
    ),
    write(
      `INSERT INTO line_items (order_id, line_no, product, quantity, unit_price, discount)
       SELECT $1, * FROM unnest($2::int[], $3::text[], $4::int[], $5::numeric[], $6::numeric[])`,
      [
        order.id,
        order.lines,
        order.lines.map(() => product(rng)),
        order.lines.map(() => rng.between(1, 9)),
        order.lines.map(() => amount(rng, 100)),
        order.lines.map(() => discount(rng)),
      ],
      'insert',
      ...order.lines.map((line) => lineRef(order.id, line)),
    ),
  ];
}

/** Orders of years past with a line each, many to a transaction, for customers that exist. */
function backfillTransactions(rng: Random, state: ShopState, rows: number): Transaction[] {
  const transactions: Transaction[] = [];
  for (let made = 0; made < rows; ) {
    const orders: Order[] = [];
    for (; orders.length < BACKFILL_ORDERS_PER_TRANSACTION && made < rows; made += 2) {
      const customer = rng.pick(state.customers.items);
      const order: Order = { id: state.nextOrder++, customer, lines: [1] };
      state.orders.add(order);
      state.ordersOf.set(customer, (state.ordersOf.get(customer) ?? 0) + 1);
      orders.push(order);
    }
    const reads = orders.map((order) => customerRef(order.customer));
    transactions.push({ statements: insertOldOrders(rng, orders), reads });
  }
  return transactions;
}

/** One statement a table, as a bulk load would write it. */
function insertOldOrders(rng: Random, orders: readonly Order[]): Statement[] {
  const ids = orders.map((order) => order.id);
  const created = orders.map(
    () => `${rng.between(2016, 2023)}-${String(rng.between(1, 12)).padStart(2, '0')}-15T12:00:00Z`,
  );
  return [
    write(
      `INSERT INTO orders (id, customer_id, status, total, gift, created_at)
       SELECT id, customer, 'shipped', total, NULL, created
       FROM unnest($1::bigint[], $2::bigint[], $3::numeric[], $4::timestamptz[]) AS rows (id, customer, total, created)`,
      [ids, orders.map((order) => order.customer), orders.map(() => amount(rng, 900)), created],
      'insert',
      ...ids.map(orderRef),
    ),
    write(
      `INSERT INTO line_items (order_id, line_no, product, quantity, unit_price, discount)
       SELECT id, 1, product, 1, price, NULL FROM unnest($1::bigint[], $2::text[], $3::numeric[]) AS rows (id, product, price)`,
      [ids, orders.map(() => product(rng)), orders.map(() => amount(rng, 100))],
      'insert',
      ...ids.map((id) => lineRef(id, 1)),
    ),
  ];
}
