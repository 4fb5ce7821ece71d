import { tableId } from '#model/catalog.ts';
import type { Fault } from '#model/fault.ts';
import { spent } from './injection.ts';

/**
 * Makes the connector read every table again while it goes on streaming: each row arrives once more. Nobody writes meanwhile: a
 * server shows a commit to others a moment after it has written it to its log, and a row that the connector reads in between
 * goes out in its old state, behind the change. Whether a sink is right after that would be a matter of chance.
 */
export function snapshotAgain(): Fault {
  return {
    kind: 'snapshot-again',
    needs: [],
    async inject({ pipeline, writers, signal, until, say }) {
      const tables = await pipeline.tables();
      const before = pipeline.log.snapshotReads;
      await writers.pause();
      const ended = await pipeline.capture
        .snapshotAgain(tables.map(tableId), signal)
        .then(() => pipeline.log.endOffsets())
        .finally(() => writers.resume());
      await until(
        'the verifier to read the second snapshot',
        () => [...ended].every(([partition, end]) => (pipeline.log.position().get(partition) ?? 0n) >= end),
        { limitMs: 30_000 },
      );
      const reads = pipeline.log.snapshotReads - before;
      say(`the connector read ${tables.length} tables again: ${reads} rows`);
      return spent(() => ({
        bit: reads > 0,
        summary: `${reads} rows of ${tables.length} tables were read and sent a second time`,
        figures: { rows_read_again: reads },
      }));
    },
  };
}
