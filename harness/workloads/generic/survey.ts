import type { Database } from '#model/pipeline.ts';
import type { Random } from '#std/random.ts';
import { readShapes, type Shape, type ShapeColumn } from './shape.ts';
import { distinctValue, randomValue, type Value } from './values.ts';

export type Values = Readonly<Record<string, Value>>;

/** What a writer knows of one table before it writes. */
export interface Surveyed {
  readonly shape: Shape;
  /** Rows that are there, in canonical text; the first of them where there are many. */
  readonly rows: readonly Values[];
  /** All rows were read. */
  readonly complete: boolean;
  /** The columns whose values are taken from {@link pool}, all of one row from one entry. */
  readonly pooled: readonly string[];
  /** Values of these columns that every check allows, in canonical text. */
  readonly pool: readonly Values[];
  /** Columns of the key, or of a unique set, that get a value nobody has: one of each set, as far as one can. */
  readonly distinct: readonly string[];
  /** For each of them a number above all that are there. */
  readonly from: Readonly<Record<string, bigint>>;
}

/** Rows of a table that are read, and known to the writer from then on. */
export const ROWS_MAX = 5000;
const CANDIDATES = 500;
const POOL_MAX = 200;

function ident(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Looks at every table of a database, and finds out what it takes. */
export async function survey(database: Database, rng: Random): Promise<Surveyed[]> {
  const surveyed: Surveyed[] = [];
  for (const shape of await readShapes(database)) surveyed.push(await surveyTable(database, shape, rng.fork(shape.id)));
  return surveyed;
}

async function surveyTable(database: Database, shape: Shape, rng: Random): Promise<Surveyed> {
  const columns = shape.columns.filter(({ generated }) => !generated);
  const order = shape.key.length === 0 ? '' : ` ORDER BY ${shape.key.map(ident).join(', ')}`;
  const texts = columns.map(({ name }) => `${ident(name)}::text AS ${ident(name)}`).join(', ');
  const rows = await database.query<Record<string, Value>>(
    `SELECT ${texts} FROM ${shape.sql}${order} LIMIT ${ROWS_MAX + 1}`,
  );
  const foreign = new Set(shape.foreign.flatMap((key) => key.columns));
  const { distinct, from } = await distinctColumns(database, shape, foreign);
  const fresh = new Set(distinct);
  const checked = new Set(shape.checks.flatMap((check) => check.columns));
  const pooled = columns
    .filter(({ name, kind }) => checked.has(name) || kind === 'd' || shape.key.includes(name))
    .map(({ name }) => name)
    .filter((name) => !foreign.has(name) && !fresh.has(name));
  return {
    ...{ shape, pooled, distinct, from },
    rows: rows.slice(0, ROWS_MAX),
    complete: rows.length <= ROWS_MAX,
    pool: pooled.length === 0 ? [] : await fillPool(database, shape, pooled, rows, rng),
  };
}

/** How many values a column must have room for, to be counted up while a run lasts. */
const ROOM = 10_000;

/**
 * One column of the key and of each unique set that can be counted up, and the number above which each is counted; none
 * where a set has one already, or where its types have too few values or its checks refuse them.
 */
async function distinctColumns(
  database: Database,
  shape: Shape,
  foreign: ReadonlySet<string>,
): Promise<{ distinct: string[]; from: Record<string, bigint> }> {
  const from: Record<string, bigint> = {};
  const able = async (name: string): Promise<boolean> => {
    const column = shape.columns.find((one) => one.name === name);
    if (column === undefined || column.generated || foreign.has(name) || shape.partitionedBy.includes(name))
      return false;
    if (distinctValue(column, NO_RANDOM, 0n, 1) === undefined) return false;
    const start = await above(database, shape, name);
    const counted = [1, 2, ROOM].map((n) => distinctValue(column, NO_RANDOM, start, n));
    const values = counted.filter((value) => value !== undefined);
    if (values.length < counted.length || !(await allowed(database, shape, column, values))) return false;
    from[name] = start;
    return true;
  };
  for (const set of [shape.key, ...shape.uniques]) {
    if (set.some((name) => name in from)) continue;
    for (const name of set) if (await able(name)) break;
  }
  return { distinct: Object.keys(from), from };
}

/** Whether a column's type, and all checks that are about this column alone, take these values. */
async function allowed(
  database: Database,
  { checks }: Shape,
  { name, type }: ShapeColumn,
  values: readonly string[],
): Promise<boolean> {
  const alone = checks.filter(({ columns }) => columns.length > 0 && columns.every((one) => one === name));
  const holds = ['true', ...alone.map(({ sql }) => `(${sql}) IS NOT FALSE`)].join(' AND ');
  const [row] = await database.query<{ taken: string }>(
    `SELECT count(*) AS taken FROM (SELECT raw.v::${type} AS ${ident(name)}
       FROM (SELECT v FROM unnest($1::text[]) AS v WHERE pg_input_is_valid(v, ${literal(type)}) OFFSET 0) AS raw OFFSET 0) AS t
     WHERE ${holds}`,
    [values],
  );
  return row?.taken === String(values.length);
}

/** For values of which only the form matters. */
const NO_RANDOM = { next: () => 0, below: () => 0 } as unknown as Random;

const NUMBERS = /^(smallint|integer|bigint|numeric|real|double precision)/;

/** A number above those of a column: the highest for numbers, a count of the rows for all else. */
async function above(database: Database, shape: Shape, name: string): Promise<bigint> {
  const column = shape.columns.find((one) => one.name === name);
  const numeric = NUMBERS.test(column?.base ?? '');
  const sql = numeric ? `coalesce(ceil(max(${ident(name)}))::bigint, 0)` : 'count(*)';
  const [row] = await database.query<{ n: string }>(`SELECT ${sql} AS n FROM ${shape.sql}`);
  // Far from what a sequence of the table may give meanwhile, where the type has room for it.
  const room = /^(integer|bigint|numeric)/.test(column?.base ?? '') && !/^numeric\([1-7],/.test(column?.base ?? '');
  return BigInt(row?.n ?? 0) + (numeric && !room ? 1n : 1000n);
}

/** Values that satisfy the checks, found by trying: those that are there, those that the checks name, and random ones. */
async function fillPool(
  database: Database,
  shape: Shape,
  pooled: readonly string[],
  rows: readonly Values[],
  rng: Random,
): Promise<Values[]> {
  const columns = pooled.map((name) => shape.columns.find((column) => column.name === name) as ShapeColumn);
  const literals = new Map(columns.map((column) => [column.name, named(shape, column.name)]));
  const candidates: Value[][] = rows.slice(0, 100).map((row) => pooled.map((name) => row[name] ?? null));
  while (candidates.length < CANDIDATES)
    candidates.push(columns.map((column) => candidate(column, literals, rows, rng)));
  const known = new Set(pooled);
  const checks = shape.checks
    .filter((check) => check.columns.length > 0 && check.columns.every((name) => known.has(name)))
    .map(({ sql }) => `(${sql}) IS NOT FALSE`);
  const valid = columns.map(
    ({ type, nullable }, index) =>
      `CASE WHEN t${index} IS NULL THEN ${nullable} ELSE pg_input_is_valid(t${index}, ${literal(type)}) END`,
  );
  const typed = columns.map(({ name, type }, index) => `t${index}::${type} AS ${ident(name)}`);
  const found = await database.query<{ values: string }>(
    `SELECT to_json(ARRAY[${pooled.map((name) => `t.${ident(name)}::text`).join(', ')}]::text[])::text AS values
     FROM (SELECT ${typed.join(', ')} FROM (
       SELECT * FROM unnest(${pooled.map((_, index) => `$${index + 1}::text[]`).join(', ')})
         AS raw(${pooled.map((_, index) => `t${index}`).join(', ')})
       WHERE ${valid.join(' AND ')} OFFSET 0) AS raw OFFSET 0) AS t
     ${checks.length === 0 ? '' : `WHERE ${checks.join(' AND ')}`} LIMIT ${POOL_MAX}`,
    pooled.map((_, index) => candidates.map((row) => row[index] ?? null)),
  );
  return found.map(({ values }) => {
    const texts = JSON.parse(values) as Value[];
    return Object.fromEntries(pooled.map((name, index) => [name, texts[index] ?? null]));
  });
}

/** Texts and numbers that the checks on a column name: what they allow is most often one of these, or near one. */
function named(shape: Shape, column: string): string[] {
  const about = shape.checks.filter((check) => check.columns.includes(column)).map(({ sql }) => sql);
  return about.flatMap((sql) => [
    ...[...sql.matchAll(/'((?:[^']|'')*)'/g)].map((match) => (match[1] ?? '').replaceAll("''", "'")),
    ...[...sql.replaceAll(/'(?:[^']|'')*'/g, '').matchAll(/-?\b\d+(?:\.\d+)?\b/g)].map((match) => match[0]),
  ]);
}

function candidate(
  column: ShapeColumn,
  literals: ReadonlyMap<string, readonly string[]>,
  rows: readonly Values[],
  rng: Random,
): Value {
  const names = literals.get(column.name) ?? [];
  if (column.nullable && rng.chance(0.1)) return null;
  if (rows.length > 0 && rng.chance(0.2)) return rng.pick(rows)[column.name] ?? null;
  if (names.length === 0 || rng.chance(0.35)) return randomValue(column, rng) ?? null;
  const name = rng.pick(names);
  if (rng.chance(0.5)) return name;
  if (/^-?\d+(\.\d+)?$/.test(name)) return String(Number(name) + rng.between(-20, 20));
  const day = Date.parse(/\d\d:\d\d/.test(name) ? name : `${name}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d/.test(name) || Number.isNaN(day)) return name;
  return new Date(day + rng.between(0, 27) * 86_400_000).toISOString().slice(0, 10);
}
