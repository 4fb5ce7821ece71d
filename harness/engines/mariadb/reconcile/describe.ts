import type { SideTable } from '#engines/port/reconcile.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { nearest } from '#std/nearest.ts';
import { COLUMN_SQL, type ColumnRow, columnOf } from '../catalog.ts';
import { objectsOf, type Result } from '../client.ts';
import { kindOf } from '../kinds.ts';
import { hexLiteral, MARIADB_SCHEMA, quoteIdent } from '../quote.ts';
import { isWide } from '../ranges.ts';

/** A table as the reader needs it. */
export interface MariadbTable extends SideTable {
  /** Quoted and with its database. */
  readonly relation: string;
  readonly isView: boolean;
}

type Run = (sql: string) => Promise<Result>;

interface Name {
  readonly schema: string;
  readonly table: string;
}

/** Reads a table's columns, key and indexes. Throws an OperatorError (exit 1) where there is none, or none to be read. */
export async function describeTable(run: Run, asked: string): Promise<MariadbTable> {
  const { name, type, rows } = await findTable(run, asked);
  const where = `table_schema = ${hexLiteral(name.schema)} AND table_name = ${hexLiteral(name.table)}
    AND BINARY table_name = ${hexLiteral(name.table)}`;
  const relation = `${quoteIdent(name.schema)}.${quoteIdent(name.table)}`;
  await requireReadable(run, relation);
  const columns = objectsOf(
    await run(`SELECT ${COLUMN_SQL} FROM information_schema.columns AS c WHERE ${where} ORDER BY ordinal_position`),
  ) as unknown as ColumnRow[];
  const indexes = await indexesOf(run, where);
  return {
    id: `${name.schema}.${name.table}`,
    relation,
    isView: type === 'VIEW',
    columns: columns.map((row) => ({ ...columnOf(row), order: orderOf(row) })),
    key: indexes.find(({ index }) => index === 'PRIMARY')?.columns ?? [],
    indexes: indexes.filter(({ whole }) => whole).map((index) => index.columns),
    estimatedRows: Number(rows ?? 0),
    clustered: true,
  };
}

/** The catalog lists a table on which the user has any right at all. One column that may be read is enough for this. */
async function requireReadable(run: Run, relation: string): Promise<void> {
  try {
    await run(`SELECT 1 FROM ${relation} LIMIT 0`);
  } catch (error) {
    if (!DENIED.has((error as { readonly errno?: number }).errno ?? 0)) throw error;
    throw new OperatorError({
      code: 'no-right',
      message: `the user may not read ${relation}`,
      expected: 'the right to SELECT from it',
      found: messageOf(error),
      hint: await grantHint(run, relation),
      cause: error,
      exit: 1,
    });
  }
}

/** Errors for a table or a column that the user may not read. */
const DENIED = new Set([1142, 1143]);

async function grantHint(run: Run, relation: string): Promise<string> {
  const { rows } = await run('SELECT CURRENT_USER()');
  const account = rows[0]?.[0] ?? '';
  const at = account.lastIndexOf('@');
  return `GRANT SELECT ON ${relation} TO '${account.slice(0, at).replaceAll("'", "''")}'@'${account.slice(at + 1)}'`;
}

async function findTable(run: Run, asked: string) {
  const { rows: current } = await run('SELECT DATABASE()');
  const database = current[0]?.[0] ?? '';
  const dot = asked.indexOf('.');
  const [schema, table] = [asked.slice(0, Math.max(0, dot)), asked.slice(dot + 1)];
  // A name may hold a dot. Of two readings the table of the current database comes first.
  const readings: Name[] = [{ schema: database, table: asked }];
  if (dot > 0) readings.push({ schema: schema === MARIADB_SCHEMA ? database : schema, table });
  for (const name of readings) {
    const { rows } = await run(`SELECT table_type, table_rows FROM information_schema.tables
      WHERE table_schema = ${hexLiteral(name.schema)} AND table_name = ${hexLiteral(name.table)}
        AND BINARY table_name = ${hexLiteral(name.table)} AND table_type <> 'SEQUENCE'`);
    const [found] = rows;
    if (found !== undefined) return { name, type: found[0], rows: found[1] };
  }
  const known = await run(`SELECT table_name FROM information_schema.tables
    WHERE table_schema = ${hexLiteral(database)} ORDER BY 1 LIMIT 1000`);
  const near = nearest(
    table,
    known.rows.map(([name]) => name ?? ''),
  );
  throw new OperatorError({
    code: 'no-such-table',
    message: `there is no table ${asked}, or the user may not read it`,
    exit: 1,
    hint:
      near.length > 0
        ? `did you mean ${near.join(' or ')}?`
        : `if there is one: ${await grantHint(run, `${quoteIdent(database)}.${quoteIdent(table)}`)}`,
  });
}

interface Index {
  readonly index: string;
  readonly columns: readonly string[];
  /** Holds its columns' whole values in ascending order. */
  readonly whole: boolean;
}

async function indexesOf(run: Run, where: string): Promise<Index[]> {
  const { rows } =
    await run(`SELECT index_name, column_name, index_type = 'BTREE' AND sub_part IS NULL AND collation = 'A'
    FROM information_schema.statistics WHERE ${where} ORDER BY index_name = 'PRIMARY' DESC, index_name, seq_in_index`);
  return [...Map.groupBy(rows, ([index]) => index ?? '')].map(([index, parts]) => ({
    index,
    columns: parts.map(([, column]) => column ?? ''),
    whole: parts.every(([, , whole]) => whole === '1'),
  }));
}

/** Only integers sort alike in every engine: texts go by a collation, and PostgreSQL has dates that MariaDB has not. */
function orderOf({ type }: Pick<ColumnRow, 'type'>): string | undefined {
  const kind = kindOf({ type });
  if (kind.kind === 'boolean') return 'integer';
  return kind.kind === 'integer' && !isWide(kind) ? 'integer' : undefined;
}
