import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testHost } from '#testing/cli-host.ts';
import { initCommand } from './init.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-init-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const init = (...args: string[]) =>
  initCommand(
    args,
    testHost(folder, () => Promise.reject(new Error('not to be run'))),
  );

test('a file is written once; over one that is there only if told to', async () => {
  expect(await init('p.yaml', '--schema', 'a.sql')).toBe(0);
  expect(existsSync(join(folder, 'p.yaml'))).toBe(true);
  await expect(init('p.yaml', '--schema', 'a.sql')).rejects.toMatchObject({ code: 'file-there', exit: 2 });
  expect(await init('p.yaml', '--schema', 'a.sql', '--force')).toBe(0);
});

test('a folder that is not there is wrong usage', async () => {
  await expect(init('nowhere/p.yaml', '--schema', 'a.sql')).rejects.toMatchObject({
    code: 'cannot-write',
    exit: 2,
    message: 'nowhere/p.yaml cannot be written',
  });
});
