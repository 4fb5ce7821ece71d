import { OperatorError } from '#std/errors.ts';
import { appendAll, isAppended } from './load/append.ts';
import { bulkTransfer, sessionName } from './load/bulk-transfer.ts';
import { carryAll } from './load/carry.ts';
import { treatmentOf } from './load/existing.ts';
import { type LoadProgress, loadProgress } from './load/progress.ts';
import { NOTHING, openSink, rowsTransfer } from './load/rows-transfer.ts';
import { streamOf } from './load/stream-of.ts';
import type { Transfer } from './load/transfer.ts';
import type { OnExisting } from './pipeline.ts';
import type { PlannedTable } from './plan.ts';
import type { Stage, StageContext } from './stage.ts';

/**
 * Step 1: every row of one moment of the source. The moment ends with the manager that opened it, so a load that was killed
 * begins anew at another one: what it had written is told by the state from rows of somebody else's, and removed.
 */
export const loadStage: Stage = {
  id: 'full-load',
  title: 'Step 1',
  isUp: ({ definition, row }) =>
    definition.mode === 'cdc_only' ? row.full_load_lsn !== null : row.full_load_status === 'COMPLETED',
  failure: { full_load_status: 'FAILED' },
  async up(context) {
    const { held, ends, urls, pipeline, say } = context;
    if (pipeline.definition.mode === 'cdc_only') return beginStream(context);
    const progress = loadProgress(held, say, pipeline.loads);
    const { bulk } = ends.target.engine;
    await bulk?.endSessions(urls.target, sessionName(pipeline.mark));
    const { onExisting } = pipeline.definition;
    if (onExisting === 'append') await append(context, progress);
    else await load(context, progress, onExisting);
    const rows = progress.total();
    await held.change({ full_load_status: 'COMPLETED', full_load_rows: rows, loadCompletes: true });
    const { row } = await held.read();
    say(`full load completed: ${context.tables.length} tables, ${rows} rows, LSN ${row.full_load_lsn}`);
  },
};

async function load(
  context: StageContext,
  progress: LoadProgress,
  onExisting: Exclude<OnExisting, 'append'>,
): Promise<void> {
  const { tables, say } = context;
  const empty = await emptyTables(context);
  const treated = tables.map((table) => ({
    table,
    treatment: treatmentOf(progress.loadOf(table.id), empty.has(table), onExisting),
  }));
  // Nothing is written anywhere before every table is known to be fit for it.
  const refused = treated.filter(({ treatment }) => treatment === 'refuse').map(({ table }) => table);
  if (refused.length > 0) throw await foreignRows(context, refused);
  await using transfer = await openTransfer(context);
  await begin(context, transfer.position);
  for (const { table, treatment } of treated) {
    if (treatment !== 'load') {
      const whose = treatment === 'load-again' ? 'of an earlier try' : 'that were there';
      say(`${table.targetId}: rows ${whose} are removed`);
      await truncate(context, table);
    }
    const rowsExpected = await transfer.expected(table);
    await progress.set({ table: table.id, claimed: true, loaded: false, rows: 0, rowsExpected });
  }
  await carryAll(context, transfer, progress);
}

/** No load: the stream's beginning is noted, and rows that are there already are the user's to have loaded. */
async function beginStream(context: StageContext): Promise<void> {
  await using transfer = await openTransfer(context);
  const lsn = context.ends.source.engine.source.formatPosition(transfer.position);
  await context.held.change({ full_load_lsn: lsn });
  context.say(`no full load: changes from LSN ${lsn} on`);
}

async function append(context: StageContext, progress: LoadProgress): Promise<void> {
  const { say, tables } = context;
  if (await isAppended(context)) {
    say('the rows are at the target: an earlier manager had written them all');
    return;
  }
  await using transfer = await openTransfer(context);
  await begin(context, transfer.position);
  for (const table of tables) {
    // An earlier try that was not to append wrote piece by piece.
    if (progress.loadOf(table.id).claimed) await truncate(context, table);
    const rowsExpected = await transfer.expected(table);
    await progress.set({ table: table.id, claimed: false, loaded: false, rows: 0, rowsExpected });
  }
  await appendAll(context, progress, transfer.snapshot);
  for (const { id } of tables) {
    const { rows } = progress.loadOf(id);
    await progress.set({ table: id, claimed: false, loaded: true, rows, rowsExpected: rows });
  }
}

/** Persists where the load reads, before it writes. */
async function begin({ held, ends, say, tables, jobs }: StageContext, position: bigint): Promise<void> {
  const lsn = ends.source.engine.source.formatPosition(position);
  await held.change({ full_load_status: 'IN_PROGRESS', full_load_lsn: lsn, full_load_rows: 0 });
  say(`full load of ${tables.map(({ id }) => id).join(', ')} at LSN ${lsn}, ${jobs} connections`);
}

/** In bulk where both ends are of an engine that can; with a stream that goes on behind it where there is one to be. */
function openTransfer(context: StageContext): Promise<Transfer> {
  const { ends, pipeline, tables } = context;
  const { bulk } = ends.source.engine;
  const stream = streamOf(pipeline, tables);
  if (bulk !== undefined && ends.across.alike) return bulkTransfer(context, bulk, stream);
  return rowsTransfer(context, bulk, stream);
}

async function emptyTables({ ends: { target }, tables }: StageContext): Promise<ReadonlySet<PlannedTable>> {
  const { compare, dialect } = target.engine;
  await using view = await compare.openReadView(target.database);
  const empty = new Set<PlannedTable>();
  for (const table of tables) {
    const rows = await view.select(`SELECT 1 AS one FROM ${dialect.quoteTable(table.targetId)}`, 1);
    if (rows.length === 0) empty.add(table);
  }
  return empty;
}

async function truncate(context: StageContext, { targetId }: PlannedTable): Promise<void> {
  await using sink = openSink(context);
  await sink.transaction(async (transaction) => {
    const table = await sink.table(targetId, false);
    if (table !== undefined) await transaction.write(table, { ...NOTHING, truncate: {} });
  });
}

async function foreignRows(
  { ends: { target } }: StageContext,
  tables: readonly PlannedTable[],
): Promise<OperatorError> {
  await using view = await target.engine.compare.openReadView(target.database);
  const counts: string[] = [];
  for (const table of tables) counts.push(`${table.targetId}: ${await view.count(table.target)} rows`);
  return new OperatorError({
    code: 'target-not-empty',
    message: 'the target holds rows that this pipeline has not written',
    expected: 'empty tables',
    found: counts.join(', '),
    hint: '--on-existing truncate removes them first; --on-existing append writes beside them, over rows that have the same key',
    exit: 1,
  });
}
