import { expect, test } from 'vitest';
import { withPlainImports } from './build.ts';

test('what a compiled module imports by a name of the package it then imports by its place', () => {
  const path = 'harness/cli/lab/up.js';
  expect(withPlainImports(path, "import { until } from '#std/wait.ts';")).toBe(
    "import { until } from '../../std/wait.js';",
  );
  expect(withPlainImports(path, "await import('#cli/lab/client.ts')")).toBe("await import('./client.js')");
  expect(withPlainImports(path, "export * from '#lab.ts'")).toBe("export * from '../../lab.js'");
  expect(withPlainImports('scenarios/index.d.ts', "import('#model/fault.ts').Fault")).toBe(
    "import('../harness/model/fault.js').Fault",
  );
});

test('the set-up is not compiled: it stays where it is, beside what is', () => {
  expect(withPlainImports('harness/cli/main.js', "import { doctor } from '#setup/doctor.mjs';")).toBe(
    "import { doctor } from '../../../bin/setup/doctor.mjs';",
  );
});

test('nothing else of a module changes', () => {
  const text = "import { join } from 'node:path';\nimport './a.js';\nconst color = '#fff';\nprint('from #1');";
  expect(withPlainImports('harness/tui/app.js', text)).toBe(text);
});
