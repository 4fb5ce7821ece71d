import type { BulkPort, Piece, StreamMark } from '#engines/port/bulk.ts';
import type { KeyedRow, ReadPlan, ReadView } from '#engines/port/compare.ts';
import type { RowWrite, Segment, Sink, SinkTransaction } from '#engines/port/sink.ts';
import type { Key, Text } from '#model/values.ts';
import type { PlannedTable } from '../plan.ts';
import type { StageContext } from '../stage.ts';
import { sessionName } from './bulk-transfer.ts';
import { BATCH_ROWS, type Transfer } from './transfer.ts';

/** Keys looked for at once where a table is parted by its key. */
const ENDS_ROWS = 100 * BATCH_ROWS;

/**
 * Between any two databases: rows in their canonical texts, which the target takes as input. Where a moment of the source can
 * be shared each worker reads with a connection of its own, and elsewhere one connection reads for all.
 */
export async function rowsTransfer(context: StageContext, bulk?: BulkPort, stream?: StreamMark): Promise<Transfer> {
  const { ends, signal, urls, pipeline } = context;
  await using parts = new AsyncDisposableStack();
  const options = { application: sessionName(pipeline.mark), ...(stream === undefined ? {} : { stream }) };
  const moment = bulk === undefined ? undefined : parts.use(await bulk.openMoment(urls.source, options));
  const { compare } = ends.source.engine;
  const openView = (): Promise<ReadView> => compare.openReadView(ends.source.database, signal, moment?.snapshot);
  const view = parts.use(await openView());
  const moved = parts.move();
  return {
    position: moment?.position ?? view.position,
    ...(moment === undefined ? {} : { snapshot: moment.snapshot }),
    expected: ({ source }) => view.count(source),
    pieces: (table) => pieces(view, readPlan(context, table), isParted(context, table)),
    async openWorker() {
      await using own = new AsyncDisposableStack();
      const read = moment === undefined ? view : own.use(await openView());
      const sink = own.use(openSink(context));
      const kept = own.move();
      return {
        async carry(table, piece, onRows) {
          for await (const rows of batches(read, readPlan(context, table), piece)) {
            signal.throwIfAborted();
            await sink.transaction((transaction) => writeRows(sink, transaction, table, rows, 'inserts'));
            await onRows(rows.length);
          }
        },
        [Symbol.asyncDispose]: () => kept.disposeAsync(),
      };
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
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

export function readPlan({ ends: { across } }: StageContext, { source, target }: PlannedTable): ReadPlan {
  const pairs = source.columns.map((column, at) => {
    const sink = target.columns[at] ?? column;
    return { ...across.pair({ source: column, sink }).source, ...(across.alike ? { exact: true } : {}) };
  });
  const keyed = pairs.filter((pair) => source.key.includes(pair.source.name));
  const key = [...keyed].sort((a, b) => source.key.indexOf(a.source.name) - source.key.indexOf(b.source.name));
  return { side: 'source', table: source, key: key.length > 0 ? key : pairs, columns: pairs, bookkeeping: [] };
}

/** Whether the source has ranges of a table's key in an order that its index serves: of texts it has another one. */
function isParted({ ends }: StageContext, table: PlannedTable): boolean {
  const { compare, dialect } = ends.source.engine;
  const columns = table.source.columns.filter(({ name }) => table.source.key.includes(name));
  return (
    columns.length > 0 &&
    columns.every(
      (column) => dialect.kindOf(column).kind !== 'text' && compare.ordersAlike({ source: column, sink: column }),
    )
  );
}

async function* pieces(view: ReadView, plan: ReadPlan, parted: boolean): AsyncIterable<Piece> {
  if (!parted) {
    yield {};
    return;
  }
  let after: Key | undefined;
  const behind = () => (after === undefined ? {} : { after: JSON.parse(after) as Text[] });
  for (;;) {
    const { keys, ended } = await view.everyNthKey(plan, after, BATCH_ROWS, ENDS_ROWS);
    for (const upTo of keys) {
      yield { ...behind(), upTo: JSON.parse(upTo) as Text[] };
      after = upTo;
    }
    if (ended) break;
  }
  yield behind();
}

/** The rows of a piece, in batches; a table that is not parted is read through, and so are its batches. */
export async function* batches(
  view: ReadView,
  plan: ReadPlan,
  { after, upTo }: Piece,
): AsyncIterable<readonly KeyedRow[]> {
  if (after !== undefined || upTo !== undefined) {
    const key = (values: readonly Text[] | undefined) => (values === undefined ? undefined : JSON.stringify(values));
    const rows = await view.range(plan, key(after), key(upTo));
    if (rows.length > 0) yield rows;
    return;
  }
  let gathered: KeyedRow[] = [];
  for await (const some of view.stream(plan)) {
    gathered.push(...some);
    if (gathered.length < BATCH_ROWS) continue;
    yield gathered;
    gathered = [];
  }
  if (gathered.length > 0) yield gathered;
}
