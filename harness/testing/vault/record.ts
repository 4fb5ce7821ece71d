// Records the answers of a real server, which the tests take where there is none: `node harness/testing/vault/record.ts`, with
// `vault` in PATH (`PATH="$(bash .ci/vault):$PATH"`).
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const tests = ['harness/clients/vault.stack.test.ts', 'harness/cli/secrets.stack.test.ts'];
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', '--project', 'stack', '--no-file-parallelism', ...tests],
  { cwd: root, stdio: 'inherit', env: { ...process.env, DRIFTLAB_RECORD_VAULT: '1' } },
);
process.exitCode = status ?? 1;
