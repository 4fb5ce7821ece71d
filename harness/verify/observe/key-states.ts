import type { KeyedRow, ReadPlan } from '#engines/port/compare.ts';
import type { Engine } from '#engines/port/engine.ts';
import type { Table, TableId } from '#model/catalog.ts';
import type { EventRef } from '#model/finding.ts';
import type { KeyObservation, LogState } from '#model/observation.ts';
import type { Database } from '#model/pipeline.ts';
import { type Offsets, topicPartition } from '#model/position.ts';
import { KEYLESS, type Key, type Row, type Text } from '#model/values.ts';
import { cameBack, isBack } from '#verify/judge/came-back.ts';
import { isCaptured } from '#verify/judge/captured.ts';
import { overtaken } from '#verify/judge/overtaken.ts';
import type { LedgerWord } from '#verify/judge/settled.ts';
import type { LogHistory } from './log-history.ts';
import type { Right } from './memory.ts';
import type { Passages } from './passages.ts';
import { kindsOf } from './plan.ts';
import type { RowEvents } from './row-events.ts';
import type { KeyHistory } from './row-log.ts';
import { rowState, type Standing } from './row-state.ts';
import { keyOfVersion, placeOfVersion } from './row-version.ts';

/** A key whose rows differ between source and sink, as they were read. */
export interface Differing {
  readonly key: Key;
  readonly source: readonly KeyedRow[];
  readonly sink: readonly KeyedRow[];
}

/** What the observations of one table at one sink are made from, beside the rows. */
export interface StateContext {
  readonly table: TableId;
  readonly catalog: Table;
  readonly plan: ReadPlan;
  readonly keyed: boolean;
  readonly engine: Engine;
  readonly source: Database;
  readonly log: LogHistory;
  readonly word: (key: Key) => LedgerWord | undefined;
  readonly applied: Offsets;
  readonly starts: Offsets;
  readonly passages: Passages;
  /** The key's last change when an earlier check saw the sink without it; see {@link TableMemory}. */
  readonly gone: (key: Key) => bigint | undefined;
  /** The key's last change when an earlier check saw the sink still have the row behind it. */
  readonly stayed?: (key: Key) => bigint | undefined;
  /** What an earlier check saw when it saw the key right. */
  readonly right: (key: Key) => Right | undefined;
  /** Finds the events of rows that no key names; asked once for each table. */
  readonly rowsInLog?: () => Promise<(key: Key) => RowEvents>;
  /** The LSNs that rows of the sink were written with, in order; absent where the sink does not note them. */
  readonly effects?: ((keys: readonly Key[]) => Promise<ReadonlyMap<Key, readonly bigint[]>>) | undefined;
}

const BATCH_KEYS = 500;

/** The three states of each key, ready to be judged. */
export async function keyStates(context: StateContext, keys: readonly Differing[]): Promise<KeyObservation[]> {
  const states: KeyObservation[] = [];
  for (let start = 0; start < keys.length; start += BATCH_KEYS) {
    const batch = keys.slice(start, start + BATCH_KEYS);
    const histories = await canonicalHistories(context, batch);
    const keyless = isKeyless(context);
    // A sink notes what is written by key.
    const noted = keyless ? undefined : await context.effects?.(batch.map(({ key }) => key));
    const find = keyless ? await context.rowsInLog?.() : undefined;
    for (const [index, differing] of batch.entries())
      states.push(stateOf(context, differing, { known: histories[index], noted: noted?.get(differing.key), find }));
  }
  return states;
}

/** The key under which the log knows the row. */
function keyInLog({ keyed, catalog, plan }: StateContext, key: Key): Key | undefined {
  return keyed ? key : keyOfVersion(catalog, plan, key);
}

interface CanonicalHistory {
  readonly history: KeyHistory;
  /** The rows of its versions, canonical; undefined where a version has none. */
  readonly rows: readonly (Row | undefined)[];
}

/** Events carry text in the spelling of the connector; the source database says what it means. */
async function canonicalHistories(
  context: StateContext,
  keys: readonly Differing[],
): Promise<(CanonicalHistory | undefined)[]> {
  const { engine, source, catalog, log, table, plan } = context;
  const histories = keys.map(({ key }) => {
    const known = keyInLog(context, key);
    const history = known === undefined ? undefined : log.history(table, known);
    // The log goes on while the database answers: what is judged is the history as it is now.
    return history === undefined ? undefined : { ...history, versions: [...history.versions] };
  });
  const raw = histories.flatMap((history) => known(history?.versions.map(({ row }) => row)));
  const exact = plan.columns.some((pair) => pair.exact === true);
  const canonical = await engine.compare.canonicalRows(source, catalog, raw, { exact, as: kindsOf(plan) });
  let next = 0;
  return histories.map((history) =>
    history === undefined
      ? undefined
      : { history, rows: history.versions.map(({ row }) => (row === undefined ? undefined : canonical[next++])) },
  );
}

/** Rows are named by no key: they are known by their values alone. */
function isKeyless({ keyed, catalog }: StateContext): boolean {
  return !keyed && catalog.key.length === 0;
}

interface Found {
  readonly known: CanonicalHistory | undefined;
  readonly noted: readonly bigint[] | undefined;
  readonly find: ((key: Key) => RowEvents) | undefined;
}

function stateOf(context: StateContext, differing: Differing, { known, noted = [], find }: Found): KeyObservation {
  const { plan, engine, word: wordOf } = context;
  const { key } = differing;
  const [first] = differing.source;
  const source = first === undefined ? undefined : rowOf(plan, first);
  const sink = differing.sink.map((row) => rowOf(plan, row));
  const word = wordOf(key);
  const rowEvents = find?.(key);
  const log =
    rowEvents === undefined ? loggedState(context, differing, known) : keylessState(context, differing, rowEvents);
  const undecoded = undecodedState(context, key, log);
  const captured = word === undefined || isCaptured(word.txn, source, log);
  const back = source === undefined && sink.length > 0 && isReturned(context, key, known, noted);
  const right = context.right(key);
  const sinkLsn = sink.map((row) => engine.source.parsePosition(row._cdc_lsn));
  const overtook =
    context.keyed && sink.length === 1 && known !== undefined
      ? overtaken(known.history.versions, sinkLsn[0], right?.sinkLsn === undefined ? noted : [right.sinkLsn, ...noted])
      : undefined;
  return {
    key,
    ...(source === undefined ? {} : { source, sourceCopies: differing.source.length }),
    sink,
    sinkLsn,
    ...(log === undefined ? {} : { log }),
    ...(word === undefined ? {} : { ledger: { kind: word.kind, captured } }),
    versions: context.keyed ? earlierVersions(known, captured) : [],
    ...(back ? { returned: true } : {}),
    ...(right !== undefined && right.changeLsn === log?.changeLsn ? { appliedBefore: true } : {}),
    ...(overtook === undefined ? {} : { overtook }),
    ...(!context.keyed && context.catalog.key.length > 0 ? { version: true } : {}),
    ...(rowEvents === undefined ? {} : { rowEvents: rowEvents.written.length }),
    ...(undecoded === undefined ? {} : { undecoded }),
  };
}

/**
 * Whether a row that the source has not was gone from the sink before. What the sink noted is read after its rows: a row
 * that has stayed, and that somebody deletes in between, has not come back.
 */
function isReturned(
  { gone, stayed }: StateContext,
  key: Key,
  known: CanonicalHistory | undefined,
  noted: readonly bigint[],
): boolean {
  const { versions = [], change } = known?.history ?? {};
  if (isBack(versions, gone(key))) return true;
  const stays = change !== undefined && stayed?.(key) === change.lsn;
  return !stays && cameBack(noted, versions);
}

function loggedState(
  context: StateContext,
  differing: Differing,
  known: CanonicalHistory | undefined,
): LogState | undefined {
  if (known === undefined) return undefined;
  return context.keyed ? logState(context, differing.key, known) : versionState(context, differing, known);
}

function keylessState(context: StateContext, { source, sink }: Differing, found: RowEvents): LogState | undefined {
  const counts = { source: source.length, sink: sink.length };
  return rowState(counts, found, context.log.keyless.events(context.table), (ref) => standing(context, ref));
}

/** The records that may hold a change of the row and that nobody could read. */
function undecodedState(context: StateContext, key: Key, state: LogState | undefined): KeyObservation['undecoded'] {
  const { log, table, applied } = context;
  const found = log.undecoded.of(table, keyInLog(context, key) ?? KEYLESS);
  if (found === undefined) return undefined;
  const { first, count, lasts } = found;
  const consumed = [...lasts].every(([partition, offset]) => offset < (applied.get(partition) ?? 0n));
  const known = state === undefined ? undefined : topicPartition(state.last.topic, state.last.partition);
  // Records in different partitions are in no order.
  const newer = [...lasts].some(([partition, offset]) => partition !== known || offset > (state?.last.offset ?? -1n));
  return { ...first, count, consumed, ...(newer ? { newer } : {}) };
}

/** The row as an object: the plan's columns, and the bookkeeping if it was read. */
function rowOf(plan: ReadPlan, read: KeyedRow): Row {
  const row: Record<string, Text> = {};
  const values = JSON.parse(read.row) as Text[];
  for (const [index, { source }] of plan.columns.entries()) row[source.name] = values[index] ?? null;
  if (read.bookkeeping !== undefined) {
    const extra = JSON.parse(read.bookkeeping) as Text[];
    for (const [index, name] of plan.bookkeeping.entries()) row[name] = extra[index] ?? null;
  }
  return row;
}

function logState(context: StateContext, key: Key, { history, rows }: CanonicalHistory): LogState {
  const { last, change } = history;
  const { passages } = context;
  const image = rows.at(-1);
  const unchanged = history.versions.at(-1)?.unchanged;
  const skippedValues = (unchanged ?? []).filter((column) => {
    const carrier = carrierOf(history, column);
    if (carrier !== undefined) return passages.passed(carrier);
    // The verifier's own reader has never seen it: what had left the log before that came had left it before the consumer did.
    return !context.log.complete(context.table) && passages.missedAny(topicPartition(last.topic, last.partition));
  });
  const recordKey = context.log.recordKey(context.table, key);
  const omitted = image === undefined ? [] : omittedFrom(context, last, [...Object.keys(image), ...(unchanged ?? [])]);
  return {
    last,
    ...(change === undefined ? {} : { changeLsn: change.lsn }),
    ...(change?.txn === undefined ? {} : { changeTxn: change.txn }),
    ...(image === undefined ? {} : { image }),
    ...(unchanged === undefined ? {} : { unchanged }),
    ...(omitted.length === 0 ? {} : { omitted }),
    ...(recordKey === undefined ? {} : { recordKey }),
    ...standing(context, last),
    ...(skippedValues.length === 0 ? {} : { skippedValues }),
    skippedEarlier: history.versions.some(({ ref }) => ref.offset !== last.offset && passages.passed(ref)),
  };
}

/** The last event that had a value of the column, where it is remembered. */
function carrierOf({ versions }: KeyHistory, column: string): EventRef | undefined {
  return versions.findLast(({ row, unchanged }) => row !== undefined && unchanged?.includes(column) !== true)?.ref;
}

/** Where an event stands to the log and to the consumer. */
function standing({ applied, starts, passages }: StateContext, event: EventRef): Standing {
  const partition = topicPartition(event.topic, event.partition);
  return {
    expired: event.offset < (starts.get(partition) ?? 0n),
    consumed: event.offset < (applied.get(partition) ?? 0n),
    skipped: passages.passed(event),
  };
}

/** The event of a version, where whole rows are compared: of several events with the same row the last. */
function versionState(
  context: StateContext,
  { source, sink }: Differing,
  { history, rows }: CanonicalHistory,
): LogState | undefined {
  const { plan, log } = context;
  const [version] = [...source, ...sink].map((row) => rowOf(plan, row));
  const place = version === undefined ? -1 : placeOfVersion(plan, version, rows);
  const found = history.versions[place];
  // Of rows with many changes the first are forgotten, and a version of them was captured as far as anybody can tell.
  if (found === undefined && (!log.forgetful || source.length === 0)) return undefined;
  const last = found?.ref ?? history.last;
  const image = rows[place];
  return {
    last,
    ...(image === undefined ? {} : { image }),
    ...standing(context, last),
    skippedEarlier: false,
  };
}

/** The compared columns that an event does not have, unless it is from before the first that has them. */
function omittedFrom({ plan, log, table }: StateContext, last: EventRef, has: readonly string[]): string[] {
  const names = plan.columns.map(({ source }) => source.name).filter((name) => !has.includes(name));
  return names.filter((name) => {
    const since = log.columnSince(table, name);
    const first = since.get(topicPartition(last.topic, last.partition));
    return since.size === 0 || (first !== undefined && first <= last.offset);
  });
}

/** The versions that are not the row's last: where the last was captured, all but the last event's. */
function earlierVersions(history: CanonicalHistory | undefined, captured: boolean): readonly Row[] {
  const rows = captured ? history?.rows.slice(0, -1) : history?.rows;
  return known(rows);
}

function known(rows: readonly (Row | undefined)[] = []): Row[] {
  return rows.filter((row) => row !== undefined);
}
