import type { TableId } from '#model/catalog.ts';
import type { TableLoad } from '../pipeline.ts';
import type { HeldPipeline } from '../state/hold.ts';

/** How often progress is persisted and said, at most. */
const EVERY_MS = 1000;

/** How far a load's tables are: kept, persisted and said. */
export interface LoadProgress {
  loadOf(table: TableId): TableLoad;
  /** Persists a table's load at once. */
  set(load: TableLoad): Promise<void>;
  /** So many rows more are written. Persisted from time to time. */
  add(table: TableId, rows: number): Promise<void>;
  /** Persists what has not been. */
  flush(): Promise<void>;
  total(): number;
}

export function loadProgress(
  held: HeldPipeline,
  say: (text: string) => void,
  loads: readonly TableLoad[],
  now: () => number = () => performance.now(),
): LoadProgress {
  const known = new Map(loads.map((load) => [load.table, load]));
  const unsaved = new Set<TableId>();
  let persistedMs = now();
  let writing: Promise<void> = Promise.resolve();
  const loadOf = (table: TableId): TableLoad =>
    known.get(table) ?? { table, claimed: false, loaded: false, rows: 0, rowsExpected: 0 };
  const total = () => [...known.values()].reduce((sum, { rows }) => sum + rows, 0);
  const flush = (): Promise<void> => {
    writing = writing.then(async () => {
      const tables = [...unsaved];
      unsaved.clear();
      for (const table of tables) await held.changeLoad(loadOf(table));
      if (tables.length > 0) await held.change({ full_load_rows: total() });
    });
    return writing;
  };
  return {
    ...{ loadOf, total, flush },
    async set(load) {
      known.set(load.table, load);
      unsaved.add(load.table);
      await flush();
    },
    async add(table, rows) {
      const load = loadOf(table);
      known.set(table, { ...load, rows: load.rows + rows });
      unsaved.add(table);
      if (now() - persistedMs < EVERY_MS) return;
      persistedMs = now();
      await flush();
      say(progressText(loadOf(table)));
    },
  };
}

/** The number of rows expected is often the planner's guess: what is under way never reads as more than 99 per cent. */
export function progressText({ table, rows, rowsExpected, loaded }: TableLoad): string {
  if (loaded) return `${table}: ${rows} rows, 100 %`;
  if (rowsExpected <= 0) return `${table}: ${rows} rows`;
  const percent = Math.min(99, Math.floor((rows / rowsExpected) * 100));
  return `${table}: ${rows} of about ${rowsExpected} rows, ${percent} %`;
}
