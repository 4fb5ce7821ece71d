import type { Cell, KeyTuple, TablePlan, TableReader } from '#engines/port/reconcile.ts';

/** Rows that a bucket is meant to have. */
export const BUCKET_ROWS = 1000;
/** Most boundaries that are kept in memory: a larger table gets larger buckets. */
const BOUNDARIES_MAX = 200_000;
/** Integer keys at least this dense are divided by arithmetic; a bucket then holds at most this many times its share. */
const SPARSENESS_MAX = 8;
const PARTITIONS_MAX = 65_536;

/** The ranges of a table, in key order, handed out a few at a time. Together they cover every possible key once. */
export interface CellSource {
  readonly total: number;
  /** Up to `count` more; none when all are handed out. */
  take(count: number): Cell[];
}

/** Cells between ascending boundaries, with an open one at either end. */
export function between(boundaries: number, boundary: (n: number) => KeyTuple): CellSource {
  let next = 0;
  const total = boundaries + 1;
  return {
    total,
    take(count) {
      const cells: Cell[] = [];
      for (; cells.length < count && next < total; next++) {
        cells.push({
          kind: 'range',
          ...(next === 0 ? {} : { from: boundary(next - 1) }),
          ...(next === boundaries ? {} : { to: boundary(next) }),
        });
      }
      return cells;
    },
  };
}

/** Divides the table into ranges of about {@link BUCKET_ROWS} rows without reading it. */
export async function rangesOf(
  plan: TablePlan,
  source: TableReader,
  target: TableReader,
  rows: number,
): Promise<CellSource> {
  if (plan.identity === 'integer') {
    const [left, right] = await Promise.all([source.integerBounds(), target.integerBounds()]);
    const edges = [left, right].flatMap((bounds) => (bounds === undefined ? [] : [bounds.min, bounds.max]));
    edges.sort((one, other) => (one < other ? -1 : 1));
    const [min, max] = [edges[0], edges.at(-1)];
    if (min === undefined || max === undefined) return between(0, () => []);
    const dense = denseBoundaries(min, max, rows);
    if (dense !== undefined) return between(dense.count, (n) => [String(dense.first + BigInt(n) * dense.width)]);
  }
  const bucket = Math.max(BUCKET_ROWS, Math.ceil(rows / BOUNDARIES_MAX));
  const wanted = Math.floor(rows / bucket);
  if (wanted < 2) return between(0, () => []);
  let keys = await source.sampleKeys(wanted);
  // Too few for what the planner expects (hardly any page sampled, rows that crowd on few keys): count them out.
  if (keys.length < wanted / 20) keys = await source.everyNthKey({ kind: 'range' }, bucket);
  return between(keys.length, (n) => keys[n] ?? []);
}

/** Equally wide ranges over integers from `min` to `max`, or undefined where so few of them exist that buckets could be uneven. */
export function denseBoundaries(
  min: bigint,
  max: bigint,
  rows: number,
): { readonly first: bigint; readonly width: bigint; readonly count: number } | undefined {
  const span = max - min + 1n;
  const sparseness = Number(span) / Math.max(1, rows);
  if (sparseness > SPARSENESS_MAX && Number(span) > BUCKET_ROWS * SPARSENESS_MAX) return undefined;
  const width = BigInt(Math.ceil(BUCKET_ROWS * Math.min(SPARSENESS_MAX, Math.max(1, sparseness))));
  return { first: min + width, width, count: Number((span - 1n) / width) };
}

/** How many partitions, a power of two, hold about {@link BUCKET_ROWS} rows each. */
export function partitionsFor(rows: number): number {
  let partitions = 1;
  while (partitions < PARTITIONS_MAX && partitions * BUCKET_ROWS < rows) partitions *= 2;
  return partitions;
}
