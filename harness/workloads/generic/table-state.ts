import { type Key, keyOf, type Row } from '#model/values.ts';
import type { RowRef } from '#model/workload.ts';
import type { Random } from '#std/random.ts';
import type { Surveyed } from './survey.ts';

/** A row that a writer may change, refer to or delete. */
export interface LiveRow {
  readonly key: Key;
  readonly values: Row;
}

/** The rows of one table as far as the writer knows them. */
export interface TableState {
  readonly surveyed: Surveyed;
  readonly size: number;
  /** How many rows there were at first. */
  readonly initial: number;
  has(key: Key): boolean;
  add(row: LiveRow): void;
  remove(key: Key): void;
  /** Any row; the first few more often than others. */
  pick(rng: Random): LiveRow | undefined;
  /** A row that has these values, among some that are tried. */
  pickWith(wanted: Row, rng: Random): LiveRow | undefined;
  clear(): readonly LiveRow[];
  /** Counts up, for values that nobody has. */
  next(): number;
}

const HOT_ROWS = 10;
const TRIES = 40;

export function tableState(surveyed: Surveyed): TableState {
  const { key } = surveyed.shape;
  let items: LiveRow[] = surveyed.rows.map((values) => ({ key: keyOf(key, values), values }));
  let places = new Map(items.map((row, index) => [row.key, index]));
  let count = 0;
  return {
    surveyed,
    initial: items.length,
    get size() {
      return items.length;
    },
    has: (wanted) => places.has(wanted),
    add(row) {
      if (key.length > 0) places.set(row.key, items.length);
      items.push(row);
    },
    remove(wanted) {
      const place = places.get(wanted);
      if (place === undefined) return;
      const last = items.pop() as LiveRow;
      places.delete(wanted);
      if (last.key === wanted) return;
      items[place] = last;
      places.set(last.key, place);
    },
    pick(rng) {
      if (items.length === 0) return undefined;
      return items[rng.below(rng.chance(0.2) ? Math.min(HOT_ROWS, items.length) : items.length)];
    },
    pickWith(wanted, rng) {
      const names = Object.keys(wanted);
      for (let tries = 0; tries < (names.length === 0 ? 1 : TRIES); tries++) {
        const row = this.pick(rng);
        if (row === undefined) return undefined;
        if (names.every((name) => row.values[name] === wanted[name])) return row;
      }
      return items.find(({ values }) => names.every((name) => values[name] === wanted[name]));
    },
    clear() {
      const gone = items;
      items = [];
      places = new Map();
      return gone;
    },
    next: () => ++count,
  };
}

export function refOf({ surveyed }: TableState, key: Key): RowRef {
  return { table: surveyed.shape.id, key };
}
