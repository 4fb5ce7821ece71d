import type { SideTable } from '#engines/port/reconcile.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { COLUMN_SQL, type ColumnRow, columnOf, TYPES_SQL } from '../catalog.ts';
import { objectsOf, type Result } from '../client.ts';
import { kindOf } from '../kinds.ts';
import { quoteIdent, quoteLiteral, SQLSERVER_SCHEMA } from '../quote.ts';
import { ADVICE } from '../refusal.ts';
import { isServerError } from '../server-error.ts';

/** A table as the reader needs it. */
export interface SqlServerSideTable extends SideTable {
  /** Quoted and with its schema. */
  readonly relation: string;
  readonly isView: boolean;
  /** The column that the server numbers. */
  readonly identity: string | undefined;
}

type Run = (sql: string) => Promise<Result>;

const findSql = (
  schema: string,
  name: string,
): string => `SELECT o.object_id AS id, s.name AS [schema], o.name AS name, o.type AS type,
  (SELECT SUM(p.rows) FROM sys.partitions AS p WHERE p.object_id = o.object_id AND p.index_id < 2) AS estimated
FROM sys.objects AS o INNER JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE s.name = ${quoteLiteral(schema)} AND o.name = ${quoteLiteral(name)} AND o.type IN ('U', 'V')`;

export const NAMES_SQL = `SELECT TOP (1000) s.name + N'.' + o.name AS name FROM sys.objects AS o
INNER JOIN sys.schemas AS s ON s.schema_id = o.schema_id WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 ORDER BY s.name, o.name`;

const sideColumnsSql = (id: string): string => `SELECT ${COLUMN_SQL}, c.is_identity AS numbered
FROM sys.columns AS c ${TYPES_SQL} WHERE c.object_id = ${id} ORDER BY c.column_id`;

const sideIndexesSql = (
  id: string,
): string => `SELECT i.name AS [index], i.is_primary_key AS [primary], c.name AS [column],
  k.is_descending_key AS descending FROM sys.indexes AS i
INNER JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
INNER JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = ${id} AND i.type IN (1, 2) AND i.has_filter = 0 AND i.is_disabled = 0 ORDER BY i.is_primary_key DESC, i.name, k.key_ordinal`;

const readableSql = (relation: string): string => `SELECT TOP (0) 1 AS readable FROM ${relation}`;

interface Found {
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  readonly type: string;
  readonly estimated: string | null;
}

interface IndexRow {
  readonly index: string;
  readonly primary: string;
  readonly column: string;
  readonly descending: string;
}

/** Reads a table's columns, key and indexes. Throws an OperatorError (exit 1) where there is none, or none to be read. */
export async function describeTable(run: Run, asked: string): Promise<SqlServerSideTable> {
  const found = await findTable(run, asked);
  const relation = `${quoteIdent(found.schema)}.${quoteIdent(found.name)}`;
  await requireReadable(run, relation);
  const columns = objectsOf(await run(sideColumnsSql(found.id))) as unknown as (ColumnRow & { numbered: string })[];
  const indexes = objectsOf(await run(sideIndexesSql(found.id))) as unknown as IndexRow[];
  const grouped = [...Map.groupBy(indexes, ({ index }) => index).values()];
  return {
    id: `${found.schema}.${found.name}`,
    relation,
    isView: found.type.trim() === 'V',
    identity: columns.find(({ numbered }) => numbered === '1')?.column,
    columns: columns.map((row) => {
      const { base, ...column } = columnOf(row);
      // A type of somebody's own goes by what it is made over.
      const own = { ...column, type: base ?? column.type };
      return {
        ...own,
        order: kindOf(own).kind === 'integer' || kindOf(own).kind === 'boolean' ? 'integer' : undefined,
      };
    }),
    key: grouped.find(([first]) => first?.primary === '1')?.map(({ column }) => column) ?? [],
    indexes: grouped
      .filter((rows) => rows.every(({ descending }) => descending === '0'))
      .map((rows) => rows.map(({ column }) => column)),
    estimatedRows: Number(found.estimated ?? 0),
    clustered: true,
  };
}

/** The catalog lists a table on which the user has any right at all. */
async function requireReadable(run: Run, relation: string): Promise<void> {
  try {
    await run(readableSql(relation));
  } catch (error) {
    if (!isServerError(error) || ![229, 230].includes(error.number)) throw error;
    const { rows } = await run('SELECT USER_NAME() AS name');
    throw new OperatorError({
      code: 'no-right',
      message: `the user may not read ${relation}`,
      expected: 'the right to SELECT from it',
      found: messageOf(error),
      hint: ADVICE.read(relation, rows[0]?.[0] ?? ''),
      cause: error,
      exit: 1,
    });
  }
}

async function findTable(run: Run, asked: string): Promise<Found> {
  const dot = asked.indexOf('.');
  // A name may hold a dot. Of two readings the table of the default schema comes last.
  const readings = [
    ...(dot > 0 ? [[asked.slice(0, dot), asked.slice(dot + 1)] as const] : []),
    [SQLSERVER_SCHEMA, asked] as const,
  ];
  for (const [schema, name] of readings) {
    const [found] = objectsOf(await run(findSql(schema, name))) as unknown as Found[];
    if (found !== undefined) return found;
  }
  const known = await run(NAMES_SQL);
  const near = nearest(
    dot > 0 ? asked : `${SQLSERVER_SCHEMA}.${asked}`,
    known.rows.map(([name]) => name ?? ''),
  );
  throw new OperatorError({
    code: 'no-such-table',
    message: `there is no table ${asked}, or the user may not see it`,
    exit: 1,
    hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : ADVICE.tables,
  });
}
