import { engineOf } from '#engines/index.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Finding } from '#model/finding.ts';
import type { Variant } from '#model/pipeline.ts';
import type { Offsets } from '#model/position.ts';
import type { Key } from '#model/values.ts';
import { isRemoval } from '#verify/judge/came-back.ts';
import { type Unsettled, unsettled } from '#verify/judge/settled.ts';
import type { Differing } from './key-states.ts';
import type { LogHistory } from './log-history.ts';
import { betweenOf, type Plans, sharedTables } from './plan.ts';
import { allOpened, lower, openSide, positionNow, type Side } from './sides.ts';
import { type Subject, variantsOf } from './subject.ts';
import { readTable, type Same, type SeenInLog, type TableRows, type Wanted } from './table-rows.ts';

/** What one look at one table of one sink has shown. Keys are settled unless they are listed as unsettled. */
export interface TableLook {
  readonly table: Table;
  readonly plans: Plans;
  readonly columns: readonly Finding[];
  /** Settled and the same on both sides. */
  readonly equal: ReadonlyMap<Key, Same>;
  readonly differing: readonly Differing[];
  readonly unsettled: ReadonlyMap<Key, Unsettled>;
  readonly sourceRows: number;
  readonly sinkRows: number;
}

export interface VariantLook {
  readonly variant: Variant;
  readonly applied: Offsets;
  readonly tables: readonly TableLook[];
}

export interface Looked {
  /** When the consumers' positions were read, in ms since the epoch. */
  readonly atMs: number;
  /** The source's position when its rows were read, in its own form. */
  readonly cutLsn: string;
  /** For {@link Silent}: that position, and how far the log was known to have got. */
  readonly reached: { readonly cutLsn: bigint; readonly logLsn: bigint };
  readonly variants: readonly (VariantLook | { readonly variant: Variant; readonly failure: string })[];
  readonly starts: Offsets;
  readonly ends: Offsets;
  /** How far the range of each table reached: the key to go on behind, undefined at the table's end. */
  readonly sweptTo: ReadonlyMap<TableId, Key | undefined>;
}

const CATCH_UP_MS = 3000;

/**
 * Looks once at source, sinks and log while everything runs. The order is what makes it sound: first the ledger's mark and
 * every consumer's position, then the rows of all databases, then the log's end. A key counts as settled only when nothing
 * happened to it between the mark and the end of the look, and all that the log then held of it lay below the position
 * read before the sink's rows. See {@link unsettled}.
 */
export async function look(subject: Subject, wanted: Wanted): Promise<Looked> {
  const { pipeline, ledger, log, memory, signal } = subject;
  await ledger.refresh?.();
  const mark = ledger.mark();
  // Of an earlier look: what the log had then, it has by now in all of its partitions.
  const { logLsn } = memory;
  if (wanted.whole) memory.logLsn = log.capturedLsn ?? 0n;
  await using stack = new AsyncDisposableStack();
  const starts = await log.startOffsets();
  const atMs = Date.now();
  const sides = await allOpened(
    stack,
    variantsOf(subject).map((variant) => openSide(variant, pipeline.source, signal)),
  );
  const source = stack.use(await engineOf(pipeline.source).compare.openReadView(pipeline.source, signal));
  const tables = await source.readCatalog({ tables: (await pipeline.tables()).map(tableId) });
  const open = sides.filter((side) => 'view' in side);
  // The check at the end says that they cannot be judged.
  const shared = new Map(
    open.map((side) => [
      side,
      sharedTables(side.variant.spec, tables, side.catalog, betweenOf(pipeline.source, side.variant)),
    ]),
  );
  const sweptTo = new Map<TableId, Key | undefined>();
  const read = new Map<Side, TableRows[]>(open.map((side) => [side, []]));
  for (const table of tables) {
    const range = table.key.length === 0 ? undefined : wanted.range(tableId(table));
    const alone = open.filter((side) => shared.get(side)?.has(tableId(table)) !== true);
    const { rows, last } = await readTable({ subject, wanted, source, table, range }, alone);
    for (const [side, one] of rows) read.get(side)?.push(one);
    if (range !== undefined) sweptTo.set(tableId(table), last);
  }
  await ledger.refresh?.();
  await Promise.all(
    open.map(async (side) => {
      side.applied = lower(side.applied, await positionNow(side.variant));
    }),
  );
  const ends = await log.endOffsets();
  const seen = await log.awaitCaughtUp(ends, CATCH_UP_MS, signal);
  const words = memory.words(ledger);
  const settle = (side: Side, id: TableId, key: Key, atSource: boolean): Unsettled | undefined => {
    if (!seen) return 'unknown';
    const word = words.word(id, key);
    const history = log.history(id, key);
    return unsettled({
      changing: ledger.touchedSince(mark, id, key),
      ...(word === undefined ? {} : { word }),
      ...(history === undefined ? {} : { log: history }),
      applied: side.applied,
      atSource,
      logComplete: log.complete(id),
    });
  };
  const reached = { cutLsn: source.position, logLsn };
  const variants = sides.map((side) =>
    'failure' in side || side.broken !== undefined
      ? { variant: side.variant, failure: 'failure' in side ? side.failure : (side.broken ?? '') }
      : {
          variant: side.variant,
          applied: side.applied,
          tables: (read.get(side) ?? []).map((rows) => {
            const id = tableId(rows.table);
            const reasonFor: Settle = (key, atSource, unequal) => {
              const reason = settle(side, id, key, atSource);
              if (reason !== 'silent') return reason;
              // What nobody has touched and is the same needs no event to be right.
              if (unequal === undefined) return undefined;
              const [row] = unequal.source;
              return row !== undefined && memory.silent.proven(id, key, row.row, reached) ? undefined : reason;
            };
            return sortOut(rows, reasonFor, (key) => seenInLog(log, id, key));
          }),
        },
  );
  const cutLsn = engineOf(pipeline.source).source.formatPosition(source.position);
  return { atMs, cutLsn, reached, variants, starts, ends, sweptTo };
}

function seenInLog(log: LogHistory, table: TableId, key: Key): SeenInLog | undefined {
  const history = log.history(table, key);
  if (history?.change === undefined) return undefined;
  const written = history.versions.findLast(({ ref }) => !isRemoval(ref.op))?.ref;
  return { changeLsn: history.change.lsn, ...(written === undefined ? {} : { written }) };
}

/** Is told whether the source has the row, and the rows where the sink's are not the same. */
type Settle = (key: Key, atSource: boolean, unequal?: Differing) => Unsettled | undefined;

/** The log goes on: what it held of a key that is the same on both sides is noted now, at the end of the look. */
function sortOut(
  { same, differing: different, early, ...figures }: TableRows,
  settle: Settle,
  inLog: (key: Key) => SeenInLog | undefined,
): TableLook {
  const equal = new Map<Key, Same>();
  const differing: Differing[] = [];
  const open = new Map(early);
  const isSettled = (key: Key, reason: Unsettled | undefined): boolean => {
    if (reason === undefined) open.delete(key);
    else open.set(key, reason);
    return reason === undefined;
  };
  for (const [key, one] of same) {
    if (!isSettled(key, settle(key, !one.absent))) continue;
    const log = inLog(key);
    equal.set(key, log === undefined ? one : { ...one, log });
  }
  for (const [key, one] of different) if (isSettled(key, settle(key, one.source.length > 0, one))) differing.push(one);
  return { ...figures, equal, differing, unsettled: open };
}
