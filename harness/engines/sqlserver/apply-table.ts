import type { TableId } from '#model/catalog.ts';
import type { SqlServerColumn, SqlServerTable } from './apply-statements.ts';
import { COLUMN_SQL, type ColumnRow, TYPES_SQL, typeOf } from './catalog.ts';
import type { SqlServerDatabase } from './client.ts';
import { quoteLiteral, quoteTable } from './quote.ts';

/** The columns of a table, and what an INSERT has to know of them. */
const sinkColumnsSql = (id: TableId): string => `SELECT ${COLUMN_SQL}, c.collation_name AS collation,
  c.is_identity AS numbered, c.default_object_id AS fallback
FROM sys.columns AS c ${TYPES_SQL}
WHERE c.object_id = OBJECT_ID(${quoteLiteral(quoteTable(id))}, N'U') ORDER BY c.column_id`;

const sinkKeySql = (id: TableId): string => `
SELECT c.name FROM sys.indexes AS x
INNER JOIN sys.index_columns AS k ON k.object_id = x.object_id AND k.index_id = x.index_id AND k.is_included_column = 0
INNER JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE x.object_id = OBJECT_ID(${quoteLiteral(quoteTable(id))}, N'U') AND x.is_primary_key = 1 ORDER BY k.key_ordinal`;

interface SinkColumnRow extends ColumnRow {
  readonly collation: string | null;
  readonly numbered: string;
  /** Number of the constraint that has its default; 0 without one. */
  readonly fallback: string;
}

/** A table as the sink's catalog has it; undefined where there is none. */
export async function readSinkTable(
  database: Pick<SqlServerDatabase, 'query'>,
  id: TableId,
): Promise<SqlServerTable | undefined> {
  const rows = await database.query<SinkColumnRow>(sinkColumnsSql(id));
  if (rows.length === 0) return undefined;
  const key = await database.query<{ name: string }>(sinkKeySql(id));
  return { id, columns: new Map(rows.map((row) => [row.column, sinkColumn(row)])), key: key.map(({ name }) => name) };
}

function sinkColumn(row: SinkColumnRow): SqlServerColumn {
  const { type, base } = typeOf(row);
  const own = base ?? type;
  const [generated, identity] = [row.generated === '1', row.numbered === '1'];
  return {
    name: row.column,
    castType: own.replace(/\(.*/, ''),
    // A type of somebody's own goes by what it is made over.
    type: own,
    generated,
    identity,
    demanded: row.nullable === '0' && row.fallback === '0' && !identity && !generated,
    ...(row.collation === null ? {} : { collation: row.collation }),
  };
}
