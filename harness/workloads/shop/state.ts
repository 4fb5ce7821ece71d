import { type Random, random } from '#std/random.ts';
import type { Rows } from './rows.ts';
import { SEED_CUSTOMERS, SEED_ORDERS } from './schema.ts';

export interface Order {
  readonly id: number;
  readonly customer: number;
  /** Line numbers that exist, ascending. Replaced, never changed: transactions that wait for their turn hold on to it. */
  lines: readonly number[];
}

/** A list from which a member is picked or removed in constant time. */
class Pool<T> {
  readonly items: T[] = [];

  add(item: T): void {
    this.items.push(item);
  }

  removeAt(index: number): T {
    const item = this.items[index] as T;
    const last = this.items.pop() as T;
    if (index < this.items.length) this.items[index] = last;
    return item;
  }
}

/** What the generator knows to exist at the source, if all it made was carried out. */
export interface ShopState {
  readonly customers: Pool<number>;
  readonly orders: Pool<Order>;
  /** How many orders each customer has; absent for none. */
  readonly ordersOf: Map<number, number>;
  nextCustomer: number;
  nextOrder: number;
}

/** What makers of transactions share. */
export interface Shop {
  readonly rng: Random;
  readonly state: ShopState;
  readonly rows: Rows;
  /** The column that a schema change added last. */
  tier: string | undefined;
  /** Columns of the line items that count something, as far as they exist. */
  counters: readonly string[];
  /** The line items have their column of that name still. */
  product: boolean;
}

/** The first customers are hot: one pick in five falls on one of these. */
export const HOT_KEYS = 10;

export function pickCustomer({ rng, state }: Shop): number {
  const { items } = state.customers;
  return rng.chance(0.2) ? (items[rng.below(Math.min(HOT_KEYS, items.length))] as number) : rng.pick(items);
}

/** The state that {@link install} of the same seed leaves in the database: both are made by this function. */
export function seedState(seed: number): ShopState {
  const rng: Random = random(seed).fork('shop-seed');
  const state: ShopState = {
    customers: new Pool(),
    orders: new Pool(),
    ordersOf: new Map(),
    nextCustomer: SEED_CUSTOMERS + 1,
    nextOrder: SEED_ORDERS + 1,
  };
  for (let id = 1; id <= SEED_CUSTOMERS; id++) state.customers.add(id);
  for (let id = 1; id <= SEED_ORDERS; id++) {
    const customer = rng.between(1, SEED_CUSTOMERS);
    const lines = Array.from({ length: rng.between(1, 3) }, (_, index) => index + 1);
    state.orders.add({ id, customer, lines });
    state.ordersOf.set(customer, (state.ordersOf.get(customer) ?? 0) + 1);
  }
  return state;
}
