import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { ROOT } from '#setup/layout.mjs';
import { readPlan } from './plan.ts';

const { tests, instrumented } = readPlan();

export default defineConfig({
  root: ROOT,
  plugins: [
    {
      name: 'mutants',
      enforce: 'pre',
      load(id) {
        const file = instrumented[id];
        return file === undefined ? undefined : readFileSync(file, 'utf8');
      },
    },
  ],
  test: {
    name: 'unit',
    include: [...tests],
    exclude: ['**/*.stack.test.ts', 'node_modules/**'],
    runner: join(import.meta.dirname, 'runner.ts'),
    // A process that hangs in a loop can only be killed whole.
    pool: 'threads',
    // It would keep what the mutants are in, and hand it on with other mutants' ids.
    fsModuleCache: false,
    retry: 0,
    testTimeout: 20_000,
  },
});
