import type { Fault, FaultContext } from '#model/fault.ts';
import { spent } from './injection.ts';

export interface BulkInsertOptions {
  readonly rows: number;
  /**
   * A column of business time, whose distance to the time of capture is reported. The table's schema may be left out
   * where it is the source's engine's own.
   */
  readonly businessTime: { readonly table: string; readonly column: string };
}

const DAY_MS = 86_400_000;

/** Inserts rows of years past at the source, in bulk and under live writes. */
export function bulkInsert({ rows, businessTime }: BulkInsertOptions): Fault {
  return {
    kind: 'bulk-insert',
    needs: [],
    async inject(context) {
      const { pipeline, writers, signal, say } = context;
      const before = pipeline.log.records;
      const inserted = await writers.backfill(rows, signal);
      say(`${inserted} historical rows inserted at the source`);
      return spent(async () => {
        const days = await oldestInDays(context, businessTime);
        const captured = pipeline.log.records - before;
        return {
          bit: inserted > 0 && captured >= inserted,
          summary:
            `${inserted} historical rows were captured among live changes; at the sinks, business time ` +
            `(${businessTime.column}) is up to ${days} days before CDC time (_cdc_received)`,
          figures: { rows_inserted: inserted, business_time_behind_cdc_time_days_max: days },
        };
      });
    },
  };
}

/** How many days the oldest business time lies before the time of its arrival, over all sinks. */
async function oldestInDays(
  context: FaultContext,
  { table, column }: BulkInsertOptions['businessTime'],
): Promise<number> {
  const { pipeline } = context;
  let days = 0;
  for (const variant of pipeline.variants.values()) {
    const first = await pipeline.firstAtSink(variant, pipeline.tableId(table), column);
    if (first?.value == null || first.received == null) continue;
    days = Math.max(days, Math.floor((instant(first.received) - instant(first.value)) / DAY_MS));
  }
  return days;
}

/** Milliseconds since the epoch of a time as databases print it (`2016-01-15 12:00:00+00`); without a zone it is in UTC. */
function instant(text: string): number {
  const iso = text.replace(' ', 'T');
  return Date.parse(/:\d\d(\.\d+)?[+-]\d\d$/.test(iso) ? `${iso}:00` : `${iso}Z`);
}
