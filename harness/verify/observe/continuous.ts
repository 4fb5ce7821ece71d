import { engineOf } from '#engines/index.ts';
import { type TableId, tableId } from '#model/catalog.ts';
import type { Finding } from '#model/finding.ts';
import type { KeyObservation, Stall, VariantVerdict } from '#model/observation.ts';
import { type Offsets, topicPartition } from '#model/position.ts';
import { KEYLESS, type Key } from '#model/values.ts';
import { isRemoval } from '#verify/judge/came-back.ts';
import { judgeKey } from '#verify/judge/judge-key.ts';
import { judgeTransaction, type MissingRow, neverApplied } from '#verify/judge/judge-transaction.ts';
import { judgeVariant, unjudged } from '#verify/judge/judge-variant.ts';
import { equal } from '#verify/judge/rows.ts';
import { createTally } from '#verify/judge/tally.ts';
import { isUndecided } from '#verify/judge/undecided.ts';
import { keyStates } from './key-states.ts';
import { type Looked, look, type TableLook, type VariantLook } from './look.ts';
import type { TableMemory } from './memory.ts';
import { partlyApplied } from './partly-applied.ts';
import type { Subject } from './subject.ts';
import type { Same } from './table-rows.ts';

export interface ContinuousOptions extends Subject {
  /** A lag above this is shown as a sync in progress; below it, it is the pipeline's usual delay. */
  readonly behindMs?: number;
  /** Rows of each table whose hashes a check compares besides those that changed, so that damage to any row is found. */
  readonly sweepRows?: number;
  /** Variants that have stopped for good, and why. */
  readonly stalled?: ReadonlyMap<string, Stall>;
}

const BEHIND_MS = 2000;
const SWEEP_ROWS = 10_000;
/** Wrong keys that are remembered for each table and sink. */
const WRONG_MAX = 5000;
/** Wrong keys of each table and sink that one check judges again, those first that have waited longest. */
const WRONG_AGAIN = 500;
/** Keys of which something beyond their present state is remembered, for each table and sink. */
const REMEMBERED_MAX = 10_000;

/**
 * One check while writers write. Judges every key that changed since it was last judged, as soon as that can be done
 * soundly, and a part of all others in turn; all that may be in flight is counted instead. What looks wrong is looked at a
 * second time, and must be wrong then too, before it is said. Tables without a key are left to the comparison at the end.
 */
export async function continuousCheck(options: ContinuousOptions): Promise<VariantVerdict[]> {
  const { memory } = options;
  gatherChanges(options);
  let keyed = 0;
  const looked = await look(options, {
    whole: true,
    keys: (variant, table) => {
      const { pending, wrong, absent } = memory.variant(variant).table(table);
      return new Set([...pending, ...wrong.keys().take(WRONG_AGAIN), ...absent]);
    },
    range: (table) => ({
      after: memory.sweep.get(table),
      limit: options.sweepRows ?? SWEEP_ROWS,
      whole: keyed++ === memory.turn,
    }),
  });
  memory.turn = memory.turn + 1 < keyed ? memory.turn + 1 : 0;
  for (const [table, key] of looked.sweptTo) {
    if (key === undefined) memory.sweep.delete(table);
    else memory.sweep.set(table, key);
  }
  const suspects = await judgeLook(options, looked);
  if (suspects.size > 0) await confirm(options, suspects);
  for (const seen of looked.variants)
    if (!('failure' in seen)) memory.variant(seen.variant.name).appliedBefore = seen.applied;
  return looked.variants.map((seen) =>
    'failure' in seen
      ? unjudged(seen.variant.name, seen.failure)
      : { ...verdictOn(options, seen, looked), cutLsn: looked.cutLsn },
  );
}

/** Keys that the ledger or the log has news of become pending for every variant. */
function gatherChanges({ ledger, log, memory, pipeline }: Subject): void {
  const mark = ledger.mark();
  const touched = log.touched(memory.logCursor);
  const add = (table: TableId, key: Key) => {
    // Rows that no key names are compared at the end.
    if (key === KEYLESS) return;
    for (const name of pipeline.variants.keys()) memory.variant(name).table(table).pending.add(key);
  };
  for (const { table, key } of ledger.rowsTouchedSince(memory.ledgerMark)) add(table, key);
  for (const [table, keys] of touched.keys) for (const key of keys) add(table, key);
  memory.ledgerMark = mark;
  memory.logCursor = touched.cursor;
}

/** What one look made of a key: the findings, none where it is right, or undefined where it cannot be judged. */
type Judged = ReadonlyMap<Key, readonly Finding[] | undefined>;

/** By variant and table the keys that look wrong for the first time, with what is wrong. */
type Suspects = Map<string, Map<TableId, Map<Key, readonly Finding[]>>>;

/** Takes over what is certain; what is wrong and was not before is returned to be looked at again. */
async function judgeLook(subject: Subject, looked: Looked): Promise<Suspects> {
  const suspects: Suspects = new Map();
  for (const seen of looked.variants) {
    if ('failure' in seen) continue;
    const name = seen.variant.name;
    const memory = subject.memory.variant(name);
    memory.passages.note(seen.applied, looked.starts);
    memory.passages.noteJumps(seen.variant.jumps);
    for (const table of seen.tables) {
      const id = tableId(table.table);
      const known = memory.table(id);
      for (const [key, findings] of await judgeKeys(subject, seen, table, looked)) {
        if (findings === undefined) reopen(known, key);
        else if (findings.length === 0 || known.wrong.has(key)) settle(known, key, findings);
        else {
          const tables = suspects.get(name) ?? new Map<TableId, Map<Key, readonly Finding[]>>();
          suspects.set(name, tables);
          tables.set(id, (tables.get(id) ?? new Map<Key, readonly Finding[]>()).set(key, findings));
        }
      }
    }
  }
  return suspects;
}

/** Looks at the suspects once more: who is wrong twice is wrong. */
async function confirm(subject: Subject, suspects: Suspects): Promise<void> {
  const again = await look(
    { ...subject, variants: [...suspects.keys()] },
    { whole: false, keys: (variant, table) => suspects.get(variant)?.get(table)?.keys() ?? [], range: () => undefined },
  );
  for (const seen of again.variants) {
    const tables = suspects.get(seen.variant.name);
    if ('failure' in seen || tables === undefined) continue;
    for (const table of seen.tables) {
      const id = tableId(table.table);
      const known = subject.memory.variant(seen.variant.name).table(id);
      const judged = await judgeKeys(subject, seen, table, again);
      for (const key of tables.get(id)?.keys() ?? []) {
        const findings = judged.get(key);
        if (findings === undefined) reopen(known, key);
        else settle(known, key, findings);
      }
    }
  }
}

/** May be in flight: nothing that was said of it before holds any longer. */
function reopen(known: TableMemory, key: Key): void {
  known.wrong.delete(key);
  known.unapplied.delete(key);
  known.pending.add(key);
}

function settle(known: TableMemory, key: Key, findings: readonly Finding[]): void {
  known.pending.delete(key);
  // Taken out and put back, it goes behind those that wait to be judged again.
  const again = known.wrong.delete(key);
  if (findings.length === 0) known.unapplied.delete(key);
  if (findings.length > 0 && (again || known.wrong.size < WRONG_MAX)) known.wrong.set(key, findings);
}

async function judgeKeys(
  subject: Subject,
  seen: VariantLook,
  table: TableLook,
  { starts, reached }: Looked,
): Promise<Judged> {
  const judged = new Map<Key, readonly Finding[] | undefined>();
  const id = tableId(table.table);
  const memory = subject.memory.variant(seen.variant.name);
  const known = memory.table(id);
  for (const key of table.unsettled.keys()) judged.set(key, undefined);
  for (const [key, same] of table.equal) {
    noteRight(known, key, same);
    judged.set(key, []);
    noteAbsent(known, key, same, memory.appliedBefore);
  }
  const words = subject.memory.words(subject.ledger);
  const states = await keyStates(
    {
      table: id,
      catalog: table.table,
      plan: table.plans.sink,
      keyed: true,
      engine: engineOf(subject.pipeline.source),
      source: subject.pipeline.source,
      log: subject.log,
      word: (key) => words.word(id, key),
      applied: seen.applied,
      starts,
      passages: memory.passages,
      gone: (key) => known.gone.get(key),
      stayed: (key) => known.stayed.get(key),
      right: (key) => known.right.get(key),
      effects: seen.variant.effects?.bind(seen.variant, id),
    },
    table.differing,
  );
  const rows = new Map(table.differing.map(({ key, source }) => [key, source[0]?.row]));
  const { silent } = subject.memory;
  /** What the row was at the log's last event of it is not known: then the log must have gone on behind the reading. */
  const isUnproven = ({ key, ledger, source, log }: KeyObservation): boolean =>
    ledger === undefined && source !== undefined && log !== undefined && log.image === undefined
      ? !silent.proven(id, key, rows.get(key) ?? '', reached)
      : false;
  for (const state of states) {
    known.absent.delete(state.key);
    noteStayed(known, state);
    const findings = hasMovedOn(state) || isUnproven(state) || isUndecided(state) ? undefined : judgeKey(id, state);
    judged.set(state.key, findings);
    const never = findings === undefined ? undefined : neverApplied(state, findings);
    if (never === undefined) known.unapplied.delete(state.key);
    else known.unapplied.set(state.key, never);
  }
  return judged;
}

/**
 * Ledger and log go on while the key's history is put together: what was settled when its rows were read need not be any
 * longer, and is then judged next time. A change by someone who keeps no ledger may not have been captured yet: a key that
 * the ledger does not know is judged only where the log's last event shows the very row that the source has.
 */
function hasMovedOn({ ledger, source, log }: KeyObservation): boolean {
  if (ledger?.captured === false || log?.consumed === false) return true;
  if (ledger !== undefined || log === undefined) return false;
  if (source === undefined) return !isRemoval(log.last.op);
  return isRemoval(log.last.op) || (log.image !== undefined && !equal(source, log.image));
}

/**
 * The sink was seen without a row. A consumer may commit its offsets before it writes, so that says something only once the
 * row's last version lay below its position at the check before already; until then it is looked at again.
 */
function noteAbsent(known: TableMemory, key: Key, { absent, log }: Same, appliedBefore: Offsets): void {
  known.absent.delete(key);
  if (!absent || log === undefined) return;
  const { changeLsn, written } = log;
  const passed =
    written === undefined ||
    written.offset < (appliedBefore.get(topicPartition(written.topic, written.partition)) ?? 0n);
  if (passed) setBounded(known.gone, key, changeLsn);
  else if (known.absent.size < REMEMBERED_MAX) known.absent.add(key);
}

function setBounded<V>(map: Map<Key, V>, key: Key, value: V): void {
  if (map.size >= REMEMBERED_MAX && !map.has(key))
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  map.set(key, value);
}

/** The sink still has a row that the source has not. */
function noteStayed(known: TableMemory, { key, source, sink, returned, log }: KeyObservation): void {
  if (source !== undefined || sink.length === 0 || returned === true || log?.changeLsn === undefined) return;
  setBounded(known.stayed, key, log.changeLsn);
}

/** Of a key that writers have changed: with which change it was seen right, and which one its row named. */
function noteRight(known: TableMemory, key: Key, { log, sinkLsn }: Same): void {
  if (log === undefined) return;
  setBounded(known.right, key, { changeLsn: log.changeLsn, ...(sinkLsn === undefined ? {} : { sinkLsn }) });
}

function verdictOn(options: ContinuousOptions, seen: VariantLook, { ends, atMs }: Looked): VariantVerdict {
  const { log, memory } = options;
  const late = log.lag(seen.applied, ends);
  // As it was when the positions were read: a check that takes its time makes no consumer late.
  const lag = { records: late.records, ms: Math.max(0, late.ms - (Date.now() - atMs)) };
  const known = memory.variant(seen.variant.name);
  const stalled = options.stalled?.get(seen.variant.name);
  const limitMs = options.behindMs ?? BEHIND_MS;
  const halves = transactionsInPart(options, seen);
  const tables = seen.tables.map((look) => {
    const table = tableId(look.table);
    const { pending, wrong } = known.table(table);
    const tally = createTally();
    for (const finding of look.columns) tally.add(finding);
    wrong.tally(tally);
    for (const finding of halves) if (finding.table === table) tally.add(finding);
    const { sourceRows, sinkRows } = look;
    const waits = log.trouble !== undefined && pending.size > 0;
    const behind = waits || lag.ms > limitMs || uncapturedMs(options, table, pending) > limitMs;
    return { tally, figures: { table, sourceRows, sinkRows, inFlight: pending.size, behind } };
  });
  const verdict = judgeVariant({
    variant: seen.variant.name,
    tables,
    lag,
    ...(stalled === undefined ? {} : { stalled }),
  });
  const { reason = verdict.verdict === 'SYNC_IN_PROGRESS' ? log.trouble : undefined } = verdict;
  return {
    ...verdict,
    ...(reason === undefined ? {} : { reason }),
    partialTransactions: log.transactions.inPart(seen.applied),
  };
}

/** Transactions of which rows are wrong for want of their change, while the sink was seen to have that of others. */
function transactionsInPart({ log, memory }: ContinuousOptions, seen: VariantLook): readonly Finding[] {
  const known = memory.variant(seen.variant.name);
  const missing = seen.tables.flatMap((look): MissingRow[] => {
    const table = tableId(look.table);
    const { unapplied, wrong } = known.table(table);
    return [...unapplied].flatMap(([key, event]) => {
      const finding = wrong.first(key);
      return finding === undefined ? [] : [{ table, key, event, finding }];
    });
  });
  const partly = partlyApplied(log, missing, ({ table, key, event }) => {
    const { wrong, right } = known.table(table);
    return !wrong.has(key) && right.get(key)?.changeLsn === event.lsn;
  });
  return partly.flatMap((one) => judgeTransaction(one) ?? []);
}

/** Age of the oldest change that the log does not have yet: a connector that is down causes no lag in the log. */
function uncapturedMs({ ledger, log, memory }: Subject, table: TableId, keys: Iterable<Key>): number {
  const words = memory.words(ledger);
  let oldest = Number.POSITIVE_INFINITY;
  for (const key of keys) {
    const word = words.word(table, key);
    if (word !== undefined && log.history(table, key)?.change?.txn !== word.txn) oldest = Math.min(oldest, word.at);
  }
  return Number.isFinite(oldest) ? Date.now() - oldest : 0;
}
