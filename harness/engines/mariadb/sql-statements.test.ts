import { expect, test } from 'vitest';
import type { Statement } from '#engines/sql-files.ts';
import { statementsOf, withoutDatabase } from './sql-statements.ts';

const parts = (text: string): string[] => (statementsOf(text) as Statement[]).map(({ sql }) => sql);

test.each([
  ['semicolons end statements', 'SELECT 1; SELECT 2 ;', ['SELECT 1', 'SELECT 2']],
  ['those in quotes do not', `SELECT ';', ";", \`;\`; x`, [`SELECT ';', ";", \`;\``, 'x']],
  [
    'a quote in a quote is doubled or escaped',
    `SELECT 'a''b;', 'a\\';', "c"";"; x`,
    [`SELECT 'a''b;', 'a\\';', "c"";"`, 'x'],
  ],
  ['a backslash escapes nothing in a name', 'SELECT `a\\`; x', ['SELECT `a\\`', 'x']],
  ['comments end nothing and are no statements', '-- a;\n# b;\n/* c; */ x; --', ['x']],
  ['two dashes are a comment only before a blank', 'SELECT 5--3; x', ['SELECT 5--3', 'x']],
  [
    'what the server runs of a comment is a statement',
    "/*!40101 SET a = '*/;' */; /*M! x */;",
    ["/*!40101 SET a = '*/;' */", '/*M! x */'],
  ],
  ['the last one needs no end', 'a;\nb\n', ['a', 'b']],
  ['nothing is none', ' ; ;\n-- x', []],
])('%s', (_, text, expected) => expect(parts(text)).toEqual(expected));

test('a line with DELIMITER names what ends statements from there on', () => {
  const text = 'DELIMITER ;;\nCREATE TRIGGER t BEGIN a; b; END;;\n delimiter ;\nx; delimiter_of; y';
  expect(parts(text)).toEqual(['CREATE TRIGGER t BEGIN a; b; END', 'x', 'delimiter_of', 'y']);
});

test('a statement’s place is that of its first word', () => {
  const text = '-- one\n\n  SELECT 1;\n';
  expect(statementsOf(text)).toEqual([{ start: 10, end: 18, sql: 'SELECT 1' }]);
});

test.each([
  ["a; 'b", 'a text', 3],
  ['a `b', 'a quoted name', 2],
  ['/* x', 'a comment', 0],
])('%s is never closed', (text, what, start) => expect(statementsOf(text)).toEqual({ what, start }));

test('a long text is read in a time that grows with it', () => {
  const text = `INSERT INTO t VALUES ${"('x''y'),".repeat(100_000)}(1);`;
  expect(parts(text)).toHaveLength(1);
});

test('the database’s name goes only where it stands before another', () => {
  const sql = "select `d`.`t`.`d` AS `d`,'`d`.`t`' from (`d`.`t` join `e`.`d`) where `d`.`f`(1)";
  expect(withoutDatabase(sql, 'd')).toBe("select `t`.`d` AS `d`,'`d`.`t`' from (`t` join `e`.`d`) where `f`(1)");
});
