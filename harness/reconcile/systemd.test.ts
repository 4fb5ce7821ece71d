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
