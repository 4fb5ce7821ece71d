import { defineConfig } from 'vitest/config';
import { LongestFirst } from './harness/testing/longest-first.ts';

export default defineConfig({
  test: {
    retry: 0,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        test: {
          name: 'unit',
          include: ['bin/**/*.test.ts', 'harness/**/*.test.ts', 'scenarios/**/*.test.ts'],
          exclude: ['**/*.stack.test.ts', 'node_modules/**'],
          // To end what hangs, not to measure: property tests that take 200 ms alone take seconds on a machine that is busy.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'stack',
          include: ['harness/**/*.stack.test.ts', 'scenarios/**/*.stack.test.ts'],
          // Real servers wait for each other more than they compute: two files side by side, and after the unit tests, which
          // take whatever processors there are.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          // To end what hangs, not to measure, as above.
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
});
