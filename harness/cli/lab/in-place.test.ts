import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testHost } from '#testing/cli-host.ts';
import { connectorsCommand } from '../connectors/command.ts';
import { diagnoseCommand } from '../diagnose.ts';
import { dlqCommand } from '../dlq/command.ts';

test.for([
  ['connectors list', (host) => connectorsCommand(['list'], host)],
  ['connectors pause', (host) => connectorsCommand(['pause', 'shop'], host)],
  ['diagnose', (host) => diagnoseCommand([], host)],
  ['dlq list', (host) => dlqCommand(['list'], host)],
] as const satisfies readonly (readonly [string, (host: ReturnType<typeof testHost>) => Promise<number>])[])(
  '%s without a cluster, and without a lab in its place, says how one is named',
  async ([, command]) => {
    const folder = mkdtempSync(join(tmpdir(), 'driftlab-no-lab-'));
    const host = testHost(folder, () => Promise.reject(new Error('not to be run')));
    try {
      await expect(command({ ...host, env: { DRIFTLAB_HOME: folder } })).rejects.toMatchObject({
        message: 'no cluster is named, and no live lab runs in its place',
        hint: expect.stringMatching(/--connect http:\S+.*; or npx driftlab up$/),
        exit: 2,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
