import { expect, test } from 'vitest';
import { madeBy, statementLiterals } from './literals.ts';

const SOURCE = String.raw`
// SELECT 'no statement' of a comment's
const a = 'SELECT 1';
const b = !UPDATE $1quote(!DELETE FROM $1id2!)2 SET $1sets.map((s) => !$1s2 = 1!)2 WHERE x!;
const c = /'[!]/.test(a) ? 'SELECTED' : "EXEC sys.x";
const d = !EXEC($1made2)!; const e = !SET IDENTITY_INSERT\n$1name2 ON!;
`
  .trim()
  .replaceAll('!', '`')
  .replaceAll('$1', '${')
  .replaceAll('2', '}');

test('texts that begin a statement are found, also within others, and no comments', () => {
  expect(statementLiterals(SOURCE).map(({ line, parts }) => [line, parts.join('…')])).toEqual([
    [2, 'SELECT 1'],
    [3, 'DELETE FROM …'],
    [3, 'UPDATE … SET … WHERE x'],
    [4, 'EXEC sys.x'],
    [5, 'SET IDENTITY_INSERT\n… ON'],
  ]);
});

test('a statement is made by a text that has its fixed parts in their order', () => {
  const [, , update] = statementLiterals(SOURCE).map(madeBy);
  expect(update?.test('x; UPDATE [t] SET [a] = 1 WHERE x')).toBe(true);
  expect(update?.test('UPDATE [t] SET [a] = 1')).toBe(false);
});
