import { expect, test } from 'vitest';
import { batchesOf } from './sql-statements.ts';

const batches = (text: string): unknown => {
  const found = batchesOf(text);
  return Array.isArray(found) ? found.map(({ sql }) => sql) : found;
};

test('a batch ends at a line that is GO, and at nothing else', () => {
  expect(batches('CREATE TABLE a (b int); SELECT 1;\nGO\n  go -- next\nSELECT 2\n')).toEqual([
    'CREATE TABLE a (b int); SELECT 1;',
    'SELECT 2',
  ]);
  expect(batches('SELECT a AS go FROM t\nGOAL:\n')).toEqual(['SELECT a AS go FROM t\nGOAL:']);
  expect(batches('INSERT t VALUES (1)\nGO 2')).toEqual(['INSERT t VALUES (1)', 'INSERT t VALUES (1)']);
});

test('quotes and comments end nothing, and comments lie in one another', () => {
  const text = "SELECT 'a\nGO\n''b', [x\nGO\n]] y], \"z\nGO\n\" /* 1 /* 2 */\nGO\n*/\n-- GO\n";
  expect(batches(text)).toEqual([text.trimEnd()]);
  expect(batches('-- only\n/* a comment */\nGO\n')).toEqual([]);
});

test.each([
  ["SELECT 'a", 'a text'],
  ['SELECT [a', 'a quoted name'],
  ['/* 1 /* 2 */', 'a comment'],
])('%s is never closed', (text, what) => {
  expect(batchesOf(text)).toMatchObject({ what });
});
