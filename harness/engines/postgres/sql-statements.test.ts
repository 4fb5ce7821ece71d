import { expect, test } from 'vitest';
import { parseSqlFile } from './sql-file.ts';
import { statementsOf } from './sql-statements.ts';

const parts = (text: string): string[] => {
  const found = statementsOf(text);
  return 'what' in found ? [`${found.what} at ${found.start}`] : found.map(({ sql }) => sql);
};

test.each([
  ['SELECT 1; SELECT 2', ['SELECT 1;', 'SELECT 2']],
  ['-- a;\n/* b; /* c; */ */ SELECT 1; -- d', ['SELECT 1;']],
  ["INSERT INTO a VALUES ('x;''y;', E'\\';', \"z;\");", ["INSERT INTO a VALUES ('x;''y;', E'\\';', \"z;\");"]],
  ['DO $$ BEGIN PERFORM 1; END $$; SELECT $1;', ['DO $$ BEGIN PERFORM 1; END $$;', 'SELECT $1;']],
  ['DO $a$ SELECT $$;$$; $a$;', ['DO $a$ SELECT $$;$$; $a$;']],
  [
    'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3;',
    ['CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;', 'SELECT 3;'],
  ],
  [
    'CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2); COMMIT;',
    ['CREATE RULE r AS ON INSERT TO a DO (SELECT 1; SELECT 2);', 'COMMIT;'],
  ],
  ['BEGIN; CREATE TABLE begin_end (a int); END;', ['BEGIN;', 'CREATE TABLE begin_end (a int);', 'END;']],
  [';;  ;', []],
  ["SELECT 'open;", ['a text at 7']],
  ['SELECT 1; DO $x$ BEGIN;', ['a body in $x$ at 13']],
  ['/* /* */', ['a comment at 0']],
])('%j is parted as psql does', (text, statements) => {
  expect(parts(text)).toEqual(statements);
});

test('a dump of many rows is parted in no time', () => {
  const row = "INSERT INTO public.a VALUES (1, 'some text', NULL);\n";
  expect(parts(row.repeat(100_000))).toHaveLength(100_000);
});

test.each([
  ["CREATE TABLE a (b text);\n\nINSERT INTO a VALUES ('x);\n", 'sql-unclosed', 's.sql:3: a text begins here'],
  ['SELECT 1;\n\\connect other\n', 'sql-of-psql', 's.sql:2: only psql understands this line'],
])('%j is refused without a server', (sql, code, words) => {
  expect(() => parseSqlFile({ file: 's.sql', sql })).toThrow(
    expect.objectContaining({ code, exit: 2, message: expect.stringContaining(words) }),
  );
});
