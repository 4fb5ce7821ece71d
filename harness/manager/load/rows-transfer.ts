import type { BulkPort, StreamMark } from '#engines/port/bulk.ts';
import type { KeyedRow } from '#engines/port/compare.ts';
import type { RowWrite, Segment, Sink, SinkTransaction } from '#engines/port/sink.ts';
import type { Text } from '#model/values.ts';
import type { PlannedTable } from '../plan.ts';
import type { StageContext } from '../stage.ts';
import { sessionName } from './bulk-transfer.ts';
import { readRows } from './read-rows.ts';
import { BATCH_ROWS, type Transfer } from './transfer.ts';

/** Between any two databases: rows in their canonical texts, which the target takes as input. */
export async function rowsTransfer(context: StageContext, bulk?: BulkPort, stream?: StreamMark): Promise<Transfer> {
  const reading = await readRows(context, { pieceRows: BATCH_ROWS, bulk, stream });
  return {
    ...reading,
    async openWorker() {
      await using own = new AsyncDisposableStack();
      const reader = own.use(await reading.openReader());
      const sink = own.use(openSink(context));
      const kept = own.move();
      return {
        async carry(table, piece, onRows) {
          for await (const rows of reader.rows(table, piece)) {
            context.signal.throwIfAborted();
            await sink.transaction((transaction) => writeRows(sink, transaction, table, rows, 'inserts'));
            await onRows(rows.length);
          }
        },
        [Symbol.asyncDispose]: () => kept.disposeAsync(),
      };
    },
  };
}

/** The target as rows are written to it. */
export function openSink({ ends: { target, across }, urls, pipeline }: StageContext): Sink {
  const { widePositions } = across;
  return target.engine.sink.open({ url: urls.target, consumer: sessionName(pipeline.mark), widePositions });
}

export async function writeRows(
  sink: Sink,
  transaction: SinkTransaction,
  { target, targetId }: PlannedTable,
  rows: readonly KeyedRow[],
  how: 'inserts' | 'upserts',
): Promise<void> {
  const table = await sink.table(targetId, false);
  if (table === undefined) throw new Error(`the target's table ${targetId} has gone`);
  const names = target.columns.map(({ name }) => name);
  const writes = rows.map(
    ({ row }): RowWrite => ({
      key: target.key,
      values: Object.fromEntries((JSON.parse(row) as Text[]).map((text, at) => [names[at] ?? '', text])),
      ...{ op: 'r', lsn: undefined, capturedAtMs: undefined, receivedAtMs: 0 },
    }),
  );
  await transaction.write(table, { ...NOTHING, [how]: writes });
}

export const NOTHING: Segment = { deletes: [], updates: [], upserts: [], inserts: [], tombstones: new Map() };
