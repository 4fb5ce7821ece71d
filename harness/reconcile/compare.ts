import type { Cell, CellDigest, TablePlan, TableReader } from '#engines/port/reconcile.ts';
import { BUCKET_ROWS, between, type CellSource, partitionsFor, rangesOf } from './cells.ts';
import { differingEntries, type EntryDifference } from './entries.ts';

/** One table on both sides, ready to be compared. */
export interface TablePair {
  readonly name: string;
  readonly plan: TablePlan;
  readonly source: TableReader;
  readonly target: TableReader;
  readonly estimatedRows: number;
  /** Ranges of the key through its index on both sides, or partitions by hash where there is no common order. */
  readonly method: 'ranges' | 'partitions';
}

/** What differed under one identity when it was looked at, and the cell that holds it. */
export interface Suspect extends EntryDifference {
  readonly cell: Cell;
}

export interface PassOptions {
  /** Statements on each side at once. */
  readonly jobs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (done: number, total: number, rows: number) => void;
  /** Told of suspects as they are found. The pass waits for it. */
  readonly onSuspects: (suspects: readonly Suspect[]) => Promise<void>;
}

export interface PassResult {
  readonly sourceRows: number;
  readonly targetRows: number;
}

/** A statement is meant to take about this long: short for the server, long against the round trip. */
const STATEMENT_MS = 120;
const CELLS_FIRST = 16;
const CELLS_MAX = 256;
/** A differing range above this many rows is divided before its rows are fetched. */
const OPENED_ROWS_MAX = 16 * BUCKET_ROWS;
/** Most packed entries of one statement: 16 bytes each. */
const ENTRIES_MAX = 16 * BUCKET_ROWS;

/** Compares all rows once: bucket by bucket, and row by row only inside buckets that differ. */
export async function comparePass(pair: TablePair, options: PassOptions): Promise<PassResult> {
  if (pair.method === 'partitions') return comparePartitions(pair, options);
  const cells = await rangesOf(pair.plan, pair.source, pair.target, pair.estimatedRows);
  return compareRanges(pair, cells, options);
}

async function compareRanges(pair: TablePair, cells: CellSource, options: PassOptions): Promise<PassResult> {
  const rows = { source: 0, target: 0 };
  let done = 0;
  let chunk = CELLS_FIRST;
  const worker = async () => {
    for (;;) {
      options.signal.throwIfAborted();
      const taken = cells.take(chunk);
      if (taken.length === 0) return;
      const started = performance.now();
      const [source, target] = await Promise.all([pair.source.digests(taken), pair.target.digests(taken)]);
      const took = performance.now() - started;
      chunk = Math.min(CELLS_MAX, Math.max(1, Math.round(taken.length * Math.min(4, STATEMENT_MS / took))));
      rows.source += total(source);
      rows.target += total(target);
      await openRanges(pair, differing(taken, source, target), options);
      done += taken.length;
      options.onProgress(done, cells.total, rows.source);
    }
  };
  await allOrFirstError(Array.from({ length: options.jobs }, worker));
  return { sourceRows: rows.source, targetRows: rows.target };
}

interface DifferingCell {
  readonly cell: Cell;
  readonly sourceRows: number;
  readonly targetRows: number;
}

function differing(
  cells: readonly Cell[],
  source: readonly CellDigest[],
  target: readonly CellDigest[],
): DifferingCell[] {
  return cells.flatMap((cell, n) => {
    const [one, other] = [source[n], target[n]];
    if (one?.rows === other?.rows && one?.digest === other?.digest) return [];
    return [{ cell, sourceRows: one?.rows ?? 0, targetRows: other?.rows ?? 0 }];
  });
}

async function openRanges(pair: TablePair, found: readonly DifferingCell[], options: PassOptions): Promise<void> {
  const small: DifferingCell[] = [];
  for (const each of found) {
    if (Math.max(each.sourceRows, each.targetRows) <= OPENED_ROWS_MAX) small.push(each);
    else await divide(pair, each, options, () => small.push(each));
  }
  for (const batch of batches(small)) await openCells(pair, batch, options);
}

/** Compares a large range in pieces of a bucket's size; calls `asItIs` where keys are too alike for it to be divided. */
async function divide(
  pair: TablePair,
  { cell, sourceRows, targetRows }: DifferingCell,
  options: PassOptions,
  asItIs: () => void,
) {
  if (cell.kind !== 'range') return asItIs();
  const fuller = sourceRows >= targetRows ? pair.source : pair.target;
  const inner = (await fuller.everyNthKey(cell, BUCKET_ROWS)).filter(
    (key, n) => n > 0 || JSON.stringify(key) !== JSON.stringify(cell.from),
  );
  if (inner.length === 0) return asItIs();
  const bounds = between(inner.length, (n) => inner[n] ?? []);
  const pieces = bounds.take(bounds.total).map((piece) => ({ ...cell, ...piece }));
  for (let at = 0; at < pieces.length; at += CELLS_MAX) {
    options.signal.throwIfAborted();
    const some = pieces.slice(at, at + CELLS_MAX);
    const [source, target] = await Promise.all([pair.source.digests(some), pair.target.digests(some)]);
    // A piece may still be large, where the other side is the fuller one; it has become smaller all the same.
    await openRanges(pair, differing(some, source, target), options);
  }
}

/** Groups of cells whose entries fit in memory together. */
function* batches(cells: readonly DifferingCell[]): Generator<DifferingCell[]> {
  let batch: DifferingCell[] = [];
  let rows = 0;
  for (const each of cells) {
    const more = Math.max(each.sourceRows, each.targetRows);
    if (batch.length > 0 && rows + more > ENTRIES_MAX) {
      yield batch;
      batch = [];
      rows = 0;
    }
    batch.push(each);
    rows += more;
  }
  if (batch.length > 0) yield batch;
}

async function openCells(pair: TablePair, found: readonly DifferingCell[], options: PassOptions): Promise<void> {
  options.signal.throwIfAborted();
  const cells = found.map(({ cell }) => cell);
  const [source, target] = await Promise.all([pair.source.entries(cells), pair.target.entries(cells)]);
  const suspects: Suspect[] = [];
  for (const [n, cell] of cells.entries()) {
    const [one, other] = [source[n], target[n]];
    if (one !== undefined && other !== undefined)
      for (const difference of differingEntries(one, other)) suspects.push({ ...difference, cell });
  }
  if (suspects.length > 0) await options.onSuspects(suspects);
}

async function comparePartitions(pair: TablePair, options: PassOptions): Promise<PassResult> {
  const of = partitionsFor(pair.estimatedRows);
  const [source, target] = await Promise.all([pair.source.sweep(of), pair.target.sweep(of)]);
  options.signal.throwIfAborted();
  const result = { sourceRows: total(source), targetRows: total(target) };
  options.onProgress(1, 1, result.sourceRows);
  const cells = Array.from({ length: of }, (_, index): Cell => ({ kind: 'partition', index, of }));
  // Each batch reads both tables again, so it takes as many partitions as memory allows.
  for (const batch of batches(differing(cells, source, target))) await openCells(pair, batch, options);
  return result;
}

function total(digests: readonly CellDigest[]): number {
  return digests.reduce((sum, { rows }) => sum + rows, 0);
}

/** Waits for all, so that nothing runs on after an error; then throws the first. */
async function allOrFirstError(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
