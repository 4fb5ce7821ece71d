import type { Answer, Shell } from '#engines/port/server.ts';
import { OperatorError } from '#std/errors.ts';
import { openDatabase, type Result } from './client.ts';
import { statementsOf } from './sql-statements.ts';

const TABLES = `SELECT table_name AS name, CASE table_type WHEN 'VIEW' THEN 'view' ELSE 'table' END AS type,
  coalesce(table_rows, '?') AS rows_estimated
FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type <> 'SEQUENCE' ORDER BY 1`;

const COLUMNS = `SELECT column_name AS \`column\`, column_type AS type,
  CASE is_nullable WHEN 'NO' THEN 'not null' ELSE '' END AS nullable, coalesce(column_default, '') AS \`default\`,
  CASE column_key WHEN 'PRI' THEN 'key' ELSE '' END AS \`key\`
FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`;

/** `UPDATE 1`, `SELECT 3`, `CREATE TABLE`: what was done, as far as its first words say. */
function tagOf(sql: string, { affected, rows }: Result): string {
  const [verb = '', object = ''] =
    sql
      .replace(/^\/\*M?!\d*\s*/, '')
      .toUpperCase()
      .match(/[A-Z]+/g) ?? [];
  if (affected === undefined) return `${verb} ${rows.length}`;
  return /^(CREATE|ALTER|DROP|TRUNCATE|RENAME)$/.test(verb) ? `${verb} ${object}`.trim() : `${verb} ${affected}`;
}

/** A database asked by a person, over one connection, so that what a statement sets holds for the next. */
export function openShell(url: string): Shell {
  const database = openDatabase(url, { max: 1, application: 'driftlab sql', asConfigured: true });
  const run = async (sql: string, params: readonly string[] = []): Promise<Answer> => {
    const result = await database.run(sql, params);
    return { columns: result.columns, rows: result.rows, tag: tagOf(sql, result) };
  };
  return {
    async ask(text) {
      const statements = statementsOf(text);
      if (!Array.isArray(statements))
        throw new OperatorError({
          code: 'sql-unclosed',
          message: `${(statements as { readonly what: string }).what} begins here and is never closed`,
          found:
            text
              .slice((statements as { readonly start: number }).start)
              .split('\n')[0]
              ?.slice(0, 200) ?? '',
        });
      const answers: Answer[] = [];
      for (const { sql } of statements) answers.push(await run(sql));
      return answers;
    },
    describe: (table) => (table === undefined ? run(TABLES) : run(COLUMNS, [table])),
    close: () => database.close(),
  };
}
