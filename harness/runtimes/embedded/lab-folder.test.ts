import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openLab, readManifest, sharedMemoryId, sweep } from './lab-folder.ts';

test('a manifest that was cut off in the middle is no manifest', () => {
  const whole = JSON.stringify({ owner: { pid: 1, started: 'x' }, children: [], folders: ['/tmp/a'] });
  expect(readManifest(whole)).toEqual({ owner: { pid: 1, started: 'x' }, children: [], folders: ['/tmp/a'] });
  expect(readManifest(whole.slice(0, -3))).toBeUndefined();
  expect(readManifest('{}')).toBeUndefined();
});

test('the id of the shared memory segment is the second number of the seventh line', () => {
  const text = '4711\n/data\n1763717000\n20543\n\n127.0.0.1\n 55836793     32769\nready   \n';
  expect(sharedMemoryId(text)).toBe('32769');
  expect(sharedMemoryId(text.split('\n').slice(0, 6).join('\n'))).toBeUndefined();
});

test('a lab whose owner lives is not swept, and destroying it twice is harmless', () => {
  const labs = mkdtempSync(join(tmpdir(), 'driftlab-test-'));
  const lab = openLab(labs);
  const extra = mkdtempSync(join(tmpdir(), 'driftlab-test-extra-'));
  lab.addFolder(extra);
  expect(sweep(labs)).toEqual({ labs: 0, processes: 0 });
  expect(readdirSync(labs)).toEqual([lab.id]);
  lab.destroy();
  lab.destroy();
  expect(readdirSync(labs)).toEqual([]);
  expect(() => readdirSync(extra)).toThrow(/ENOENT/);
  rmSync(labs, { recursive: true });
});

test('sweeping where no lab ever ran finds nothing', () => {
  expect(sweep(join(tmpdir(), 'driftlab-never'))).toEqual({ labs: 0, processes: 0 });
});
