import { MANIFEST, type Manifest, setFolder } from '#objects/object-set.ts';
import { carryAll } from '../load/carry.ts';
import { type LoadProgress, loadProgress } from '../load/progress.ts';
import { readRows } from '../load/read-rows.ts';
import { streamOf } from '../load/stream-of.ts';
import type { Stage } from '../stage.ts';
import { type ObjectsContext, objectColumns } from './context.ts';
import { objectsTransfer, type Written } from './objects-transfer.ts';
import { forgetBeginning, noteBeginning, removeUnfinished } from './unfinished.ts';

/**
 * Step 1: every row of one moment of the source as one set of objects. Its manifest is written when all of them are there, so a
 * reader who looks for manifests never sees half a set; what a killed load has left is removed by the next one.
 */
export const exportStage: Stage<ObjectsContext> = {
  id: 'full-load',
  title: 'Step 1',
  isUp: ({ definition: { mode }, row }) =>
    mode === 'full_load_only'
      ? false
      : mode === 'cdc_only'
        ? row.full_load_lsn !== null
        : row.full_load_status === 'COMPLETED',
  failure: { full_load_status: 'FAILED' },
  async up(context) {
    const { held, ends, tables, jobs, say, store, folder, pipeline } = context;
    if (pipeline.definition.mode === 'cdc_only') return beginStream(context);
    await held.change({ full_load_status: 'IN_PROGRESS', full_load_rows: 0 });
    await removeUnfinished(context);
    const startedAt = new Date();
    const set = setFolder(folder, startedAt);
    await noteBeginning(context, set, startedAt);
    const progress = loadProgress(held, say, []);
    await using transfer = await objectsTransfer(context, set, streamOf(pipeline, tables));
    const lsn = ends.source.engine.source.formatPosition(transfer.position);
    await held.change({ full_load_lsn: lsn });
    say(`full load of ${tables.map(({ id }) => id).join(', ')} at LSN ${lsn} into ${set}, ${jobs} connections`);
    for (const table of tables) {
      const rowsExpected = await transfer.expected(table);
      await progress.set({ table: table.id, claimed: true, loaded: false, rows: 0, rowsExpected });
    }
    await carryAll(context, transfer, progress);
    const manifest = manifestOf(context, { lsn, startedAt, progress, written: transfer.written });
    await store.put(`${set}${MANIFEST}`, Buffer.from(`${JSON.stringify(manifest, undefined, 1)}\n`), {
      type: 'application/json',
      signal: context.signal,
    });
    await forgetBeginning(context, set);
    await held.change({ full_load_status: 'COMPLETED', full_load_rows: manifest.rows, loadCompletes: true });
    say(`full load completed: ${tables.length} tables, ${manifest.rows} rows, LSN ${lsn}, ${set}${MANIFEST}`);
  },
};

/** No load: the stream's beginning is noted. */
async function beginStream(context: ObjectsContext): Promise<void> {
  const { held, ends, say, pipeline, tables } = context;
  const { bulk } = ends.source.engine;
  await using reading = await readRows(context, { pieceRows: 1, bulk, stream: streamOf(pipeline, tables) });
  const lsn = ends.source.engine.source.formatPosition(reading.position);
  await held.change({ full_load_lsn: lsn });
  say(`no full load: changes from LSN ${lsn} on`);
}

function manifestOf(
  context: ObjectsContext,
  of: { lsn: string; startedAt: Date; progress: LoadProgress; written: Written },
): Manifest {
  const { pipeline, tables, target } = context;
  return {
    version: 1,
    pipeline: pipeline.definition.name,
    format: target.format,
    lsn: of.lsn,
    started_at: of.startedAt.toISOString(),
    completed_at: new Date().toISOString(),
    rows: of.progress.total(),
    tables: tables.map((table) => ({
      table: table.id,
      key: table.source.key,
      columns: objectColumns(context, table),
      rows: of.progress.loadOf(table.id).rows,
      objects: of.written(table.id),
    })),
  };
}
