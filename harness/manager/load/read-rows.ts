import type { BulkPort, Piece, StreamMark } from '#engines/port/bulk.ts';
import type { KeyedRow, ReadPlan, ReadView } from '#engines/port/compare.ts';
import type { Key, Text } from '#model/values.ts';
import type { Ends } from '../ends.ts';
import type { PlannedTable } from '../plan.ts';
import type { StageContext } from '../stage.ts';
import { sessionName } from './bulk-transfer.ts';
import { BATCH_ROWS, type Transfer } from './transfer.ts';

/** Pieces whose ends are looked for at once where a table is parted by its key. */
const ENDS = 100;

/** What it takes to read rows, wherever they go. */
export interface ReadContext extends Pick<StageContext, 'pipeline' | 'signal'> {
  readonly urls: { readonly source: string };
  readonly ends: Pick<Ends, 'source' | 'across'>;
}

/** One moment of a source, read row by row in canonical texts. */
export interface RowReading extends Pick<Transfer, 'position' | 'snapshot' | 'expected' | 'pieces'>, AsyncDisposable {
  /** One more reader; where a moment cannot be shared all of them are one connection. */
  openReader(): Promise<RowReader>;
}

interface RowReader extends AsyncDisposable {
  /** The rows of a piece, in batches; a table that is not parted is read through, and so are its batches. */
  rows(table: PlannedTable, piece: Piece): AsyncIterable<readonly KeyedRow[]>;
}

/** Where a moment of the source can be shared each reader has a connection of its own, and elsewhere one reads for all. */
export async function readRows(
  context: ReadContext,
  options: {
    readonly pieceRows: number;
    readonly bulk?: BulkPort | undefined;
    readonly stream?: StreamMark | undefined;
  },
): Promise<RowReading> {
  const { ends, signal, urls, pipeline } = context;
  const { bulk, stream, pieceRows } = options;
  await using parts = new AsyncDisposableStack();
  const named = { application: sessionName(pipeline.mark), ...(stream === undefined ? {} : { stream }) };
  const moment = bulk === undefined ? undefined : parts.use(await bulk.openMoment(urls.source, named));
  const { compare } = ends.source.engine;
  const openView = (): Promise<ReadView> => compare.openReadView(ends.source.database, signal, moment?.snapshot);
  const view = parts.use(await openView());
  const moved = parts.move();
  return {
    position: moment?.position ?? view.position,
    ...(moment === undefined ? {} : { snapshot: moment.snapshot }),
    expected: ({ source }) => view.count(source),
    pieces: (table) => pieces(view, readPlan(context, table), { parted: isParted(context, table), rows: pieceRows }),
    async openReader() {
      const own = moment === undefined ? undefined : await openView();
      return {
        rows: (table, piece) => batches(own ?? view, readPlan(context, table), piece),
        async [Symbol.asyncDispose]() {
          await own?.[Symbol.asyncDispose]();
        },
      };
    },
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

export function readPlan({ ends: { across } }: ReadContext, { source, target }: PlannedTable): ReadPlan {
  const pairs = source.columns.map((column, at) => {
    const sink = target.columns[at] ?? column;
    return { ...across.pair({ source: column, sink }).source, ...(across.alike ? { exact: true } : {}) };
  });
  const keyed = pairs.filter((pair) => source.key.includes(pair.source.name));
  const key = [...keyed].sort((a, b) => source.key.indexOf(a.source.name) - source.key.indexOf(b.source.name));
  return { side: 'source', table: source, key: key.length > 0 ? key : pairs, columns: pairs, bookkeeping: [] };
}

/** Whether the source has ranges of a table's key in an order that its index serves: of texts it has another one. */
function isParted({ ends }: ReadContext, table: PlannedTable): boolean {
  const { compare, dialect } = ends.source.engine;
  const columns = table.source.columns.filter(({ name }) => table.source.key.includes(name));
  return (
    columns.length > 0 &&
    columns.every(
      (column) => dialect.kindOf(column).kind !== 'text' && compare.ordersAlike({ source: column, sink: column }),
    )
  );
}

async function* pieces(
  view: ReadView,
  plan: ReadPlan,
  { parted, rows }: { readonly parted: boolean; readonly rows: number },
): AsyncIterable<Piece> {
  if (!parted) {
    yield {};
    return;
  }
  let after: Key | undefined;
  const behind = () => (after === undefined ? {} : { after: JSON.parse(after) as Text[] });
  for (;;) {
    const { keys, ended } = await view.everyNthKey(plan, after, rows, ENDS * rows);
    for (const upTo of keys) {
      yield { ...behind(), upTo: JSON.parse(upTo) as Text[] };
      after = upTo;
    }
    if (ended) break;
  }
  yield behind();
}

/** See {@link RowReader.rows}. */
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
