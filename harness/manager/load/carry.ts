import type { Piece } from '#engines/port/bulk.ts';
import { ofTable } from '../of-table.ts';
import type { PlannedTable } from '../plan.ts';
import type { StageContext } from '../stage.ts';
import { type LoadProgress, progressText } from './progress.ts';
import type { Transfer } from './transfer.ts';

interface Task {
  readonly table: PlannedTable;
  readonly piece: Piece;
}

type CarryContext = Pick<StageContext, 'tables' | 'jobs' | 'say' | 'signal'>;

/** How a table's rows are carried, for whoever has to know why they were not. */
export const LOADING = {
  doing: 'loaded',
  hint: "fix what the server says, in the source's rows or at the target, and start again",
} as const;

/** Carries all pieces of all tables, several at the same time. The first that fails ends the others. */
export async function carryAll(context: CarryContext, transfer: Transfer, progress: LoadProgress): Promise<void> {
  const ended = new AbortController();
  const signal = AbortSignal.any([context.signal, ended.signal]);
  const open = new Map<PlannedTable, number>();
  const done = async (table: PlannedTable): Promise<void> => {
    const left = (open.get(table) ?? 0) - 1;
    open.set(table, left);
    if (left > 0) return;
    const { rows } = progress.loadOf(table.id);
    await progress.set({ table: table.id, claimed: true, loaded: true, rows, rowsExpected: rows });
    context.say(progressText(progress.loadOf(table.id)));
  };
  // Pieces are handed out by one generator, which is asked for one at a time.
  const tasks = tasksOf(context, transfer, open, done);
  const work = async (): Promise<void> => {
    await using worker = await transfer.openWorker();
    for (;;) {
      const next = await tasks.next();
      if (next.done) return;
      signal.throwIfAborted();
      const { table, piece } = next.value;
      const carry = () => worker.carry(table, piece, (rows) => progress.add(table.id, rows));
      await ofTable(table.id, LOADING, carry);
      await done(table);
    }
  };
  const failing = async (): Promise<void> => {
    try {
      await work();
    } catch (error) {
      ended.abort(error);
      throw error;
    }
  };
  const results = await Promise.allSettled(Array.from({ length: context.jobs }, failing));
  await progress.flush();
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw ended.signal.aborted ? ended.signal.reason : failed.reason;
}

/** A table is open as long as its pieces are being handed out, and until the last of them is done. */
async function* tasksOf(
  { tables }: CarryContext,
  transfer: Transfer,
  open: Map<PlannedTable, number>,
  done: (table: PlannedTable) => Promise<void>,
): AsyncGenerator<Task, void> {
  for (const table of tables) {
    open.set(table, 1);
    for await (const piece of transfer.pieces(table)) {
      open.set(table, (open.get(table) ?? 0) + 1);
      yield { table, piece };
    }
    await done(table);
  }
}
