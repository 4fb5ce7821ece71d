import type { Answer, Shell } from '#engines/port/server.ts';
import { OperatorError } from '#std/errors.ts';
import { openDatabase, type Result } from './client.ts';
import { batchesOf } from './sql-statements.ts';

export const TABLES_SQL = `SELECT s.name AS [schema], o.name AS name, CASE o.type WHEN 'V' THEN 'view' ELSE 'table' END AS type,
  COALESCE(CONVERT(varchar(20), (SELECT SUM(p.rows) FROM sys.partitions AS p WHERE p.object_id = o.object_id AND p.index_id < 2)), '?') AS rows_estimated
FROM sys.objects AS o INNER JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 ORDER BY s.name, o.name`;

export const COLUMNS_SQL = `SELECT c.name AS [column], TYPE_NAME(c.user_type_id) AS type, CASE c.is_nullable WHEN 0 THEN 'not null' ELSE '' END AS nullable,
  COALESCE(OBJECT_DEFINITION(c.default_object_id), '') AS [default],
  CASE WHEN EXISTS (SELECT 1 FROM sys.indexes AS i INNER JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
    WHERE i.object_id = c.object_id AND i.is_primary_key = 1 AND k.column_id = c.column_id) THEN 'key' ELSE '' END AS [key]
FROM sys.columns AS c WHERE c.object_id = OBJECT_ID(@p1) ORDER BY c.column_id`;

/** `UPDATE 1`, `SELECT 3`, `CREATE TABLE`: what was done, as far as its first words say. */
function tagOf(sql: string, { affected, rows, columns }: Result): string {
  const [verb = '', object = ''] = sql.toUpperCase().match(/[A-Z]+/g) ?? [];
  if (columns.length > 0) return `SELECT ${rows.length}`;
  if (/^(CREATE|ALTER|DROP|TRUNCATE)$/.test(verb)) return `${verb} ${object}`.trim();
  return affected.length === 0 ? verb : `${verb} ${affected.at(-1)}`;
}

/** A database asked by a person, over one connection, so that what a batch sets holds for the next. */
export function openShell(url: string): Shell {
  const database = openDatabase(url, { max: 1, application: 'driftlab sql' });
  const run = async (sql: string, params: readonly string[] = []): Promise<Answer> => {
    const result = await database.run(sql, params);
    return { columns: result.columns, rows: result.rows, tag: tagOf(sql, result) };
  };
  return {
    async ask(text) {
      const batches = batchesOf(text);
      if (!Array.isArray(batches))
        throw new OperatorError({
          code: 'sql-unclosed',
          message: `${batches.what} begins here and is never closed`,
          found: text.slice(batches.start).split('\n')[0]?.slice(0, 200) ?? '',
        });
      const answers: Answer[] = [];
      for (const { sql } of batches) answers.push(await run(sql));
      return answers;
    },
    describe: (table) => (table === undefined ? run(TABLES_SQL) : run(COLUMNS_SQL, [table])),
    close: () => database.close(),
  };
}
