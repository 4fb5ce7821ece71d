import { canonicalText } from '#engines/canonical-text.ts';
import type { Database } from '#model/pipeline.ts';
import type { Check, Shape, ShapeColumn, Surveyor } from '#model/shape.ts';
import type { Row, Text } from '#model/values.ts';
import { objectsOf } from './client.ts';
import type { Flavour } from './flavour.ts';
import { type Held, hold } from './held.ts';
import { kindOf } from './kinds.ts';
import { quoteIdent, quoteTable } from './quote.ts';
import { readShapes } from './shapes.ts';
import { literalOf } from './writes.ts';

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal', 'float']);

/** See {@link Surveyor}. Values are in their canonical texts. */
export const surveyorOf = (flavour: Flavour): Surveyor => ({
  readShapes: (database) => readShapes(database, flavour),
  async readRows(database, { id, key, columns }, limit) {
    const own = columns.filter(({ generated }) => !generated);
    const order = key.length === 0 ? '' : ` ORDER BY ${key.map(quoteIdent).join(', ')}`;
    const rows = await database.query<Row>(`SELECT ${namesOf(own)} FROM ${quoteTable(id)}${order} LIMIT ${limit}`);
    return rows.map((row) => canonicalRow(own, row));
  },
  async top(database, { id }, { name, kind }) {
    const sql = NUMBERS.has(kind.kind)
      ? `cast(ceil(coalesce(max(${quoteIdent(name)}), 0)) AS decimal(65))`
      : 'count(*)';
    const [row] = await database.query<{ n: string }>(`SELECT ${sql} AS n FROM ${quoteTable(id)}`);
    return BigInt(row?.n ?? 0);
  },
  accepted,
  ownValue(kind, below) {
    if (kind.kind !== 'other') return undefined;
    if (kind.type === 'inet4') return `10.${below(256)}.${below(256)}.${below(256)}`;
    return kind.type === 'inet6' ? `fd00::${(1 + below(65_535)).toString(16)}` : undefined;
  },
  ownDistinct({ type }, n) {
    if (type === 'inet4') return `172.${(n >> 16n) & 255n}.${(n >> 8n) & 255n}.${n & 255n}`;
    return undefined;
  },
});

function namesOf(columns: readonly ShapeColumn[]): string {
  return columns.map(({ name }) => quoteIdent(name)).join(', ');
}

function canonicalRow(columns: readonly ShapeColumn[], row: Row): Row {
  return Object.fromEntries(
    columns.map((column) => {
      const kind = kindOf(column);
      return [column.name, canonicalText(row[column.name] ?? null, kind, kind)];
    }),
  );
}

const TRIAL = quoteIdent('_driftlab_trial');
/** Candidates of one statement. */
const CANDIDATES_MAX = 50;

/** Puts candidates into a table of the session's own that has these columns, and reads those that the checks take. */
async function accepted(
  database: Database,
  { id, checks }: Shape,
  columns: readonly ShapeColumn[],
  candidates: readonly (readonly Text[])[],
  limit: number,
): Promise<Row[]> {
  const rows = candidates.flatMap((row) => rowSql(columns, row) ?? []);
  const held = await hold(database);
  try {
    // Of a table that is made by a query the columns have neither keys nor checks; the log has nothing of it.
    const trial = `CREATE TEMPORARY TABLE ${TRIAL} ENGINE=InnoDB AS SELECT ${namesOf(columns)} FROM ${quoteTable(id)} LIMIT 0`;
    await held.run(trial);
    for (let start = 0; start < rows.length; start += CANDIDATES_MAX)
      await insertTaken(held, rows.slice(start, start + CANDIDATES_MAX));
    const read = await held.run(`SELECT * FROM ${TRIAL}${whereSql(columns, checks)} LIMIT ${limit}`);
    await held.run(`DROP TEMPORARY TABLE ${TRIAL}`);
    held.release(false);
    return objectsOf(read).map((row) => canonicalRow(columns, row));
  } catch (error) {
    held.release(true);
    throw error;
  }
}

/** A row in SQL; undefined where a column cannot hold its value, which the server would cut off in silence. */
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
async function insertTaken(held: Held, rows: readonly string[]): Promise<void> {
  if (rows.length === 0) return;
  try {
    await held.run(`INSERT INTO ${TRIAL} VALUES ${rows.join(', ')}`);
  } catch (error) {
    if ((error as { readonly sqlState?: unknown }).sqlState === undefined) throw error;
    if (rows.length === 1) return;
    const half = Math.ceil(rows.length / 2);
    await insertTaken(held, rows.slice(0, half));
    await insertTaken(held, rows.slice(half));
  }
}

/** Only checks that are about these columns alone. */
export function whereSql(columns: readonly Pick<ShapeColumn, 'name'>[], checks: readonly Check[]): string {
  const known = new Set(columns.map(({ name }) => name));
  const holds = checks
    .filter((check) => check.columns.length > 0 && check.columns.every((name) => known.has(name)))
    .map(({ sql }) => `(${sql}) IS NOT FALSE`);
  return holds.length === 0 ? '' : ` WHERE ${holds.join(' AND ')}`;
}
