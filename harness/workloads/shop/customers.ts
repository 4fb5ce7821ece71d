import { type ChangedTable, NOW, type Update, type Value } from '#model/change.ts';
import type { Statement, Transaction } from '#model/workload.ts';
import { transaction, write } from './rows.ts';
import { CUSTOMERS, tierColumn } from './schema.ts';
import { HOT_KEYS, pickCustomer, type Shop } from './state.ts';
import { amount, fullName, notes, profile } from './values.ts';

/** From so many on, as many are removed as are added: a shop that never closes stays of one size. */
const CUSTOMERS_STEADY = 5000;

export function newCustomer(shop: Shop): Transaction {
  const { rng, state, rows, tier } = shop;
  if (state.customers.items.length >= CUSTOMERS_STEADY && rng.chance(0.7)) return removeCustomer(shop);
  const id = state.nextCustomer++;
  state.customers.add(id);
  const columns = ['id', 'name', 'email', 'active', 'credit', 'profile', 'notes'];
  const values: Value[] = [
    id,
    fullName(rng),
    `c${id}@example.org`,
    rng.chance(0.9),
    amount(rng, 5000),
    profile(rng),
    notes(rng),
  ];
  if (tier !== undefined) {
    columns.push(tier);
    values.push(rng.pick(['gold', 'silver', 'standard']));
  }
  const table = customersWith(tier);
  return transaction([write({ change: 'insert', table, columns, rows: [values] }, 'insert', rows.customer(id))]);
}

export function updateCustomer(shop: Shop): Transaction {
  const { rng, tier } = shop;
  const id = pickCustomer(shop);
  const kind = rng.below(tier === undefined ? 4 : 5);
  if (tier !== undefined && kind === 4)
    return transaction([setCustomer(shop, id, { [tier]: rng.pick(['gold', 'silver', 'platinum']) })]);
  if (kind === 3 && rng.chance(0.2)) return transaction([setCustomer(shop, id, { notes: notes(rng) })]);
  return transaction([
    setCustomer(shop, id, { credit: amount(rng, 5000), profile: profile(rng), active: rng.chance(0.9) }),
  ]);
}

export function removeCustomer(shop: Shop): Transaction {
  const { rng, state, rows } = shop;
  // Hot keys stay; a few tries suffice to meet a customer without orders, and if not, another kind will do.
  for (let tries = 0; tries < 20 && state.customers.items.length > HOT_KEYS * 2; tries++) {
    const index = rng.between(HOT_KEYS, state.customers.items.length - 1);
    const id = state.customers.items[index] as number;
    if (state.ordersOf.has(id)) continue;
    state.customers.removeAt(index);
    return transaction([write({ change: 'delete', table: CUSTOMERS, where: { id } }, 'delete', rows.customer(id))]);
  }
  return updateCustomer(shop);
}

export function changeOfMind(shop: Shop): Transaction {
  return { ...transaction([setCustomer(shop, pickCustomer(shop), { credit: -1 })]), rollback: true };
}

/** What an order changes of the customer who placed it. */
export function touchCustomer(shop: Shop, id: number): Statement {
  return setCustomer(shop, id, { credit: amount(shop.rng, 5000) });
}

function setCustomer({ rows, tier }: Shop, id: number, set: Update['set']): Statement {
  const table = customersWith(tier);
  return write(
    { change: 'update', table, set: { ...set, updated_at: NOW }, where: { id } },
    'update',
    rows.customer(id),
  );
}

function customersWith(tier: string | undefined): ChangedTable {
  if (tier === undefined) return CUSTOMERS;
  return { name: CUSTOMERS.name, columns: [...CUSTOMERS.columns, tierColumn(tier)] };
}
