import type { Database } from '#model/pipeline.ts';
import type { Installer } from '#model/workload.ts';
import { random } from '#std/random.ts';
import { CUSTOMERS, LINE_ITEMS, ORDERS } from './schema.ts';
import { seedState } from './state.ts';
import { amount, discount, fullName, notes, product, profile, STATUSES } from './values.ts';

/** Creates and fills the shop. The rows follow {@link seedState} of the same seed. */
export async function install(database: Database, seed: number, installer: Installer): Promise<void> {
  const rng = random(seed).fork('shop-rows');
  const state = seedState(seed);
  await installer.createTables(database, [CUSTOMERS, ORDERS, LINE_ITEMS]);
  await installer.insertRows(
    database,
    CUSTOMERS,
    ['id', 'name', 'email', 'active', 'credit', 'profile', 'notes', 'created_at'],
    state.customers.items.map((id) => [
      id,
      fullName(rng),
      `c${id}@example.org`,
      rng.chance(0.9),
      amount(rng, 5000),
      profile(rng),
      notes(rng),
      { hoursAgo: rng.below(500) },
    ]),
  );
  await installer.insertRows(
    database,
    ORDERS,
    ['id', 'customer_id', 'status', 'total', 'gift', 'created_at'],
    state.orders.items.map((order) => [
      order.id,
      order.customer,
      rng.pick(STATUSES),
      amount(rng, 900),
      rng.pick([true, false, null]),
      { hoursAgo: rng.below(500) },
    ]),
  );
  await installer.insertRows(
    database,
    LINE_ITEMS,
    ['order_id', 'line_no', 'product', 'quantity', 'unit_price', 'discount'],
    state.orders.items.flatMap((order) =>
      order.lines.map((line) => [order.id, line, product(rng), rng.between(1, 9), amount(rng, 100), discount(rng)]),
    ),
  );
  await installer.analyze(database);
}
