import type { Database } from '#model/pipeline.ts';
import type { Shape, ShapeColumn, Surveyor } from '#model/shape.ts';
import type { Row, Text } from '#model/values.ts';
import type { Random } from '#std/random.ts';
import { distinctValue, randomValue } from './values.ts';

/** What a writer knows of one table before it writes. */
export interface Surveyed {
  readonly shape: Shape;
  /** Rows that are there; the first of them where there are many. */
  readonly rows: readonly Row[];
  /** All rows were read. */
  readonly complete: boolean;
  /** The columns whose values are taken from {@link pool}, all of one row from one entry. */
  readonly pooled: readonly string[];
  /** Values of these columns that every check allows. */
  readonly pool: readonly Row[];
  /** Columns of the key, or of a unique set, that get a value nobody has: one of each set, as far as one can. */
  readonly distinct: readonly string[];
  /** For each of them a number above all that are there. */
  readonly from: Readonly<Record<string, bigint>>;
}

/** Rows of a table that are read, and known to the writer from then on. */
export const ROWS_MAX = 5000;
const CANDIDATES = 500;
const POOL_MAX = 200;

/** A database, and how its tables are looked at. */
interface Looked {
  readonly database: Database;
  readonly surveyor: Surveyor;
}

/** Looks at every table of a database, and finds out what it takes. */
export async function survey(database: Database, surveyor: Surveyor, rng: Random): Promise<Surveyed[]> {
  const surveyed: Surveyed[] = [];
  for (const shape of await surveyor.readShapes(database))
    surveyed.push(await surveyTable({ database, surveyor }, shape, rng.fork(shape.id)));
  return surveyed;
}

async function surveyTable(looked: Looked, shape: Shape, rng: Random): Promise<Surveyed> {
  const columns = shape.columns.filter(({ generated }) => !generated);
  const rows = await looked.surveyor.readRows(looked.database, shape, ROWS_MAX + 1);
  const foreign = new Set(shape.foreign.flatMap((key) => key.columns));
  const { distinct, from } = await distinctColumns(looked, shape, foreign);
  const fresh = new Set(distinct);
  const checked = new Set(shape.checks.flatMap((check) => check.columns));
  const pooled = columns
    .filter(({ name, constrained }) => checked.has(name) || constrained === true || shape.key.includes(name))
    .filter(({ name }) => !foreign.has(name) && !fresh.has(name));
  return {
    ...{ shape, pooled: pooled.map(({ name }) => name), distinct, from },
    rows: rows.slice(0, ROWS_MAX),
    complete: rows.length <= ROWS_MAX,
    pool: pooled.length === 0 ? [] : await fillPool(looked, shape, pooled, rows, rng),
  };
}

/** How many values a column must have room for, to be counted up while a run lasts. */
const ROOM = 10_000;

/**
 * One column of the key and of each unique set that can be counted up, and the number above which each is counted; none
 * where a set has one already, or where its types have too few values or its checks refuse them.
 */
async function distinctColumns(
  looked: Looked,
  shape: Shape,
  foreign: ReadonlySet<string>,
): Promise<{ distinct: string[]; from: Record<string, bigint> }> {
  const { database, surveyor } = looked;
  const from: Record<string, bigint> = {};
  const able = async (name: string): Promise<boolean> => {
    const column = shape.columns.find((one) => one.name === name);
    if (column === undefined || column.generated || foreign.has(name) || shape.partitionedBy.includes(name))
      return false;
    if (distinctValue(surveyor, column, NO_RANDOM, 0n, 1) === undefined) return false;
    const start = await above(looked, shape, column);
    const counted = [1, 2, ROOM].map((n) => distinctValue(surveyor, column, NO_RANDOM, start, n));
    const values = counted.filter((value) => value !== undefined);
    if (values.length < counted.length) return false;
    const candidates = values.map((value) => [value]);
    const taken = await surveyor.accepted(database, shape, [column], candidates, candidates.length);
    if (taken.length < values.length) return false;
    from[name] = start;
    return true;
  };
  for (const set of [shape.key, ...shape.uniques]) {
    if (set.some((name) => name in from)) continue;
    for (const name of set) if (await able(name)) break;
  }
  return { distinct: Object.keys(from), from };
}

/** For values of which only the form matters. */
const NO_RANDOM = { next: () => 0, below: () => 0 } as unknown as Random;

/** A number above those of a column: the highest for numbers, a count of the rows for all else. */
async function above({ database, surveyor }: Looked, shape: Shape, column: ShapeColumn): Promise<bigint> {
  const top = await surveyor.top(database, shape, column);
  // Far from what the table may count up to by itself meanwhile, where the type has room for it.
  return top + (isNarrow(column) ? 1n : 1000n);
}

/** Whether a column's numbers are too few to leave some out. */
function isNarrow({ kind }: ShapeColumn): boolean {
  switch (kind.kind) {
    case 'integer':
      return kind.bits < 24;
    case 'decimal':
      return kind.precision !== undefined && kind.precision < 8;
    case 'float':
      return true;
    default:
      return false;
  }
}

/** Values that satisfy the checks, found by trying: those that are there, those that the checks name, and random ones. */
async function fillPool(
  { database, surveyor }: Looked,
  shape: Shape,
  columns: readonly ShapeColumn[],
  rows: readonly Row[],
  rng: Random,
): Promise<readonly Row[]> {
  const literals = new Map(columns.map((column) => [column.name, named(shape, column.name)]));
  const candidates: Text[][] = rows.slice(0, 100).map((row) => columns.map(({ name }) => row[name] ?? null));
  while (candidates.length < CANDIDATES)
    candidates.push(columns.map((column) => candidate(surveyor, column, literals, rows, rng)));
  return surveyor.accepted(database, shape, columns, candidates, POOL_MAX);
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
  own: Pick<Surveyor, 'ownValue'>,
  column: ShapeColumn,
  literals: ReadonlyMap<string, readonly string[]>,
  rows: readonly Row[],
  rng: Random,
): Text {
  const names = literals.get(column.name) ?? [];
  if (column.nullable && rng.chance(0.1)) return null;
  if (rows.length > 0 && rng.chance(0.2)) return rng.pick(rows)[column.name] ?? null;
  if (names.length === 0 || rng.chance(0.35)) return randomValue(own, column, rng) ?? null;
  const name = rng.pick(names);
  if (rng.chance(0.5)) return name;
  if (/^-?\d+(\.\d+)?$/.test(name)) return String(Number(name) + rng.between(-20, 20));
  const day = Date.parse(/\d\d:\d\d/.test(name) ? name : `${name}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d/.test(name) || Number.isNaN(day)) return name;
  return new Date(day + rng.between(0, 27) * 86_400_000).toISOString().slice(0, 10);
}
