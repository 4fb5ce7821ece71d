// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { expect, test } from 'vitest';
import { systemdUnit } from './systemd.ts';

const unit = (...args: string[]) =>
  systemdUnit({ program: ['/usr/bin/node', '/opt/driftlab.mjs'], args, cwd: '/srv', user: 'cdc' });

test('the unit runs the same command, quoted as systemd reads it', () => {
  const text = unit('--print-systemd', '--tables', 'a,b', '--where', `n > 5 AND t LIKE '10%' || "x$"`);
  expect(text).toContain(
    `ExecStart=/usr/bin/node /opt/driftlab.mjs reconcile --tables a,b --where "n > 5 AND t LIKE '10%%' || \\"x$$\\""\n`,
  );
  expect(text).toContain('User=cdc\nWorkingDirectory=/srv\n');
});

test('what is asked of Vault needs its settings in the environment; names and references stay', () => {
  const text = unit('--use-vault', '--source', 'shop', '--target', 'postgres://u:${env:WORD}@h/b');
  expect(text).toContain('--use-vault --source shop --target "postgres://u:$${env:WORD}@h/b"\n');
  expect(text).toContain('VAULT_ADDR=… and VAULT_ROLE_ID=… and VAULT_SECRET_ID=…');
});

test('passwords go to the environment, addresses without one stay', () => {
  const text = unit(
    '--source',
    'postgres://u:geheim@h/a',
    '--target=postgres://u@h/b',
    '--target-password',
    'auch-geheim',
  );
  expect(text).not.toContain('geheim@');
  expect(text).not.toContain('auch-geheim');
  expect(text).toContain('reconcile --target=postgres://u@h/b\n');
  expect(text).toContain('DRIFTLAB_SOURCE_URL=… and DRIFTLAB_TARGET_PASSWORD=…');
});
