import { canonicalText } from '#engines/canonical-text.ts';
import type { Database } from '#model/pipeline.ts';
import type { Check, Shape, ShapeColumn, Surveyor } from '#model/shape.ts';
import type { Row, Text } from '#model/values.ts';
import { objectsOf, type SqlServerDatabase } from './client.ts';
import { kindOf } from './kinds.ts';
import { valueSql } from './plan-sql.ts';
import { quoteIdent, quoteTable } from './quote.ts';
import { isServerError } from './server-error.ts';
import { readShapes } from './shapes.ts';
import { literalOf } from './writes.ts';

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal', 'float']);

/** See {@link Surveyor}. Values are in their canonical texts. */
export const surveyor: Surveyor = {
  readShapes,
  async readRows(database, { id, key, columns }, limit) {
    const own = columns.filter(({ generated }) => !generated);
    const order = key.length === 0 ? '' : ` ORDER BY ${key.map(quoteIdent).join(', ')}`;
    const rows = await database.query<Row>(
      `SELECT TOP (${limit}) ${valuesOf(own)} FROM ${quoteTable(id)} AS t${order}`,
    );
    return rows.map((row) => canonicalRow(own, row));
  },
  async top(database, { id }, { name, kind }) {
    const sql = NUMBERS.has(kind.kind)
      ? `CONVERT(varchar(41), CONVERT(decimal(38,0), CEILING(COALESCE(MAX(${quoteIdent(name)}), 0))))`
      : 'COUNT_BIG(*)';
    const [row] = await database.query<{ n: string }>(`SELECT ${sql} AS n FROM ${quoteTable(id)}`);
    return BigInt(row?.n ?? 0);
  },
  accepted,
  ownValue: (kind, below) =>
    kind.kind === 'other' && kind.type === 'xml' ? `<v n="${below(1_000_000)}"/>` : undefined,
  ownDistinct: () => undefined,
};

/** Columns by their names, as the driver reads them whole. */
function valuesOf(columns: readonly ShapeColumn[]): string {
  return columns.map((column) => `${valueSql(column)} AS ${quoteIdent(column.name)}`).join(', ');
}

function canonicalRow(columns: readonly ShapeColumn[], row: Row): Row {
  return Object.fromEntries(
    columns.map((column) => {
      const kind = kindOf(column);
      return [column.name, canonicalText(row[column.name] ?? null, kind, kind)];
    }),
  );
}

const TRIAL = '#driftlab_trial';
/** Candidates of one statement. */
const CANDIDATES_MAX = 50;

/** A table of a session's own with columns of these types, and neither keys nor checks: nothing of it is captured. */
function createTrialSql(columns: readonly ShapeColumn[]): string {
  const lines = columns.map(({ name, type, kind, nullable }) => {
    const collation = kind.kind === 'text' ? ' COLLATE DATABASE_DEFAULT' : '';
    return `${quoteIdent(name)} ${type}${collation} ${nullable ? 'NULL' : 'NOT NULL'}`;
  });
  return `CREATE TABLE ${TRIAL} (${lines.join(', ')})`;
}

const insertTrialSql = (rows: readonly string[]): string => `INSERT INTO ${TRIAL} VALUES ${rows.join(', ')}`;

function readTrialSql(columns: readonly ShapeColumn[], checks: readonly Check[], limit: number): string {
  return `SELECT TOP (${limit}) ${valuesOf(columns)} FROM ${TRIAL} AS t${whereSql(columns, checks)}`;
}

const DROP_TRIAL_SQL = `DROP TABLE ${TRIAL}`;

type Run = Parameters<Parameters<SqlServerDatabase['session']>[0]>[0]['run'];

/** Puts candidates into a table of the session's own, and reads those that the checks take. */
async function accepted(
  database: Database,
  { checks }: Shape,
  columns: readonly ShapeColumn[],
  candidates: readonly (readonly Text[])[],
  limit: number,
): Promise<Row[]> {
  const rows = candidates.flatMap((row) => rowSql(columns, row) ?? []);
  return (database as SqlServerDatabase).session(async ({ run }) => {
    await run(createTrialSql(columns));
    for (let start = 0; start < rows.length; start += CANDIDATES_MAX)
      await insertTaken(run, rows.slice(start, start + CANDIDATES_MAX));
    const read = await run(readTrialSql(columns, checks, limit));
    await run(DROP_TRIAL_SQL);
    return objectsOf(read).map((row) => canonicalRow(columns, row));
  });
}

/** A row in SQL; undefined where a column cannot hold its value. */
function rowSql(columns: readonly ShapeColumn[], row: readonly Text[]): string | undefined {
  const literals: string[] = [];
  for (const [index, column] of columns.entries()) {
    const literal = literalOf(column, row[index] ?? null);
    if (literal === undefined || (literal === 'NULL' && !column.nullable)) return undefined;
    literals.push(literal);
  }
  return `(${literals.join(', ')})`;
}

/** All of the rows where the server takes them, and of one half and the other those that it takes where it does not. */
async function insertTaken(run: Run, rows: readonly string[]): Promise<void> {
  if (rows.length === 0) return;
  try {
    await run(insertTrialSql(rows));
  } catch (error) {
    if (!isServerError(error)) throw error;
    if (rows.length === 1) return;
    const half = Math.ceil(rows.length / 2);
    await insertTaken(run, rows.slice(0, half));
    await insertTaken(run, rows.slice(half));
  }
}

/** Only checks that are about these columns alone. What a check neither affirms nor denies it takes. */
function whereSql(columns: readonly Pick<ShapeColumn, 'name'>[], checks: readonly Check[]): string {
  const known = new Set(columns.map(({ name }) => name));
  const holds = checks
    .filter((check) => check.columns.length > 0 && check.columns.every((name) => known.has(name)))
    .map(({ sql }) => `CASE WHEN NOT (${sql}) THEN 0 ELSE 1 END = 1`);
  return holds.length === 0 ? '' : ` WHERE ${holds.join(' AND ')}`;
}
