import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { appendWhole } from './append-whole.ts';

vi.mock('node:fs', async (original) => {
  const real = await original<typeof import('node:fs')>();
  return { ...real, writeSync: vi.fn(real.writeSync) };
});

test('what a full disk tore is taken back, and what comes later stands whole behind what was there', async () => {
  const real = await vi.importActual<typeof import('node:fs')>('node:fs');
  const folder = mkdtempSync(join(tmpdir(), 'driftlab-append-'));
  const file = join(folder, 'lines');
  const descriptor = openSync(file, 'a');
  try {
    appendWhole(descriptor, 'first\n');
    vi.mocked(writeSync)
      .mockImplementationOnce((to) => real.writeSync(to, 'sec'))
      .mockImplementationOnce(() => {
        throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      });
    expect(() => appendWhole(descriptor, 'second\n')).toThrow('ENOSPC');
    appendWhole(descriptor, 'third\n');
    expect(readFileSync(file, 'utf8')).toBe('first\nthird\n');
  } finally {
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  }
});
