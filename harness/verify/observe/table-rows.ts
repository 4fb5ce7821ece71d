import { engineOf } from '#engines/index.ts';
import type { KeyedRow, ReadPlan, ReadView } from '#engines/port/compare.ts';
import type { Engine } from '#engines/port/engine.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { EventRef, Finding } from '#model/finding.ts';
import { type Key, LSN_COLUMN, type Text } from '#model/values.ts';
import { messageOf } from '#std/errors.ts';
import { judgeColumns } from '#verify/judge/judge-table.ts';
import { type Unsettled, unsettled } from '#verify/judge/settled.ts';
import { sameRows } from './differing.ts';
import type { Differing } from './key-states.ts';
import { betweenOf, type Plans, pairOf, plansFor, rangesAlike } from './plan.ts';
import type { Side } from './sides.ts';
import type { Subject } from './subject.ts';
import { openSweep, type Sweep, type SweptRange } from './sweep.ts';

/** Which keys to look at. */
export interface Wanted {
  keys(variant: string, table: TableId): Iterable<Key>;
  /** The range of a table whose pieces are compared by their hashes besides, with its limit of rows; undefined for none. */
  range(table: TableId): SweptRange | undefined;
  /** Whether to count rows and compare columns. */
  readonly whole: boolean;
}

/** The last change of a key, and the last event that made a row of it; absent where that is no longer remembered. */
export interface SeenInLog {
  readonly changeLsn: bigint;
  readonly written?: EventRef;
}

/** A key whose rows are the same on both sides. */
export interface Same {
  /** Neither side has the row. */
  readonly absent: boolean;
  /** The change that the sink's row is from, where it says so. */
  readonly sinkLsn?: bigint;
  /** What the log held of the key when that was seen. */
  readonly log?: SeenInLog;
}

/** One table at one sink as it was read: rows are kept where they differ, and of all others the key alone. */
export interface TableRows {
  readonly table: Table;
  readonly plans: Plans;
  readonly columns: readonly Finding[];
  /** Keys that were not read, because they cannot be settled. */
  readonly early: ReadonlyMap<Key, Unsettled>;
  readonly same: ReadonlyMap<Key, Same>;
  readonly differing: ReadonlyMap<Key, Differing>;
  readonly sourceRows: number;
  readonly sinkRows: number;
}

export interface Reading {
  readonly subject: Subject;
  readonly wanted: Wanted;
  readonly source: ReadView;
  readonly table: Table;
  readonly range: SweptRange | undefined;
}

/** Pieces of a sweep that are opened at one look: where all is wrong, it goes on with the next. */
const OPENED_MAX = 8;
/** Keys whose rows are in memory at once: after a snapshot every row of a table may be waiting to be looked at. */
const KEYS_AT_ONCE = 5000;

/** Reads the wanted keys of one table from the source, once for all sinks that are alike, and from every sink. */
export async function readTable(
  reading: Reading,
  sides: readonly Side[],
): Promise<{ rows: Map<Side, TableRows>; last: Key | undefined }> {
  const { wanted, source, table, range } = reading;
  const rows = new Map<Side, TableRows>();
  // Whole rows cannot be told apart by the ledger: a table without a key is compared at the end only.
  if (table.key.length === 0) return { rows, last: undefined };
  const sourceRows = wanted.whole ? await source.count(table) : 0;
  let last: Key | undefined;
  for (const group of groupsOf(reading, sides)) {
    const swept = await sweepOf(reading, group);
    await compareKeys(reading, group);
    if (swept !== undefined) await comparePieces(reading, group, swept);
    if (range?.whole === true && sourceRows <= range.limit) await compareWhole(reading, group, 2 * range.limit);
    last = swept?.last;
    await eachSink(reading, group, async ({ side, plans, columns, early, same, differing }) => {
      const sinkRows = wanted.whole ? await side.view.count(plans.sink.table) : 0;
      rows.set(side, { table, plans, columns, early, same, differing, sourceRows, sinkRows });
    });
  }
  return { rows, last };
}

/** The table's range in pieces, where a sink of the group can be compared by it. */
async function sweepOf({ source, range }: Reading, { plans, members }: SinkGroup): Promise<Sweep | undefined> {
  if (range === undefined || !members.some(({ sweeps }) => sweeps)) return undefined;
  return openSweep(source, plans, range);
}

/** Sinks whose comparison with the source reads it alike, and the keys that any of them wants. */
interface SinkGroup {
  readonly plans: Plans;
  readonly members: Member[];
  readonly keys: Set<Key>;
}

function groupsOf(reading: Reading, sides: readonly Side[]): Iterable<SinkGroup> {
  const groups = new Map<string, SinkGroup>();
  for (const side of sides) {
    const member = memberOf(reading, side);
    if (member === undefined) continue;
    const group = groups.get(member.plans.signature) ?? { plans: member.plans, members: [], keys: new Set() };
    groups.set(member.plans.signature, group);
    group.members.push(member);
    for (const key of member.keys) group.keys.add(key);
  }
  return groups.values();
}

/** Does the same with every sink of the group that can still be read, all at once. */
async function eachSink(
  { subject, table }: Reading,
  { members }: SinkGroup,
  work: (member: Member) => Promise<void>,
): Promise<void> {
  const readable = members.filter(({ side }) => side.broken === undefined);
  await Promise.all(
    readable.map(async (member) => {
      try {
        await work(member);
      } catch (error) {
        subject.signal?.throwIfAborted();
        // The first error is the cause; after it the view answers nothing any more.
        member.side.broken ??= `${tableId(table)} could not be read: ${messageOf(error)}`;
      }
    }),
  );
}

async function compareKeys(reading: Reading, group: SinkGroup): Promise<void> {
  for (const keys of batchesOf(group.keys, KEYS_AT_ONCE)) {
    const ofSource = byKey(await reading.source.byKeys(group.plans.source, keys));
    await eachSink(reading, group, async (member) => {
      const own = keys.filter((key) => member.keys.has(key));
      const ofSink = byKey(await member.side.view.byKeys(member.plans.sink, own));
      for (const key of own) compare(member, key, ofSource.get(key), ofSink.get(key));
    });
  }
}

/** Compares the rows of those pieces whose hashes differ. A key that was looked up already is as it was then: one view. */
async function comparePieces(reading: Reading, group: SinkGroup, sweep: Sweep): Promise<void> {
  const ofSinks = new Map<Member, { readonly pieces: readonly number[]; readonly rows: readonly KeyedRow[] }>();
  await eachSink(reading, group, async (member) => {
    const { side, plans, sweeps } = member;
    const pieces = sweeps ? await sweep.differing(side.view, plans.sink, OPENED_MAX) : [];
    ofSinks.set(member, { pieces, rows: await sweep.rowsOf(side.view, plans.sink, pieces) });
  });
  const ofPieces = await sweep.sourceRows();
  for (const [member, { pieces, rows }] of ofSinks) {
    const ofSource = byKey(pieces.flatMap((piece) => ofPieces.get(piece) ?? []));
    const ofSink = byKey(rows);
    for (const key of new Set([...ofSource.keys(), ...ofSink.keys()]))
      if (!member.keys.has(key)) compare(member, key, ofSource.get(key), ofSink.get(key));
  }
}

/** Compares every row with sinks of which no range can be hashed as the source's, unless one has more than `most` rows. */
async function compareWhole(reading: Reading, group: SinkGroup, most: number): Promise<void> {
  const members = group.members.filter(({ sweeps }) => !sweeps);
  if (members.length === 0) return;
  const ofSource = await allByKey(reading.source, group.plans.source);
  await eachSink(reading, { ...group, members }, async ({ side, plans, keys, differing }) => {
    if ((await side.view.count(plans.sink.table)) > most) return;
    const ofSink = await allByKey(side.view, plans.sink);
    for (const key of new Set([...ofSource.keys(), ...ofSink.keys()])) {
      const [source, sink] = [ofSource.get(key) ?? [], ofSink.get(key) ?? []];
      // Of what is the same nothing need be remembered, as it is not of a range whose hashes are.
      if (!keys.has(key) && !sameRows(source, sink)) differing.set(key, { key, source, sink });
    }
  });
}

async function allByKey(view: ReadView, plan: ReadPlan): Promise<Map<Key, KeyedRow[]>> {
  const rows: KeyedRow[] = [];
  for await (const batch of view.stream(plan)) rows.push(...batch);
  return byKey(rows);
}

function compare(
  { same, differing, sinkLsnOf }: Member,
  key: Key,
  source: readonly KeyedRow[] = [],
  sink: readonly KeyedRow[] = [],
): void {
  if (!sameRows(source, sink)) differing.set(key, { key, source, sink });
  else same.set(key, sink[0] === undefined ? ABSENT : sameOf(sinkLsnOf(sink[0])));
}

const ABSENT: Same = { absent: true };
const PRESENT: Same = { absent: false };

function sameOf(sinkLsn: bigint | undefined): Same {
  return sinkLsn === undefined ? PRESENT : { absent: false, sinkLsn };
}

function* batchesOf<T>(all: Iterable<T>, size: number): Iterable<T[]> {
  let batch: T[] = [];
  for (const one of all) {
    batch.push(one);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

function byKey(rows: readonly KeyedRow[]): Map<Key, KeyedRow[]> {
  return Map.groupBy(rows, ({ key }) => key);
}

interface Member {
  readonly side: Side;
  readonly plans: Plans;
  readonly columns: readonly Finding[];
  readonly keys: ReadonlySet<Key>;
  readonly early: ReadonlyMap<Key, Unsettled>;
  /** Both databases order the key alike, so that a range of it can be compared. */
  readonly sweeps: boolean;
  readonly sinkLsnOf: (row: KeyedRow) => bigint | undefined;
  readonly same: Map<Key, Same>;
  readonly differing: Map<Key, Differing>;
}

function memberOf({ subject, wanted, table, range }: Reading, side: Side): Member | undefined {
  const id = tableId(table);
  const across = betweenOf(subject.pipeline.source, side.variant);
  const pair = pairOf(side.variant.spec, table, side.catalog, across);
  // Without the table nothing can be looked up; the comparison at the end says what is lost.
  if (pair?.sink === undefined) return undefined;
  const { source, sink, exact } = pair;
  const pendingColumns = columnsUnderWay(subject, side, source, sink);
  const plans = plansFor(source, sink, { ignore: pendingColumns, exact, across });
  // Nor can the versions of a row.
  if (plans === undefined || !plans.keyed) return undefined;
  const engine = engineOf(subject.pipeline.source);
  return {
    side,
    plans,
    columns: wanted.whole ? judgeColumns({ source, sink, pendingColumns }) : [],
    ...sift(subject, side, id, wanted.keys(side.variant.name, id)),
    // A hash is made of a table's own columns.
    sinkLsnOf: (row) => rowLsn(engine, plans, row),
    same: new Map(),
    differing: new Map(),
    sweeps: range !== undefined && rangesAlike(subject.pipeline.source, side.variant, plans),
  };
}

/** The source's position that a row of the sink names. */
function rowLsn({ source }: Engine, { sink }: Plans, { bookkeeping }: KeyedRow): bigint | undefined {
  const place = sink.bookkeeping.indexOf(LSN_COLUMN);
  if (place === -1 || bookkeeping === undefined) return undefined;
  return source.parsePosition((JSON.parse(bookkeeping) as Text[])[place]);
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
