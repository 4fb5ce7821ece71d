import type { ObjectsTarget, Pipeline } from './pipeline.ts';

/** Rows so far, of as many as are expected. A load under way is at 99 per cent at most: what is expected is often a guess. */
interface LoadTold {
  readonly rows: number;
  readonly rows_expected: number;
  readonly percent: number;
}

/**
 * A pipeline as JSON: the row of `pipelines`, what it was created as, whether a manager works on it, and how far its load is, in
 * all and by table.
 */
export function toldPipeline({ definition, held, row, loads }: Pipeline) {
  const { source, target, tables, onExisting, objects, cdc } = definition;
  const sink = cdc === undefined ? {} : { sink: cdc.sink ?? 'jdbc' };
  const how = objects === undefined ? { on_existing: onExisting, ...sink } : { objects: toldObjects(objects) };
  const all = loads.reduce((sum, { rows }) => sum + rows, 0);
  const expected = loads.reduce((sum, { rowsExpected }) => sum + rowsExpected, 0);
  const progress = told(all, expected, row.full_load_status === 'COMPLETED');
  const byTable = loads.map(({ table, loaded, rows, rowsExpected }) => ({
    ...{ table, loaded },
    ...told(rows, rowsExpected, loaded),
  }));
  return { ...row, source, target, tables, ...how, held, progress, loads: byTable };
}

function told(rows: number, expected: number, complete: boolean): LoadTold {
  const percent = complete ? 100 : expected <= 0 ? 0 : Math.min(99, Math.floor((rows / expected) * 100));
  return { rows, rows_expected: expected, percent };
}

function toldObjects({ everySeconds, flushSeconds, ...objects }: ObjectsTarget) {
  const every = everySeconds === undefined ? {} : { every_seconds: everySeconds };
  const flush = flushSeconds === undefined ? {} : { flush_seconds: flushSeconds };
  return { ...objects, ...every, ...flush };
}
