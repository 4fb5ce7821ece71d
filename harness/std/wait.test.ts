import { expect, test } from 'vitest';
import { OperatorError } from './errors.ts';
import { until } from './wait.ts';

const LIMIT_MS = 40;

/** How long a wait for something lasts that gets on at each look until so much time has passed. */
async function waitedMs(gettingOnMs: number): Promise<number> {
  const started = performance.now();
  let place = 0;
  const progress = (): number => (performance.now() - started < gettingOnMs ? ++place : place);
  const failed = await until(() => false, { what: 'it', limitMs: LIMIT_MS, progress, pauseMs: 2, maxPauseMs: 2 }).then(
    () => undefined,
    (error: unknown) => error,
  );
  return failed instanceof OperatorError ? (failed.waited?.ms ?? 0) : 0;
}

test('what gets on is waited for beyond the limit, from its last change on', async () => {
  expect(await waitedMs(0)).toBeGreaterThanOrEqual(LIMIT_MS);
  expect(await waitedMs(LIMIT_MS * 3)).toBeGreaterThanOrEqual(LIMIT_MS * 3);
});

test('what gets on for ever is waited for ten times as long, and no longer', async () => {
  expect(await waitedMs(Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(LIMIT_MS * 10);
});
