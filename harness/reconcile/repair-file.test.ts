import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openRepairFile } from './repair-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'driftlab-repair-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The statements of a repair of nothing. */
async function written(begins?: string): Promise<string[]> {
  const path = join(folder, 'repair.sql');
  const repair = await openRepairFile(path, new Date(0), begins);
  await repair[Symbol.asyncDispose]();
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('--'));
}

test('a repair is one transaction, which begins as the target has it', async () => {
  expect(await written()).toEqual(['BEGIN;', 'COMMIT;']);
  expect(await written('SET XACT_ABORT ON;\nBEGIN TRANSACTION;')).toEqual([
    'SET XACT_ABORT ON;',
    'BEGIN TRANSACTION;',
    'COMMIT;',
  ]);
});
