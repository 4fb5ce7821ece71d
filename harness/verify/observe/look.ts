import type { KeyedRow, ReadView } from '#engines/engine.ts';
import { engineOf } from '#engines/index.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Finding } from '#model/finding.ts';
import type { Variant } from '#model/pipeline.ts';
import type { Offsets, TopicPartition } from '#model/position.ts';
import type { Key } from '#model/values.ts';
import { messageOf } from '#std/errors.ts';
import { judgeColumns } from '#verify/judge/judge-table.ts';
import { type Unsettled, unsettled } from '#verify/judge/settled.ts';
import type { Differing } from './key-states.ts';
import { asTheyStand, type Plans, pairOf, plansFor } from './plan.ts';
import { type Subject, variantsOf } from './subject.ts';
import { openSweep, type Sweep, type SweptRange } from './sweep.ts';

/** Which keys to look at. */
export interface Wanted {
  keys(variant: string, table: TableId): Iterable<Key>;
  /** The range of a table whose pieces are compared by their hashes besides, with its limit of rows; undefined for none. */
  range(table: TableId): SweptRange | undefined;
  /** Whether to count rows and compare columns. */
  readonly whole: boolean;
}

/** What one look at one table of one sink has shown. Keys are settled unless they are listed as unsettled. */
export interface TableLook {
  readonly table: Table;
  readonly plans: Plans;
  readonly columns: readonly Finding[];
  /** Settled and the same on both sides; true for a key that neither side has. */
  readonly equal: ReadonlyMap<Key, { readonly absent: boolean; readonly sink?: KeyedRow }>;
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
/** Pieces of a sweep that are opened at one look: where all is wrong, it goes on with the next. */
const OPENED_MAX = 8;

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
    variantsOf(subject).map((variant) => openSide(variant, signal)),
  );
  const source = stack.use(await engineOf(pipeline.source).openReadView(pipeline.source, signal));
  const tables = await source.readCatalog({ tables: (await pipeline.tables()).map(tableId) });
  const open = sides.filter((side) => 'view' in side);
  const sweptTo = new Map<TableId, Key | undefined>();
  const read = new Map<Side, RowsRead[]>(open.map((side) => [side, []]));
  for (const table of tables) {
    const range = wanted.range(tableId(table));
    const { rows, last } = await readTable({ subject, wanted, source, table, range }, open);
    for (const [side, one] of rows) read.get(side)?.push(one);
    if (range !== undefined && table.key.length > 0) sweptTo.set(tableId(table), last);
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
  const reached = { cutLsn: source.lsn, logLsn };
  const variants = sides.map((side) =>
    'failure' in side || side.broken !== undefined
      ? { variant: side.variant, failure: 'failure' in side ? side.failure : (side.broken ?? '') }
      : {
          variant: side.variant,
          applied: side.applied,
          tables: (read.get(side) ?? []).map((rows) =>
            sortOut(rows, (key, row) => {
              const id = tableId(rows.table);
              const reason = settle(side, id, key, row !== undefined);
              const silent = reason === 'silent' && row !== undefined;
              return silent && memory.silent.proven(id, key, row, reached) ? undefined : reason;
            }),
          ),
        },
  );
  const cutLsn = engineOf(pipeline.source).formatLsn(source.lsn);
  return { atMs, cutLsn, reached, variants, starts, ends, sweptTo };
}

interface Side {
  readonly variant: Variant;
  /** The position before the rows were read; later the lower of that and the one after, should the consumer go back. */
  applied: Offsets;
  readonly view: ReadView;
  readonly catalog: ReadonlyMap<TableId, Table>;
  broken?: string;
}

/**
 * All sides, each with its view left to `stack`. Where one of them throws, for an abort, the others are waited for all the
 * same: a view that nobody ends keeps its connection, and its database could never be closed.
 */
export async function allOpened<T extends object>(stack: AsyncDisposableStack, opening: Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(opening);
  for (const one of settled)
    if (one.status === 'fulfilled' && 'view' in one.value) stack.use(one.value.view as ReadView);
  return settled.map((one) => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  });
}

/** Reads the catalog in a view that was just opened, and ends the view where that fails. */
export async function catalogOf(view: ReadView): Promise<ReadonlyMap<TableId, Table>> {
  try {
    return new Map((await view.readCatalog()).map((table) => [tableId(table), table]));
  } catch (error) {
    await view[Symbol.asyncDispose]();
    throw error;
  }
}

async function openSide(
  variant: Variant,
  signal: AbortSignal | undefined,
): Promise<Side | { readonly variant: Variant; readonly failure: string }> {
  try {
    const applied = await variant.applied();
    const view = await engineOf(variant.sink).openReadView(variant.sink, signal);
    return { variant, applied, view, catalog: await catalogOf(view) };
  } catch (error) {
    signal?.throwIfAborted();
    return { variant, failure: `the sink could not be read: ${messageOf(error)}` };
  }
}

/** A consumer that cannot say where it is may be anywhere: nothing is settled then. */
async function positionNow(variant: Variant): Promise<Offsets> {
  return variant.applied().catch(() => new Map<TopicPartition, bigint>());
}

function lower(left: Offsets, right: Offsets): Offsets {
  const both = new Map<TopicPartition, bigint>();
  for (const [partition, offset] of left) {
    const other = right.get(partition) ?? 0n;
    both.set(partition, offset < other ? offset : other);
  }
  return both;
}

interface Reading {
  readonly subject: Subject;
  readonly wanted: Wanted;
  readonly source: ReadView;
  readonly table: Table;
  readonly range: SweptRange | undefined;
}

interface RowsRead {
  readonly table: Table;
  readonly plans: Plans;
  readonly columns: readonly Finding[];
  readonly keys: ReadonlySet<Key>;
  /** Keys that were not read, because they cannot be settled. */
  readonly early: ReadonlyMap<Key, Unsettled>;
  readonly source: ReadonlyMap<Key, KeyedRow[]>;
  readonly sink: ReadonlyMap<Key, KeyedRow[]>;
  readonly sourceRows: number;
  readonly sinkRows: number;
}

/** Reads the wanted keys of one table from the source, once for all sinks that are alike, and from every sink. */
async function readTable(
  reading: Reading,
  sides: readonly Side[],
): Promise<{ rows: Map<Side, RowsRead>; last: Key | undefined }> {
  const { wanted, source, table } = reading;
  const rows = new Map<Side, RowsRead>();
  // Whole rows cannot be told apart by the ledger: a table without a key is compared at the end only.
  if (table.key.length === 0) return { rows, last: undefined };
  const sourceRows = wanted.whole ? await source.count(table) : 0;
  const groups = new Map<string, { readonly plans: Plans; readonly members: Member[]; readonly keys: Set<Key> }>();
  for (const side of sides) {
    const member = memberOf(reading, side);
    if (member === undefined) continue;
    const group = groups.get(member.plans.signature) ?? { plans: member.plans, members: [], keys: new Set() };
    groups.set(member.plans.signature, group);
    group.members.push(member);
    for (const key of member.keys) group.keys.add(key);
  }
  let last: Key | undefined;
  for (const { plans, members, keys } of groups.values()) {
    const swept = reading.range === undefined ? undefined : await openSweep(source, plans, reading.range);
    const read = new Map<Member, SinkRead>();
    await Promise.all(
      members.map(async (member) => {
        try {
          read.set(member, await readSink(reading, member, swept));
        } catch (error) {
          reading.subject.signal?.throwIfAborted();
          // The first error is the cause; after it the view answers nothing any more.
          member.side.broken ??= `${tableId(table)} could not be read: ${messageOf(error)}`;
        }
      }),
    );
    last = swept?.last;
    const inPieces = swept === undefined ? new Map<number, KeyedRow[]>() : await swept.sourceRows();
    const ofKeys = byKey([await source.byKeys(plans.source, [...keys]), ...inPieces.values()]);
    for (const [{ columns, side, early, keys: own }, ofSink] of read) {
      const ofSource = ofSink.pieces.flatMap((piece) => (inPieces.get(piece) ?? []).map(({ key }) => key));
      rows.set(side, {
        ...{ table, plans, columns, early, sourceRows },
        keys: new Set([...own, ...ofSource, ...ofSink.swept]),
        source: ofKeys,
        sink: ofSink.rows,
        sinkRows: ofSink.count,
      });
    }
  }
  return { rows, last };
}

interface Member {
  readonly side: Side;
  readonly plans: Plans;
  readonly columns: readonly Finding[];
  readonly keys: ReadonlySet<Key>;
  readonly early: ReadonlyMap<Key, Unsettled>;
  /** Both databases order the key alike, so that a range of it can be compared. */
  readonly sweeps: boolean;
}

function memberOf({ subject, wanted, table, range }: Reading, side: Side): Member | undefined {
  const id = tableId(table);
  const pair = pairOf(side.variant.spec, table, side.catalog);
  // Without the table nothing can be looked up; the comparison at the end says what is lost.
  if (pair?.sink === undefined) return undefined;
  const { source, sink } = pair;
  const pendingColumns = columnsUnderWay(subject, side, source, sink);
  const plans = plansFor(source, sink, pendingColumns);
  if (plans === undefined) return undefined;
  const engine = engineOf(subject.pipeline.source);
  return {
    side,
    plans,
    columns: wanted.whole ? judgeColumns({ source, sink, pendingColumns }) : [],
    ...sift(subject, side, id, wanted.keys(side.variant.name, id)),
    // A hash is made of a table's own columns.
    sweeps: range !== undefined && asTheyStand(plans) && plans.sink.key.every((pair) => engine.ordersAlike(pair)),
  };
}

/** Of a column of one side alone, no word until an event that has it was applied, or while events have it at all. */
function columnsUnderWay({ log }: Subject, side: Side, source: Table, sink: Table): Set<string> {
  const id = tableId(source);
  const under = new Set<string>();
  const atSource = new Set(source.columns.map(({ name }) => name));
  const atSink = new Set(sink.columns.map(({ name }) => name));
  // Of a table without any event yet, what both sides have was there before the log.
  const unheard = [...atSource].every((name) => log.columnSince(id, name).size === 0);
  for (const name of atSource) {
    if (unheard && atSink.has(name)) continue;
    const arrived = [...log.columnSince(id, name)].some(
      ([partition, first]) => first < (side.applied.get(partition) ?? 0n),
    );
    if (!arrived) under.add(name);
  }
  for (const { name } of sink.columns) if (!atSource.has(name) && log.columnSince(id, name).size > 0) under.add(name);
  return under;
}

/** Parts the keys worth reading from those whose rows say nothing: the log has more of them than the consumer passed. */
function sift(
  { log, ledger, memory }: Subject,
  side: Side,
  id: TableId,
  keys: Iterable<Key>,
): { readonly keys: Set<Key>; readonly early: Map<Key, Unsettled> } {
  const words = memory.words(ledger);
  const worth = new Set<Key>();
  const early = new Map<Key, Unsettled>();
  for (const key of keys) {
    const history = log.history(id, key);
    const word = words.word(id, key);
    const reason = unsettled({
      changing: false,
      ...(word === undefined ? {} : { word }),
      ...(history === undefined ? {} : { log: history }),
      applied: side.applied,
      atSource: false,
      logComplete: true,
    });
    if (reason === undefined) worth.add(key);
    else early.set(key, reason);
  }
  return { keys: worth, early };
}

interface SinkRead {
  readonly rows: ReadonlyMap<Key, KeyedRow[]>;
  /** The pieces of the sweep that are not as they are at the source. */
  readonly pieces: readonly number[];
  /** The keys that the sink has in these. */
  readonly swept: readonly Key[];
  readonly count: number;
}

async function readSink(
  { wanted }: Reading,
  { side, plans, keys, sweeps }: Member,
  sweep: Sweep | undefined,
): Promise<SinkRead> {
  const ofKeys = await side.view.byKeys(plans.sink, [...keys]);
  const pieces = sweep === undefined || !sweeps ? [] : await sweep.differing(side.view, plans.sink, OPENED_MAX);
  const ofPieces = sweep === undefined ? [] : await sweep.rowsOf(side.view, plans.sink, pieces);
  const count = wanted.whole ? await side.view.count(plans.sink.table) : 0;
  return { rows: byKey([ofKeys, ofPieces]), pieces, swept: ofPieces.map(({ key }) => key), count };
}

/** Rows by their keys. A key that two readings of one view have is taken from the first that has it. */
function byKey(readings: readonly (readonly KeyedRow[])[]): Map<Key, KeyedRow[]> {
  const all = new Map<Key, KeyedRow[]>();
  for (const reading of readings) {
    const before = new Set(all.keys());
    for (const row of reading) {
      if (before.has(row.key)) continue;
      const rows = all.get(row.key);
      if (rows === undefined) all.set(row.key, [row]);
      else rows.push(row);
    }
  }
  return all;
}

function sortOut(read: RowsRead, settle: (key: Key, row: string | undefined) => Unsettled | undefined): TableLook {
  const equal = new Map<Key, { absent: boolean; sink?: KeyedRow }>();
  const differing: Differing[] = [];
  const open = new Map(read.early);
  for (const key of read.keys) {
    const source = read.source.get(key) ?? [];
    const sink = read.sink.get(key) ?? [];
    const same = source.length === sink.length && source.every((row, index) => row.row === sink[index]?.row);
    const reason = settle(key, source[0]?.row);
    open.delete(key);
    // What nobody has touched and is the same needs no event to be right.
    if (reason !== undefined && !(same && reason === 'silent')) open.set(key, reason);
    else if (same) equal.set(key, { absent: source.length === 0, ...(sink[0] === undefined ? {} : { sink: sink[0] }) });
    else differing.push({ key, source, sink });
  }
  const { table, plans, columns, sourceRows, sinkRows } = read;
  return { table, plans, columns, equal, differing, unsettled: open, sourceRows, sinkRows };
}
