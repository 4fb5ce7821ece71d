import { tableId } from '#model/catalog.ts';
import type { Fault, FaultContext } from '#model/fault.ts';
import { keyOf } from '#model/values.ts';
import { injection } from './injection.ts';

export interface DirectCopyOptions {
  /** A table of the source; its schema may be left out where it is the engine's own. */
  readonly table: string;
  /** Rows that the job reads. */
  readonly rows: number;
  /** Rows among them that must have been changed, and their change applied everywhere, before the job writes. */
  readonly overtaken: number;
}

const LIMIT_MS = 60_000;

/**
 * A job reads rows from the source and writes them into the sinks past the log, after live changes of some of them have
 * arrived there: what teams do to fill a gap. Each sink is written in its variant's own way.
 */
export function directCopy({ table: name, rows, overtaken }: DirectCopyOptions): Fault {
  return {
    kind: 'direct-copy',
    needs: ['sink-write'],
    async inject(context) {
      const { pipeline, writers, until, say } = context;
      const wanted = pipeline.tableId(name);
      const table = (await pipeline.tables()).find((candidate) => tableId(candidate) === wanted);
      if (table === undefined) throw new Error(`the source has no table ${wanted}`);
      const read = await pipeline.jobRead(table, rows);
      const keys = new Set(read.rows.map((row) => keyOf(table.key, row)));
      const mark = writers.operations.length;
      const changed = (): ReadonlySet<string> =>
        new Set(
          writers.operations
            .slice(mark)
            .filter((op) => op.table === wanted && op.outcome === 'ok' && keys.has(op.key))
            .map((op) => op.key),
        );
      await until('live changes to the rows that the job has read', () => changed().size >= overtaken, {
        limitMs: LIMIT_MS,
        saw: () => `${changed().size} of ${overtaken} rows`,
      });
      const newer = changed().size;
      await awaitApplied(context);
      let written = 0;
      for (const variant of pipeline.variants.values())
        written += await variant.copyIn(table, read.rows, read.position);
      say(`a job wrote ${read.rows.length} rows into each sink; ${newer} of them had changed since it read them`);
      return injection({
        heal: async () => {},
        evidence: () => ({
          bit: newer > 0 && read.rows.length > 0,
          summary: `a job copied ${read.rows.length} rows into every sink; ${newer} of them had changed since it read them, and those changes were already applied`,
          figures: { rows_read: read.rows.length, rows_changed_since: newer, rows_written_in_all: written },
        }),
      });
    },
  };
}

/** Waits until every change committed so far has been captured and applied by every variant. */
async function awaitApplied({ pipeline, writers, until }: FaultContext): Promise<void> {
  const last = writers.operations.findLast((op) => op.outcome === 'ok');
  if (last === undefined) return;
  const overtakenByAnother = (): boolean =>
    writers.operations.findLast((op) => op.key === last.key && op.table === last.table) !== last;
  await until(
    'the last change to be captured',
    () => pipeline.log.holds(last.table, last.key, last.txn) || overtakenByAnother(),
    { limitMs: LIMIT_MS },
  );
  const ends = await pipeline.log.endOffsets();
  await until(
    'every variant to apply the changes so far',
    async () => {
      for (const variant of pipeline.variants.values()) {
        const applied = await variant.applied();
        for (const [partition, end] of ends) if ((applied.get(partition) ?? 0n) < end) return false;
      }
      return true;
    },
    { limitMs: LIMIT_MS },
  );
}
