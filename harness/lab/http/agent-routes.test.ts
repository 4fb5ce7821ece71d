import { expect, test } from 'vitest';
import { BUNDLE_TOKENS } from '#contracts/words.ts';
import { WITHIN } from './agent-routes.ts';

test('a query may ask for a bundle of just as many tokens as one can have', () => {
  const { least, most } = BUNDLE_TOKENS;
  const taken = Array.from({ length: 40_000 }, (_, tokens) => tokens).filter((tokens) =>
    new RegExp(WITHIN).test(`${tokens}`),
  );
  expect([taken[0], taken.at(-1), taken.length]).toEqual([least, most, most - least + 1]);
  expect(['0500', '500.5', '1e3', ' 500', ''].filter((text) => new RegExp(WITHIN).test(text))).toEqual([]);
});
