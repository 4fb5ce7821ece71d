import type { Random } from '#std/random.ts';

const FIRST = ['Ada', 'Grace', 'Linus', 'Edsger', 'Barbara', 'Donald', 'Zoë', 'Søren', '光', 'José', 'Noor', "D'Arcy"];
const LAST = [
  'Lovelace',
  'Hopper',
  'Dijkstra',
  'Liskov',
  'Knuth',
  'Müller',
  'Ångström',
  "O'Brien",
  'de la Cruz',
  '山田',
];
const PRODUCTS = ['tea', 'coffee', 'lamp', 'desk', 'chair', 'notebook "A5"', 'pen\\nib', 'mug, blue', 'clock\tround'];
export const STATUSES = ['new', 'paid', 'packed', 'shipped', 'returned'] as const;

export function fullName(rng: Random): string {
  return `${rng.pick(FIRST)} ${rng.pick(LAST)}`;
}

/** An amount with two decimals as text: a JavaScript number would round. */
export function amount(rng: Random, max: number): string {
  return `${rng.below(max)}.${String(rng.below(100)).padStart(2, '0')}`;
}

export function product(rng: Random): string {
  return rng.pick(PRODUCTS);
}

export function profile(rng: Random): string | null {
  if (rng.chance(0.3)) return null;
  return JSON.stringify({
    tags: Array.from({ length: rng.below(4) }, () => rng.pick(PRODUCTS)),
    score: rng.below(1_000_000) / 1000,
    nested: { ok: rng.chance(0.5), none: null, text: rng.pick(LAST) },
  });
}

/** About 2.5 kB that does not compress, for one customer in four: wide enough to be stored out of line. */
export function notes(rng: Random): string | null {
  if (!rng.chance(0.25)) return rng.chance(0.5) ? null : '';
  let text = '';
  while (text.length < 2500) text += rng.below(0x7fffffff).toString(36);
  return text;
}

/** A discount, negative and zero among them; NULL often. */
export function discount(rng: Random): string | null {
  if (rng.chance(0.5)) return null;
  return rng.pick(['0', '0.5', '0.50', '0.125', '12.3400', '-1', '1e3']);
}
