import { expect, test } from 'vitest';
import { shop } from '#workloads/shop/shop.ts';
import { type Asked, rememberingGenerator } from './memory.ts';

test('a generator that is asked again what an earlier one was asked is where that one was', () => {
  const asked: Asked[] = [];
  const first = rememberingGenerator(shop.generator(5, 'public'), asked);
  for (let made = 0; made < 200; made++) first.next();
  first.backfill(40);
  first.tell('tier');
  for (let made = 0; made < 100; made++) first.next();
  expect(asked).toEqual([
    { kind: 'next', count: 200 },
    { kind: 'backfill', rows: 40 },
    { kind: 'tell', word: 'tier' },
    { kind: 'next', count: 100 },
  ]);
  // Through a file and back, as it is between down and up.
  const second = rememberingGenerator(shop.generator(5, 'public'), JSON.parse(JSON.stringify(asked)) as Asked[]);
  const rest = (generator: typeof first) => Array.from({ length: 100 }, () => generator.next());
  expect(rest(second)).toEqual(rest(first));
});
