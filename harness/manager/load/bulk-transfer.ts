import type { BulkPort, Moment, StreamMark } from '#engines/port/bulk.ts';
import type { StageContext } from '../stage.ts';
import { BATCH_ROWS, type Transfer } from './transfer.ts';

/** What the sessions of a pipeline's loads are called. */
export function sessionName(mark: string): string {
  return `${mark} load`.slice(0, 63);
}

/** Between two databases of an engine that can carry rows in bulk: several connections, each with a piece at a time. */
export async function bulkTransfer(
  context: StageContext,
  bulk: BulkPort,
  stream: StreamMark | undefined,
): Promise<Transfer> {
  const { urls, pipeline, signal, ends } = context;
  const application = sessionName(pipeline.mark);
  const moment: Moment = await bulk.openMoment(urls.source, {
    application,
    ...(stream === undefined ? {} : { stream }),
  });
  const { compare } = ends.source.engine;
  return {
    position: moment.position,
    snapshot: moment.snapshot,
    async expected({ source }) {
      await using view = await compare.openReadView(ends.source.database, signal, moment.snapshot);
      return view.count(source);
    },
    pieces: ({ source }) => moment.pieces(source, BATCH_ROWS),
    async openWorker() {
      await using parts = new AsyncDisposableStack();
      const reader = parts.use(await moment.openReader());
      const writer = parts.use(await bulk.openWriter(urls.target, { application }));
      const moved = parts.move();
      return {
        async carry({ source, targetId }, piece, onRows) {
          const columns = source.columns.map(({ name }) => name);
          const rows = await reader.read(source, columns, piece);
          await onRows(await writer.write(targetId, columns, rows, signal));
        },
        [Symbol.asyncDispose]: () => moved.disposeAsync(),
      };
    },
    [Symbol.asyncDispose]: () => moment[Symbol.asyncDispose](),
  };
}
