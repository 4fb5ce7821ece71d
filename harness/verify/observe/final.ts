import type { ReadView } from '#engines/engine.ts';
import { engineOf } from '#engines/index.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Fact, Stall, VariantVerdict } from '#model/observation.ts';
import type { Variant } from '#model/pipeline.ts';
import { type Offsets, topicPartition } from '#model/position.ts';
import type { Key } from '#model/values.ts';
import { messageOf } from '#std/errors.ts';
import { openFactJudge } from '#verify/judge/judge-facts.ts';
import type { MissingRow } from '#verify/judge/judge-transaction.ts';
import { checkInvariant } from './invariants.ts';
import { type Group, type GroupedStream, groupedStream } from './key-order.ts';
import { type Differing, keyStates, type StateContext } from './key-states.ts';
import { allOpened, catalogOf } from './look.ts';
import { partlyApplied } from './partly-applied.ts';
import { type Plans, plansFor } from './plan.ts';
import { type Subject, variantsOf } from './subject.ts';

/** Is handed what a check sees of each variant, in the order in which it is judged. */
export type RecordFact = (variant: string, fact: Fact) => void;

export interface FinalOptions extends Subject {
  readonly record?: RecordFact;
  /** Variants that did not drain, and why. What they have not applied is then in flight, not lost. */
  readonly stalled?: ReadonlyMap<string, Stall>;
  /** How long the verifier's own reader may take to see the log's end. */
  readonly catchUpMs?: number;
}

/** One variant while it is judged. */
interface Judging {
  readonly variant: Variant;
  /** Judges what was seen, and records it. */
  take(fact: Fact): void;
  /** Rows that the sink never had a transaction's change of. */
  missing(): readonly MissingRow[];
  verdict(): VariantVerdict;
}

/** One sink while it is compared. */
interface Side extends Judging {
  readonly applied: Offsets;
  readonly view: ReadView;
  readonly catalog: ReadonlyMap<string, Table>;
  /** Tables that were compared to their end, each with its keys that differ; undefined once those are too many to remember. */
  compared: Map<TableId, Set<Key>> | undefined;
  differing: number;
  /** It could not be compared, and has been told so. */
  broken: boolean;
}

const CATCH_UP_MS = 10_000;

/**
 * Compares every row and column of every table with every sink, exactly. To be called when the writers have stopped and
 * the pipeline has drained, or will not. Rows are read in key order from one consistent view of each database and merged,
 * so memory is bounded by a batch; only keys that differ are looked up in log and ledger and judged. A sink that cannot be
 * read, and a check that cannot see the log's end, yield UNKNOWN.
 */
export async function finalCheck(options: FinalOptions): Promise<VariantVerdict[]> {
  const judging = variantsOf(options).map((variant) => openJudging(options, variant));
  const { log, pipeline, signal } = options;
  await using stack = new AsyncDisposableStack();
  try {
    const ends = await log.endOffsets();
    const starts = await log.startOffsets();
    if (!(await log.awaitCaughtUp(ends, options.catchUpMs ?? CATCH_UP_MS, signal)))
      return judging.map((one) => fail(one, "the verifier's own reader did not reach the end of the log"));
    const source = stack.use(await engineOf(pipeline.source).openReadView(pipeline.source, signal));
    const tables = await source.readCatalog({ tables: (await pipeline.tables()).map(tableId) });
    const cutLsn = engineOf(pipeline.source).formatLsn(source.lsn);
    const opened = await allOpened(
      stack,
      judging.map((one) => openSide(options, one, { cutLsn, starts, ends })),
    );
    const sides = opened.flatMap((side) => ('view' in side ? [side] : []));
    for (const table of tables) await compareTable(options, source, table, sides, starts);
    await checkInvariants(options, source, sides);
    return opened.map((side) => {
      if ('view' in side) {
        takeTransactions(options, side);
        const partialTransactions = log.transactions.inPart(side.applied);
        side.take({ type: 'end', lag: log.lag(side.applied, ends), partialTransactions });
      }
      return side.verdict();
    });
  } catch (error) {
    signal?.throwIfAborted();
    return judging.map((one) => fail(one, `the source could not be compared: ${messageOf(error)}`));
  }
}

/** Invariants hold at the source: one that does not is no word on a sink, and nothing can be said by it. */
async function checkInvariants(
  { invariants = [], signal }: FinalOptions,
  source: ReadView,
  sides: readonly Side[],
): Promise<void> {
  for (const invariant of invariants) {
    signal?.throwIfAborted();
    const { count, violations, failure } = await checkInvariant(source, invariant);
    const why = failure ?? (count > 0 ? `it does not hold at the source itself: ${violations[0]}` : undefined);
    await Promise.all(
      sides.map(async (side) => {
        if (side.broken) return;
        if (why === undefined) side.take(await checkInvariant(side.view, invariant));
        else side.take({ type: 'unjudged', reason: `the invariant ${invariant.id} could not be checked: ${why}` });
      }),
    );
  }
}

function openJudging({ record }: FinalOptions, variant: Variant): Judging {
  const judge = openFactJudge(variant.name);
  return {
    variant,
    take(fact) {
      record?.(variant.name, fact);
      judge.take(fact);
    },
    missing: () => judge.missing,
    verdict: () => judge.verdict(),
  };
}

/** Ends a judgement that cannot be made. */
function fail(judging: Judging, reason: string): VariantVerdict {
  judging.take({ type: 'unjudged', reason });
  judging.take({ type: 'end', lag: { records: 0, ms: 0 } });
  return judging.verdict();
}

interface Cut {
  readonly cutLsn: string;
  readonly starts: Offsets;
  readonly ends: Offsets;
}

async function openSide(options: FinalOptions, judging: Judging, cut: Cut): Promise<Side | Judging> {
  const { variant } = judging;
  try {
    const applied = await variant.applied();
    const { passages } = options.memory.variant(variant.name);
    passages.note(applied, cut.starts);
    passages.noteJumps(variant.jumps);
    const stalled = options.stalled?.get(variant.name);
    judging.take({
      type: 'cut',
      cutLsn: cut.cutLsn,
      starts: Object.fromEntries(cut.starts),
      ends: Object.fromEntries(cut.ends),
      applied: Object.fromEntries(applied),
      ledgerSeq: options.ledger.operations.at(-1)?.seq ?? 0,
      ...(stalled === undefined ? {} : { stalled }),
    });
    const view = await engineOf(variant.sink).openReadView(variant.sink, options.signal);
    return {
      ...judging,
      ...{ applied, view, catalog: await catalogOf(view) },
      ...{ compared: new Map(), differing: 0, broken: false },
    };
  } catch (error) {
    options.signal?.throwIfAborted();
    fail(judging, `the sink could not be read: ${messageOf(error)}`);
    return judging;
  }
}

/** Transactions of which rows are wrong for want of their change, while others are as they left them. */
function takeTransactions({ log }: FinalOptions, { compared, missing, applied, take }: Side): void {
  if (compared === undefined) return;
  const partly = partlyApplied(log, missing(), ({ table, key, event }) => {
    if (compared.get(table)?.has(key) !== false) return false;
    const passed = event.offset < (applied.get(topicPartition(event.topic, event.partition)) ?? 0n);
    return passed && log.history(table, key)?.change?.lsn === event.lsn;
  });
  for (const { txn, rows, present, missing: missed } of partly)
    take({ type: 'transaction', txn, rows, present, missing: missed.map(({ table, key }) => ({ table, key })) });
}

/** Compares one table with all sinks. Sinks whose columns are alike share one reading of the source. */
async function compareTable(
  options: FinalOptions,
  source: ReadView,
  table: Table,
  sides: readonly Side[],
  starts: Offsets,
): Promise<void> {
  const groups = new Map<string, { plans: Plans; comparisons: Comparison[] }>();
  for (const side of sides) {
    if (side.broken) continue;
    const sink = side.catalog.get(tableId(table));
    // Without the table, or without its key, each row of the source is compared with nothing.
    const plans = (sink === undefined ? undefined : plansFor(table, sink)) ?? undefined;
    side.take({ type: 'columns', source: table, ...(sink === undefined ? {} : { sink }) });
    const read = plans ?? plansFor(table, table);
    if (read === undefined) continue;
    const group = groups.get(`${plans !== undefined} ${read.signature}`) ?? { plans: read, comparisons: [] };
    groups.set(`${plans !== undefined} ${read.signature}`, group);
    const rows = groupedStream(plans === undefined ? nothing() : side.view.stream(read.sink));
    group.comparisons.push({
      side,
      rows,
      states: stateContext(options, side, table, read, starts),
    });
  }
  for (const { plans, comparisons } of groups.values()) {
    await mergeAll(options, groupedStream(source.stream(plans.source)), comparisons, table);
  }
}

async function* nothing(): AsyncGenerator<never> {}

interface Comparison {
  readonly side: Side;
  readonly rows: GroupedStream;
  readonly states: StateContext;
}

function stateContext(
  options: FinalOptions,
  { variant, applied }: Side,
  table: Table,
  plans: Plans,
  starts: Offsets,
): StateContext {
  const id = tableId(table);
  const memory = options.memory.variant(variant.name);
  const words = options.memory.words(options.ledger);
  return {
    table: id,
    catalog: table,
    plan: plans.sink,
    keyed: plans.keyed,
    engine: engineOf(options.pipeline.source),
    sinkEngine: engineOf(variant.sink),
    source: options.pipeline.source,
    log: options.log,
    word: (key) => (plans.keyed ? words.word(id, key) : undefined),
    applied,
    starts,
    passages: memory.passages,
    returned: (key) => memory.table(id).deleted.get(key),
    right: (key) => memory.table(id).right.get(key),
    effects: variant.effects?.bind(variant, id),
  };
}

/** Walks the source once and every sink beside it, batch by batch of the source. */
async function mergeAll(
  options: FinalOptions,
  source: GroupedStream,
  comparisons: readonly Comparison[],
  table: Table,
): Promise<void> {
  for (;;) {
    options.signal?.throwIfAborted();
    const groups = await source.next();
    const last = groups?.at(-1)?.key;
    await Promise.all(
      comparisons.map(async (comparison) => {
        if (comparison.side.broken) return;
        try {
          await judgeDiffering(comparison, diff(groups ?? [], await comparison.rows.upTo(last)));
        } catch (error) {
          options.signal?.throwIfAborted();
          comparison.side.broken = true;
          comparison.side.take({
            type: 'unjudged',
            reason: `${tableId(table)} could not be compared: ${messageOf(error)}`,
          });
        }
      }),
    );
    if (groups === undefined) break;
  }
  for (const { side, rows } of comparisons)
    if (!side.broken) side.take({ type: 'rows', table: tableId(table), sourceRows: source.rows, sinkRows: rows.rows });
}

/** The keys whose rows are not the same on both sides. Both lists are complete for the range of keys that they span. */
function diff(source: readonly Group[], sink: readonly Group[]): Differing[] {
  const unmatched = new Map(sink.map((group) => [group.key, group]));
  const found: Differing[] = [];
  for (const { key, rows } of source) {
    const other = unmatched.get(key)?.rows ?? [];
    unmatched.delete(key);
    if (rows.length !== other.length || rows.some((row, index) => row.row !== other[index]?.row))
      found.push({ key, source: rows, sink: other });
  }
  for (const { key, rows } of unmatched.values()) found.push({ key, source: [], sink: rows });
  return found;
}

async function judgeDiffering({ states, side }: Comparison, differing: readonly Differing[]): Promise<void> {
  noteDiffering(side, states.table, differing);
  for (const state of await keyStates(states, differing)) side.take({ type: 'key', table: states.table, state });
}

/** Keys that differ of which it is remembered that they do. */
const DIFFERING_MAX = 100_000;

function noteDiffering(side: Side, table: TableId, keys: readonly Differing[]): void {
  side.differing += keys.length;
  if (side.differing > DIFFERING_MAX) side.compared = undefined;
  const known = side.compared?.get(table) ?? new Set<Key>();
  side.compared?.set(table, known);
  for (const { key } of keys) known.add(key);
}
