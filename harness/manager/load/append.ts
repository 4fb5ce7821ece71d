import { topicPartition } from '#model/position.ts';
import { ofTable } from '../of-table.ts';
import type { PlannedTable } from '../plan.ts';
import type { StageContext } from '../stage.ts';
import { LOADING } from './carry.ts';
import type { LoadProgress } from './progress.ts';
import { batches, readPlan } from './read-rows.ts';
import { openSink, writeRows } from './rows-transfer.ts';
import { BATCH_ROWS } from './transfer.ts';

/** Under which the target remembers that it holds the load: as the one record of a topic that an applier has read. */
const DONE = { topic: 'full load', partition: 0, from: 0n, next: 1n };

/** Whether the target holds the whole load. Waits for what a manager that was killed may still be committing. */
export async function isAppended(context: StageContext): Promise<boolean> {
  await using sink = openSink(context);
  await sink.prepare();
  const { positions } = await sink.transaction(async (transaction) => {
    await transaction.lock();
    return transaction.seen([]);
  });
  return positions.get(topicPartition(DONE.topic, DONE.partition)) === DONE.next;
}

/**
 * Writes all rows over whatever the target's tables hold, in one transaction, in which the target also remembers that it was
 * done: whoever is killed has written all of it or nothing, and the next one is told which.
 */
export async function appendAll(context: StageContext, progress: LoadProgress, snapshot?: string): Promise<void> {
  const { ends, tables, signal } = context;
  await using view = await ends.source.engine.compare.openReadView(ends.source.database, signal, snapshot);
  await using sink = openSink(context);
  await sink.transaction(async (transaction) => {
    await transaction.lock();
    const carry = async (table: PlannedTable): Promise<void> => {
      const how = table.target.key.length > 0 ? 'upserts' : 'inserts';
      for await (const rows of batches(view, readPlan(context, table), {})) {
        signal.throwIfAborted();
        for (let from = 0; from < rows.length; from += BATCH_ROWS)
          await writeRows(sink, transaction, table, rows.slice(from, from + BATCH_ROWS), how);
        await progress.add(table.id, rows.length);
      }
    };
    for (const table of tables) await ofTable(table.id, LOADING, () => carry(table));
    await transaction.remember([DONE]);
  });
}
