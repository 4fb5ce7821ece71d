import type { KeyedRow, ReadPlan, ReadView } from '#engines/port/compare.ts';
import type { Key } from '#model/values.ts';
import { differingRows } from './differing.ts';
import type { Differing } from './key-states.ts';
import type { Plans } from './plan.ts';

export interface SweptRange {
  /** The key behind which it begins; undefined is the table's begin. */
  readonly after: Key | undefined;
  /** Rows of the source that it has, at most. */
  readonly limit: number;
  /** Where databases cannot compare ranges by hashes, a table of no more rows than that is read whole. */
  readonly whole: boolean;
}

/**
 * A range of a table in pieces that each database hashes by itself: only where a hash differs, rows leave the database. So
 * what it costs depends on the range and on what differs in it, and not on the table.
 */
export interface Sweep {
  /**
   * The key with which it ends; undefined where it reaches the table's end. It ends before the first piece that was beyond
   * the `most` of any sink.
   */
  readonly last: Key | undefined;
  /** The first pieces in which a sink differs from the source, by their places. */
  differing(view: ReadView, plan: ReadPlan, most?: number): Promise<number[]>;
  /** A sink's rows in pieces. */
  rowsOf(view: ReadView, plan: ReadPlan, pieces: readonly number[]): Promise<KeyedRow[]>;
  /** The keys of a piece whose rows a sink has not as the source has them. */
  open(piece: number, view: ReadView, plan: ReadPlan): Promise<Differing[]>;
  /** The source's rows in every piece that was asked of any sink. */
  sourceRows(): Promise<Map<number, KeyedRow[]>>;
}

const PIECE_ROWS = 250;

export async function openSweep(
  source: ReadView,
  plans: Plans,
  range: SweptRange,
  pieceRows = PIECE_ROWS,
): Promise<Sweep> {
  const every = Math.min(pieceRows, range.limit);
  const { keys, ended } = await source.everyNthKey(plans.source, range.after, every, range.limit);
  const bounds = [range.after, ...keys, ...(ended ? [undefined] : [])];
  const fingerprint = await source.fingerprint();
  const own = new Map<boolean, Promise<readonly string[]>>();
  const opened = new Set<number>();
  let end = bounds.length - 1;
  const inPiece = (view: ReadView, plan: ReadPlan, piece: number) => view.range(plan, bounds[piece], bounds[piece + 1]);
  return {
    get last() {
      return bounds[end];
    },
    async differing(view, plan, most = Number.POSITIVE_INFINITY) {
      const alike = (await view.fingerprint()) === fingerprint;
      const asked = own.get(alike) ?? source.digests(plans.source, bounds, alike);
      own.set(alike, asked);
      const [ours, theirs] = await Promise.all([asked, view.digests(plan, bounds, alike)]);
      const places = ours.flatMap((digest, place) => (digest === theirs[place] ? [] : [place]));
      end = Math.min(end, places[most] ?? end);
      return places.slice(0, most);
    },
    async rowsOf(view, plan, pieces) {
      const rows: KeyedRow[] = [];
      for (const piece of pieces) opened.add(piece);
      // Neighbours are read in one go: a sink without an index of the key reads its table each time.
      for (let first = 0; first < pieces.length; ) {
        let last = first;
        while (pieces[last + 1] === (pieces[last] ?? 0) + 1) last++;
        rows.push(...(await view.range(plan, bounds[pieces[first] ?? 0], bounds[(pieces[last] ?? 0) + 1])));
        first = last + 1;
      }
      return rows;
    },
    async open(piece, view, plan) {
      const [ours, theirs] = await Promise.all([inPiece(source, plans.source, piece), inPiece(view, plan, piece)]);
      return differingRows(ours, theirs);
    },
    async sourceRows() {
      const rows = new Map<number, KeyedRow[]>();
      for (const piece of opened) rows.set(piece, await inPiece(source, plans.source, piece));
      return rows;
    },
  };
}
