import type { Answer, Shell } from '#engines/port/server.ts';
import { openDatabase } from './client.ts';

const TABLES = `SELECT n.nspname AS schema, c.relname AS name, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END AS type,
  CASE WHEN c.reltuples < 0 THEN '?' ELSE c.reltuples::bigint::text END AS rows_estimated
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2`;

const COLUMNS = `SELECT a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type,
  CASE WHEN a.attnotnull THEN 'not null' ELSE '' END AS nullable, coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS default,
  CASE WHEN a.attnum = ANY (i.indkey) THEN 'key' ELSE '' END AS key
FROM pg_attribute a LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`;

interface Result {
  readonly command: string;
  readonly rowCount: number | null;
  readonly fields: readonly { readonly name: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

function answerOf({ command, rowCount, fields, rows }: Result): Answer {
  return { columns: fields.map(({ name }) => name), rows, tag: rowCount === null ? command : `${command} ${rowCount}` };
}

/** A database asked by a person, over one connection, so that what a statement sets holds for the next. */
export function openShell(url: string): Shell {
  const database = openDatabase(url, { max: 1, application: 'driftlab sql' });
  const run = async (sql: string, params: readonly string[]): Promise<Answer[]> => {
    const result = await database.pool.query({ text: sql, values: [...params], rowMode: 'array' });
    // Several statements in one text give several results.
    const all = (Array.isArray(result) ? result : [result]) as unknown as Result[];
    return all.map(answerOf);
  };
  return {
    ask: (sql) => run(sql, []),
    async describe(table) {
      const [answer] = table === undefined ? await run(TABLES, []) : await run(COLUMNS, [table]);
      return answer as Answer;
    },
    close: () => database.close(),
  };
}
