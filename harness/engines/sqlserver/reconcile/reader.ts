import { canonicalText } from '#engines/canonical-text.ts';
import type { Cell, CellDigest, FullRow, KeyTuple, TablePlan, TableReader } from '#engines/port/reconcile.ts';
import { ENTRY_BYTES } from '#engines/port/reconcile.ts';
import type { Result } from '../client.ts';
import { ALL } from '../ranges.ts';
import type { SqlServerSideTable } from './describe.ts';
import { repairSql } from './repair.ts';
import { rangeSql, type Statements, statementsFor } from './statements.ts';

type Run = (sql: string) => Promise<Result>;

/** Cells in one statement: each is a SELECT of its own, with the texts of all columns in it. */
const STATEMENT_CHARACTERS = 500_000;
const CELLS_MAX = 64;

/** A sum of numbers of 64 bits needs more than those. */
const SUM_SQL = 'CONVERT(varchar(40), SUM(CONVERT(decimal(38,0), h)))';

export function sqlServerReader(plan: TablePlan & { readonly table: SqlServerSideTable }, run: Run): TableReader {
  const sql = statementsFor(plan);
  const key = sql.key.join(', ');
  const from = `FROM ${plan.table.relation} AS t WHERE`;
  const everything = `${from} ${ALL}${sql.where}`;
  return {
    async count() {
      const { rows } = await run(`SELECT COUNT_BIG(*) AS n ${everything}`);
      return Number(rows[0]?.[0] ?? 0);
    },
    async integerBounds() {
      const own = `CONVERT(bigint, ${key})`;
      const { rows } = await run(`SELECT MIN(${own}) AS least, MAX(${own}) AS most ${everything}`);
      const [min, max] = rows[0] ?? [];
      return min == null || max == null ? undefined : { min: BigInt(min), max: BigInt(max) };
    },
    async sampleKeys(wanted) {
      const share = Math.ceil(Math.min(1, (4 * wanted) / Math.max(1, plan.table.estimatedRows)) * 1_000_000);
      const picked = `ABS(CONVERT(bigint, CHECKSUM(NEWID()))) % 1000000 < ${share}`;
      const { rows } = await run(`SELECT ${key} ${everything} AND ${picked} ORDER BY ${key}`);
      const step = Math.max(1, rows.length / wanted);
      return distinct(
        Array.from({ length: Math.min(wanted, rows.length) }, (_, n) => rows[Math.floor(n * step)] ?? []),
      );
    },
    async everyNthKey(cell, every) {
      const names = sql.key.map((_, part) => `k${part}`).join(', ');
      const columns = sql.key.map((column, part) => `${column} AS k${part}`).join(', ');
      const { rows } = await run(`SELECT ${names} FROM (
  SELECT ${columns}, ROW_NUMBER() OVER (ORDER BY ${key}) AS n ${from} ${condition(sql, cell)}${sql.where}) AS numbered
WHERE n % ${every} = 0 ORDER BY n`);
      return distinct(rows);
    },
    digests: (cells) => digests(sql, from, run, cells),
    async sweep(of) {
      const { rows } = await run(`SELECT id & ${of - 1} AS part, COUNT_BIG(*) AS n, ${SUM_SQL} AS total FROM (
  SELECT ${sql.identity} AS id, ${sql.rowHash} AS h ${everything}) AS hashed GROUP BY id & ${of - 1}`);
      const result: CellDigest[] = Array.from({ length: of }, () => ({ rows: 0, digest: '' }));
      for (const [index, count, digest] of rows) result[Number(index)] = { rows: Number(count), digest: digest ?? '' };
      return result;
    },
    entries: (cells) => entries(sql, from, run, cells),
    rows: (cells, ids) => fullRows(sql, from, run, cells, ids),
    repair: (change) => repairSql(plan, change),
  };
}

/** Neighbours that are equal would bound an empty range. */
function distinct(keys: readonly (readonly (string | null)[])[]): KeyTuple[] {
  return keys
    .map((key) => key.map((part) => part ?? ''))
    .filter((key, n) => n === 0 || JSON.stringify(key) !== JSON.stringify(keys[n - 1]));
}

function condition(sql: Statements, cell: Cell): string {
  if (cell.kind === 'range') return rangeSql(sql.key, cell);
  return `${sql.identity} & ${cell.of - 1} = ${cell.index}`;
}

/** Runs a SELECT for each cell, many in one statement; `select` writes one, whose first column is the cell's place. */
async function perCell(
  run: Run,
  cells: readonly Cell[],
  select: (cell: Cell, place: number) => string,
  whole: (union: string) => string,
) {
  const found: Result['rows'][] = [];
  let statement: string[] = [];
  let characters = 0;
  const flush = async () => {
    if (statement.length > 0) found.push((await run(whole(statement.join('\nUNION ALL\n')))).rows);
    statement = [];
    characters = 0;
  };
  for (const [place, cell] of cells.entries()) {
    const text = select(cell, place);
    if (statement.length >= CELLS_MAX || characters + text.length > STATEMENT_CHARACTERS) await flush();
    statement.push(text);
    characters += text.length;
  }
  await flush();
  return found.flat();
}

async function digests(sql: Statements, from: string, run: Run, cells: readonly Cell[]): Promise<CellDigest[]> {
  const rows = await perCell(
    run,
    cells,
    (cell, place) =>
      `SELECT ${place} AS place, COUNT_BIG(*) AS n, ${SUM_SQL} AS total FROM (SELECT ${sql.rowHash} AS h ${from} ${condition(sql, cell)}${sql.where}) AS hashed`,
    (union) => union,
  );
  const found = new Map(rows.map(([place, count, sum]) => [Number(place), { rows: Number(count), digest: sum ?? '' }]));
  return cells.map((_, place) => found.get(place) ?? { rows: 0, digest: '' });
}

async function entries(sql: Statements, from: string, run: Run, cells: readonly Cell[]): Promise<Uint8Array[]> {
  const [first] = cells;
  const columns = `${sql.identity} AS id, ${sql.rowHash} AS h`;
  let rows: Result['rows'];
  if (first?.kind === 'partition') {
    const places = new Map(cells.map((cell, place) => [cell.kind === 'partition' ? cell.index : -1, place]));
    const mask = first.of - 1;
    const answer =
      await run(`SELECT id & ${mask} AS part, id, h FROM (SELECT ${columns} ${from} ${ALL}${sql.where}) AS hashed
WHERE id & ${mask} IN (${[...places.keys()].join(', ')})`);
    rows = answer.rows.map(([part, id, h]) => [String(places.get(Number(part))), id ?? '', h ?? '']);
  } else {
    // Only the whole of a UNION can be put in order.
    const names = sql.key.map((_, part) => `k${part}`);
    const own = sql.key.map((column, part) => `${column} AS k${part}`).join(', ');
    rows = await perCell(
      run,
      cells,
      (cell, place) => `SELECT ${place} AS place, ${columns}, ${own} ${from} ${condition(sql, cell)}${sql.where}`,
      (union) => `SELECT place, id, h FROM (${union}) AS cells ORDER BY ${['place', ...names].join(', ')}`,
    );
  }
  const grouped = Map.groupBy(rows, ([place]) => Number(place));
  return cells.map((_, place) => packed(grouped.get(place) ?? []));
}

function packed(rows: Result['rows']): Uint8Array {
  // Not from Node's shared pool: whoever compares the entries wants them aligned.
  const bytes = Buffer.allocUnsafeSlow(rows.length * ENTRY_BYTES);
  for (const [n, [, id, h]] of rows.entries()) {
    bytes.writeBigInt64BE(BigInt(id ?? 0), n * ENTRY_BYTES);
    bytes.writeBigInt64BE(BigInt(h ?? 0), n * ENTRY_BYTES + 8);
  }
  return bytes;
}

async function fullRows(
  sql: Statements,
  from: string,
  run: Run,
  cells: readonly Cell[],
  ids: readonly bigint[],
): Promise<FullRow[]> {
  if (ids.length === 0 || cells.length === 0) return [];
  const values = sql.forms.flatMap(({ value, text, length }, n) => [
    `${value} AS v${n}`,
    // A text in place of which its digest stands is told from a text that is such a digest by its length.
    `${length === undefined ? text : `CONVERT(varchar(12), ${length}) + ':' + ${text}`} AS c${n}`,
  ]);
  const ranges = cells.every(({ kind }) => kind === 'range')
    ? ` AND (${cells.map((cell) => condition(sql, cell)).join(' OR ')})`
    : '';
  const wanted = `${sql.identity} IN (${ids.join(', ')})`;
  const { rows } = await run(
    `SELECT ${[`${sql.identity} AS id`, `${sql.rowHash} AS h`, ...values].join(', ')} ${from} ${wanted}${ranges}${sql.where}`,
  );
  return rows.map(([id, hash, ...texts]) => ({
    id: BigInt(id ?? 0),
    hash: hash ?? '',
    shown: sql.forms.map(({ kind, shownAs }, n) => canonicalText(texts[2 * n] ?? null, kind, shownAs)),
    compared: sql.forms.map((_, n) => texts[2 * n + 1] ?? null),
  }));
}
