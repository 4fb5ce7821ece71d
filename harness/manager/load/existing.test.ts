import { expect, test } from 'vitest';
import { treatmentOf } from './existing.ts';

test.each([
  [undefined, true, 'fail', 'load'],
  [{ claimed: true }, true, 'fail', 'load'],
  [{ claimed: true }, false, 'fail', 'load-again'],
  [{ claimed: true }, false, 'truncate', 'load-again'],
  [undefined, false, 'fail', 'refuse'],
  [{ claimed: false }, false, 'fail', 'refuse'],
  [{ claimed: false }, false, 'truncate', 'truncate'],
  [undefined, false, 'truncate', 'truncate'],
] as const)('noted %j, empty %s, --on-existing %s: %s', (load, empty, onExisting, treatment) => {
  expect(treatmentOf(load, empty, onExisting)).toBe(treatment);
});
