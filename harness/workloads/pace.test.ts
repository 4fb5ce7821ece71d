import { expect, test } from 'vitest';
import { openPace } from './pace.ts';

test('a rate that leaves this process no time is lowered, down to what any machine has time for', () => {
  const pace = openPace();
  expect(pace.allowed(100_000, 5)).toBe(100_000);
  expect(pace.allowed(100_000, 200)).toBe(50_000);
  for (let tick = 0; tick < 20; tick++) pace.allowed(100_000, 200);
  expect(pace.allowed(100_000, 200)).toBe(300);
});

test('it rises again once ticks come in time, and a rate that is no burden is never touched', () => {
  const pace = openPace();
  pace.allowed(1000, 200);
  for (let tick = 0; tick < 500; tick++) pace.allowed(1000, 5);
  expect(pace.allowed(1000, 5)).toBe(1000);
  expect(pace.allowed(100, 5000)).toBe(100);
});
