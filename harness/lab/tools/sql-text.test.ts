import { expect, test } from 'vitest';
import { answerLines, isWhole, metaOf } from './sql-text.ts';

test.each([
  ['select 1;', true],
  ['select 1', false],
  ['select 1;  \n', true],
  ["select ';'", false],
  ["select ';';", true],
  ["select 'it''s;", false],
  ['select ";" from t;', true],
  ['select 1; -- and now?', true],
  ['select 1 -- ;', false],
  ['select 1 /* ; */', false],
  ['select 1 /* ; */;', true],
  ['do $$ begin perform 1;', false],
  ['do $$ begin perform 1; end $$;', true],
  ['do $body$ select $$;$$; $body$', false],
  ['select 1; select 2', false],
  ['', false],
])('%j is a whole statement: %j', (text, whole) => {
  expect(isWhole(text)).toBe(whole);
});

test('an answer is a table in which NULL is not the empty text', () => {
  const answer = {
    columns: ['id', 'name'],
    rows: [
      ['1', null],
      ['22', ''],
    ],
    tag: 'SELECT 2',
  };
  expect(answerLines(answer, false)).toEqual([' id | name', '----+------', ' 1  | NULL', ' 22 |', '(2 rows)']);
});

test('expanded, each row is a block', () => {
  const answer = { columns: ['id', 'name'], rows: [['1', 'Ada\nLovelace']], tag: 'SELECT 1' };
  expect(answerLines(answer, true)).toEqual(['-[ 1 ]----', 'id   | 1', 'name | Ada↵Lovelace', '(1 row)']);
});

test('what returns no rows says what it did', () => {
  expect(answerLines({ columns: [], rows: [], tag: 'UPDATE 3' }, false)).toEqual(['UPDATE 3']);
});

test('backslash commands: tables, columns of one, blocks, the end, and help for what is none', () => {
  expect(metaOf('\\dt').kind).toBe('describe');
  expect(metaOf('\\d orders;')).toMatchObject({ kind: 'describe', table: 'orders' });
  expect(metaOf('\\x').kind).toBe('expanded');
  expect(metaOf(' \\q ').kind).toBe('quit');
  expect(metaOf('\\frob').kind).toBe('help');
});

test('neither a value nor the name of a column can drive the terminal', () => {
  const answer = { columns: ['a\u001b[2J'], rows: [['\u009b2J\t\u202eb\nc']], tag: 'SELECT 1' };
  for (const expanded of [false, true]) {
    const lines = answerLines(answer, expanded).join('\n');
    expect(lines).toContain('a\\u001b[2J');
    expect(lines).toContain('\\u009b2J\\t\\u202eb↵c');
    expect(lines.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  }
});
