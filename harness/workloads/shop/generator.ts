import type { Generator, Transaction } from '#model/workload.ts';
import { random } from '#std/random.ts';
import { backfill } from './backfill.ts';
import { changeOfMind, newCustomer, removeCustomer, updateCustomer } from './customers.ts';
import { cancelOrder, changeQuantities, placeOrder, renumberLine, shipOrder } from './orders.ts';
import { rowsIn } from './rows.ts';
import { type Shop, seedState } from './state.ts';

const MIX: readonly (readonly [share: number, make: (shop: Shop) => Transaction])[] = [
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
const WHOLE = MIX.reduce((sum, [share]) => sum + share, 0);

/** Makes the transactions of a shop whose tables are in the schema: see {@link Generator}. */
export function shopGenerator(seed: number, schema: string): Generator {
  const rng = random(seed).fork('shop-live');
  const shop: Shop = {
    rng,
    state: seedState(seed),
    rows: rowsIn(schema),
    tier: undefined,
    counters: [],
    product: true,
  };
  return {
    next() {
      let point = rng.below(WHOLE);
      for (const [share, make] of MIX) {
        if (point < share) return make(shop);
        point -= share;
      }
      throw new Error('the shares of the mix do not add up');
    },
    backfill: (rows) => backfill({ ...shop, rng: rng.fork('backfill') }, rows),
    tell(word) {
      // Columns that exist from now on: `tier`, and `tier_2` and so on where it is added again, `points`, `rank`; one that is gone: `-product`.
      const [, column = '', kind] = /^((tier|points|rank)(?:_\d+)?|-product)$/.exec(word) ?? [];
      if (column === '') throw new Error(`the shop does not know the word ${word}`);
      if (kind === 'tier') shop.tier = column;
      else if (kind === undefined) shop.product = false;
      else shop.counters = [...shop.counters.filter((one) => one !== column), column];
    },
  };
}
