import type { Cell, CellDigest, FullRow, KeyTuple, TablePlan, TableReader } from '#engines/port/reconcile.ts';
import type { ServerTraits } from '#engines/postgres/server.ts';
import type { PostgresTable } from './describe.ts';
import { repairSql } from './repair.ts';
import type { AskSide } from './side.ts';
import { type CellSql, rangeSql, type Statements, statementsFor } from './statements.ts';

type Range = Extract<Cell, { kind: 'range' }>;

export function postgresReader(
  plan: TablePlan & { readonly table: PostgresTable },
  ask: AskSide,
  traits: ServerTraits,
): TableReader {
  const sql = statementsFor(plan, plan.table.relation, traits);
  const key = sql.key.join(', ');

  return {
    async count() {
      const text = `SELECT count(*)::text FROM ${sql.relation} AS t WHERE true${sql.where}`;
      const [row] = await ask<[string]>({ text, access: 'scan' });
      return Number(row?.[0] ?? 0);
    },
    async integerBounds() {
      const ends = ['ASC', 'DESC'].map(
        (order) =>
          `(SELECT ${key}::text FROM ${sql.relation} AS t WHERE true${sql.where} ORDER BY ${key} ${order} LIMIT 1)`,
      );
      const [row] = await ask<[string | null, string | null]>({ text: `SELECT ${ends.join(', ')}`, access: 'index' });
      if (row?.[0] == null || row[1] == null) return undefined;
      return { min: BigInt(row[0]), max: BigInt(row[1]) };
    },
    sampleKeys: (wanted) => sampleKeys(plan, sql, ask, wanted),
    async everyNthKey(cell, every) {
      if (cell.kind !== 'range') throw new Error('only ranges are split');
      const { from, condition, params } = rangeSql(plan, sql.key, [cell], [0]);
      const text = `SELECT ${sql.key.map((_, part) => `"~k${part}"::text`).join(', ')}
        FROM (SELECT ${sql.key.map((column, part) => `${column} AS "~k${part}"`).join(', ')},
          row_number() OVER (ORDER BY ${key}) AS "~n"
          FROM ${from} CROSS JOIN LATERAL (SELECT * FROM ${sql.relation} AS t WHERE ${condition}${sql.where}) AS t) AS numbered
        WHERE "~n" % $${params.length + 1}::int = 0 ORDER BY "~n"`;
      return distinct(await ask<string[]>({ text, values: [...params, every], access: 'index' }));
    },
    digests: (cells) => digests(plan, sql, ask, cells),
    async sweep(of) {
      const text = `SELECT p::text, count(*)::text, sum(h)::text
        FROM (${hashedRows(sql, of)}) AS hashed GROUP BY p`;
      const result: CellDigest[] = Array.from({ length: of }, () => ({ rows: 0, digest: '' }));
      for (const [index, rows, digest] of await ask<[string, string, string]>({ text, access: 'scan' }))
        result[Number(index)] = { rows: Number(rows), digest };
      return result;
    },
    entries: (cells) => entries(plan, sql, ask, cells),
    rows: (cells, ids) => fullRows(plan, sql, ask, cells, ids),
    repair: (change) => repairSql(plan, change),
  };
}

async function sampleKeys(plan: TablePlan, sql: Statements, ask: AskSide, wanted: number): Promise<KeyTuple[]> {
  const rows = Math.max(1, plan.table.estimatedRows);
  // Whole pages are sampled, so most of what they hold is thrown away again to keep what is sorted small.
  const kept = 4 * wanted;
  const percent = Math.min(100, Math.max((100 * kept) / rows, Math.min(10, (100 * 60 * kept) / rows)));
  const share = Math.min(1, kept / ((rows * percent) / 100));
  const text = `SELECT ${sql.key.map((column) => `${column}::text`).join(', ')}
    FROM ${sql.relation} AS t TABLESAMPLE SYSTEM (${percent}) REPEATABLE (1)
    WHERE random() < ${share}${sql.where} ORDER BY ${sql.key.join(', ')}`;
  const keys = await ask<string[]>({ text, access: 'scan' });
  const step = Math.max(1, keys.length / wanted);
  return distinct(Array.from({ length: Math.min(wanted, keys.length) }, (_, n) => keys[Math.floor(n * step)] ?? []));
}

/** Neighbours that are equal would bound an empty range. */
function distinct(keys: readonly string[][]): KeyTuple[] {
  return keys.filter((key, n) => n === 0 || JSON.stringify(key) !== JSON.stringify(keys[n - 1]));
}

/** Rows with identity `id`, hash `h` and partition `p`. OFFSET 0 keeps the planner from writing each hash out twice. */
function hashedRows(sql: Statements, of: number): string {
  return `SELECT id & ${of - 1} AS p, id, h FROM (
      SELECT ${sql.identity} AS id, ${sql.rowHash} AS h FROM ${sql.relation} AS t WHERE true${sql.where} OFFSET 0) AS keyed`;
}

/** Cells of one shape in one statement: `run` gets their SQL and returns what it found by the cells' places. */
async function byShape<T>(
  plan: TablePlan,
  sql: Statements,
  cells: readonly Cell[],
  run: (cell: CellSql) => Promise<[place: number, found: T][]>,
): Promise<Map<number, T>> {
  const shapes = new Map<string, number[]>();
  for (const [place, cell] of cells.entries()) {
    if (cell.kind !== 'range') throw new Error('a partition is no range');
    const shape = `${cell.from !== undefined} ${cell.to !== undefined}`;
    shapes.set(shape, [...(shapes.get(shape) ?? []), place]);
  }
  const found = new Map<number, T>();
  for (const places of shapes.values()) {
    const ranges = places.map((place) => cells[place] as Range);
    for (const [place, value] of await run(rangeSql(plan, sql.key, ranges, places))) found.set(place, value);
  }
  return found;
}

async function digests(plan: TablePlan, sql: Statements, ask: AskSide, cells: readonly Cell[]): Promise<CellDigest[]> {
  const order = plan.hashing === 'canonical-text' ? ` ORDER BY ${sql.key.join(', ')}` : '';
  const found = await byShape<CellDigest>(plan, sql, cells, async ({ from, condition, params }) => {
    const text = `SELECT c."~i"::text, q.n::text, q.d FROM ${from} CROSS JOIN LATERAL (
      SELECT count(*) AS n, ${sql.rangeDigest} AS d
      FROM (SELECT * FROM ${sql.relation} AS t WHERE ${condition}${sql.where}${order}) AS t) AS q`;
    const rows = await ask<[string, string, string | null]>({ text, values: params, access: 'index' });
    return rows.map(([place, n, digest]) => [Number(place), { rows: Number(n), digest: digest ?? '' }]);
  });
  return cells.map((_, place) => found.get(place) ?? { rows: 0, digest: '' });
}

const NOTHING = new Uint8Array(0);

/** PostgreSQL's text form of bytes: `\x` and hexadecimal. The driver has no binary results. */
function unpacked(text: string): Uint8Array {
  // Not from Node's shared pool: whoever compares the entries wants them aligned.
  const bytes = Buffer.allocUnsafeSlow((text.length - 2) / 2);
  bytes.write(text.slice(2), 'hex');
  return bytes;
}

async function entries(plan: TablePlan, sql: Statements, ask: AskSide, cells: readonly Cell[]): Promise<Uint8Array[]> {
  const [first] = cells;
  if (first?.kind === 'partition') {
    const indexes = cells.map((cell) => (cell.kind === 'partition' ? cell.index : -1));
    const text = `SELECT p::text, string_agg(int8send(id) || int8send(h), '') FROM (${hashedRows(sql, first.of)}) AS hashed
      WHERE p = ANY ($1::bigint[]) GROUP BY p`;
    const rows = await ask<[string, string]>({ text, values: [indexes], access: 'scan' });
    const found = new Map(rows.map(([p, packed]) => [Number(p), unpacked(packed)]));
    return indexes.map((index) => found.get(index) ?? NOTHING);
  }
  const found = await byShape<Uint8Array>(plan, sql, cells, async ({ from, condition, params }) => {
    const text = `SELECT c."~i"::text, q.packed FROM ${from} CROSS JOIN LATERAL (
      SELECT string_agg(int8send(${sql.identity}) || int8send(${sql.rowHash}), '') AS packed
      FROM (SELECT * FROM ${sql.relation} AS t WHERE ${condition}${sql.where} ORDER BY ${sql.key.join(', ')}) AS t) AS q`;
    const rows = await ask<[string, string | null]>({ text, values: params, access: 'index' });
    return rows.map(([place, packed]) => [Number(place), packed === null ? NOTHING : unpacked(packed)]);
  });
  return cells.map((_, place) => found.get(place) ?? NOTHING);
}

async function fullRows(
  plan: TablePlan,
  sql: Statements,
  ask: AskSide,
  cells: readonly Cell[],
  ids: readonly bigint[],
): Promise<FullRow[]> {
  if (ids.length === 0 || cells.length === 0) return [];
  const values = sql.forms.flatMap(({ shown, text, length }) => [
    shown,
    // A text in place of which its digest stands is told from a text that is such a digest by its length.
    length === undefined ? text : `${length} || ':' || ${text}`,
  ]);
  const columns = [`${sql.identity}::text`, `${sql.rowHash}::text`, ...values].join(', ');
  const wanted = ids.map(String);
  const read = async (text: string, params: readonly unknown[], access: 'index' | 'scan') =>
    (await ask<(string | null)[]>({ text, values: params, access })).map(fullRow);
  const [first] = cells;
  if (plan.identity === 'integer') {
    const text = `SELECT ${columns} FROM ${sql.relation} AS t WHERE ${sql.key[0]} = ANY ($1::bigint[])${sql.where}`;
    return read(text, [wanted], first?.kind === 'range' ? 'index' : 'scan');
  }
  if (first?.kind !== 'range') {
    const text = `SELECT ${columns} FROM ${sql.relation} AS t WHERE ${sql.identity} = ANY ($1::bigint[])${sql.where}`;
    return read(text, [wanted], 'scan');
  }
  const found: FullRow[] = [];
  await byShape<never>(plan, sql, cells, async ({ from, condition, params }) => {
    const text = `SELECT ${columns} FROM ${from} CROSS JOIN LATERAL (
      SELECT * FROM ${sql.relation} AS t WHERE ${condition}${sql.where}) AS t
      WHERE ${sql.identity} = ANY ($${params.length + 1}::bigint[])`;
    found.push(...(await read(text, [...params, wanted], 'index')));
    return [];
  });
  return found;
}

function fullRow([id, hash, ...values]: (string | null)[]): FullRow {
  return {
    id: BigInt(id ?? 0),
    hash: hash ?? '',
    shown: values.filter((_, n) => n % 2 === 0),
    compared: values.filter((_, n) => n % 2 === 1),
  };
}
