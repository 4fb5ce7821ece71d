import { engineOf } from '#engines/index.ts';
import type { ReadView } from '#engines/port/compare.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Fact, Stall, VariantVerdict } from '#model/observation.ts';
import type { Variant } from '#model/pipeline.ts';
import { type Offsets, topicPartition } from '#model/position.ts';
import type { Key } from '#model/values.ts';
import { messageOf } from '#std/errors.ts';
import { openFactJudge } from '#verify/judge/judge-facts.ts';
import type { MissingRow } from '#verify/judge/judge-transaction.ts';
import { catchesUp } from './catch-up.ts';
import { differingGroups } from './differing.ts';
import { compareFanIn, readAlike, wroteLast } from './fan-in.ts';
import { checkInvariant } from './invariants.ts';
import { type GroupedStream, groupedStream } from './key-order.ts';
import { type Differing, keyStates, type StateContext } from './key-states.ts';
import { partlyApplied } from './partly-applied.ts';
import { asTheyStand, type Plans, pairOf, plansFor, sharedTables, whyIncomparable } from './plan.ts';
import { allOpened, catalogOf } from './sides.ts';
import { stateContext } from './state-context.ts';
import { type Subject, variantsOf } from './subject.ts';
import { openSweep } from './sweep.ts';

/** Is handed what a check sees of each variant, in the order in which it is judged. */
export type RecordFact = (variant: string, fact: Fact) => void;

export interface FinalOptions extends Subject {
  readonly record?: RecordFact;
  /** Variants that did not drain, and why. What they have not applied is then in flight, not lost. */
  readonly stalled?: ReadonlyMap<string, Stall>;
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
  /** Tables that it cannot be judged by, and why. */
  readonly shared: ReadonlyMap<TableId, string>;
  /** Tables that were compared to their end, each with its keys that differ; undefined once those are too many to remember. */
  compared: Map<TableId, Set<Key>> | undefined;
  differing: number;
  /** It could not be compared, and has been told so. */
  broken: boolean;
}

/** Rows that are hashed by one statement, and those of a piece of them. */
const HASHED_ROWS = 50_000;
const HASHED_PIECE = 500;
/** How long the verifier's own reader may stand still before the log's end. */
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
    if (!(await catchesUp(log, ends, CATCH_UP_MS, signal)))
      return judging.map((one) => fail(one, "the verifier's own reader did not reach the end of the log"));
    const source = stack.use(await engineOf(pipeline.source).compare.openReadView(pipeline.source, signal));
    const tables = await source.readCatalog({ tables: (await pipeline.tables()).map(tableId) });
    const cutLsn = engineOf(pipeline.source).source.formatPosition(source.lsn);
    const opened = await allOpened(
      stack,
      judging.map((one) => openSide(options, one, { cutLsn, starts, ends, tables })),
    );
    const sides = opened.flatMap((side) => ('view' in side ? [side] : []));
    for (const table of tables) await compareTable(options, source, table, sides, starts);
    for (const side of sides) await compareShared(options, source, tables, side, starts);
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
  readonly tables: readonly Table[];
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
    const view = await engineOf(variant.sink).compare.openReadView(variant.sink, options.signal);
    const catalog = await catalogOf(view);
    return {
      ...judging,
      ...{ applied, view, catalog, shared: sharedTables(variant.spec, cut.tables, catalog) },
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
  const groups = new Map<string, { plans: Plans; hashed: boolean; comparisons: Comparison[] }>();
  for (const side of sides) {
    if (side.broken) continue;
    const pair = pairOf(side.variant.spec, table, side.catalog);
    if (pair === undefined) continue;
    const { source: ours, sink, exact } = pair;
    // Those are compared together.
    if (side.shared.has(tableId(table))) continue;
    // Without the table, or without its key, each row of the source is compared with nothing.
    const plans = sink === undefined ? undefined : plansFor(ours, sink, { exact });
    const read = plans ?? plansFor(ours, ours);
    if (read === undefined) {
      const reason = `${tableId(table)} could not be compared: ${whyIncomparable(ours)}`;
      side.take({ type: 'unjudged', table: tableId(table), reason });
      continue;
    }
    const notes = plans === undefined ? [] : typeNotes(options, plans);
    side.take({
      type: 'columns',
      source: ours,
      ...(sink === undefined ? {} : { sink }),
      ...(notes.length === 0 ? {} : { notes }),
    });
    const hashed =
      plans !== undefined && sink !== undefined && asTheyStand(plans) && comparesByHash(options, ours, sink, plans);
    const name = `${plans !== undefined} ${hashed} ${read.signature}`;
    const group = groups.get(name) ?? { plans: read, hashed, comparisons: [] };
    groups.set(name, group);
    const rows = groupedStream(plans === undefined ? nothing() : side.view.stream(read.sink));
    group.comparisons.push({
      side,
      rows,
      states: stateContext(options, side, table, read, starts),
    });
  }
  for (const { plans, hashed, comparisons } of groups.values())
    if (hashed) await hashAll(options, source, plans, comparisons);
    else await mergeAll(options, groupedStream(source.stream(plans.source)), comparisons, table);
}

/** What a person must know of how the two sides' types are compared. */
function typeNotes({ pipeline }: FinalOptions, { source }: Plans): string[] {
  return source.columns.flatMap((pair) => {
    const note = engineOf(pipeline.source).compare.typeNote(pair);
    return note === undefined ? [] : [`${tableId(source.table)}.${pair.source.name} is ${note}`];
  });
}

/** Compares the tables of a sink that several of the source fill. */
async function compareShared(
  options: FinalOptions,
  source: ReadView,
  tables: readonly Table[],
  side: Side,
  starts: Offsets,
): Promise<void> {
  const shared = tables.filter((table) => side.shared.has(tableId(table)));
  const pairs = shared.map((table) => ({ table, ...pairOf(side.variant.spec, table, side.catalog) }));
  for (const group of Map.groupBy(pairs, ({ sink }) => (sink === undefined ? '' : tableId(sink))).values()) {
    const members = group.flatMap(({ table, source: ours, sink, exact }) => {
      const plans = ours === undefined || sink === undefined ? undefined : plansFor(ours, sink, { exact });
      return plans === undefined ? [] : [{ table: tableId(table), plans, catalog: table, sink }];
    });
    const [first] = group;
    if (first === undefined || side.broken) continue;
    if (members.length < group.length || !readAlike(members)) {
      for (const { table } of group)
        side.take({ type: 'unjudged', table: tableId(table), reason: side.shared.get(tableId(table)) ?? '' });
      continue;
    }
    for (const { plans } of members) side.take({ type: 'columns', source: plans.source.table, sink: plans.sink.table });
    await whole(options, side, first.table, async () => {
      const states = members.map(({ catalog, plans }) => stateContext(options, side, catalog, plans, starts));
      const { sourceRows, sinkRows } = await compareFanIn(
        { source, sink: side.view },
        members,
        (key) => wroteLast(options.log, members, key),
        async (index, differing) => {
          const context = states[index] as StateContext;
          noteDiffering(side, context.table, differing);
          for (const [place, state] of (await keyStates(context, differing)).entries()) {
            const collides = differing[place]?.collides;
            side.take({
              ...{ type: 'key', table: context.table },
              state: collides === undefined ? state : { ...state, collides },
            });
          }
        },
      );
      for (const [index, { table }] of members.entries())
        side.take({ type: 'rows', table, sourceRows: sourceRows[index] ?? 0, sinkRows: sinkRows[index] ?? 0 });
    });
  }
}

/** Rows can be compared piece by piece where both sides order the key alike and have an index of it. */
function comparesByHash(
  { pipeline }: FinalOptions,
  source: Table,
  sink: Table,
  { keyed, sink: { key } }: Plans,
): boolean {
  const engine = engineOf(pipeline.source);
  return keyed && sink.key.join() === source.key.join() && key.every((pair) => engine.compare.ordersAlike(pair));
}

/** Lets the databases hash the table in pieces, and opens those that differ. */
async function hashAll(
  options: FinalOptions,
  source: ReadView,
  plans: Plans,
  comparisons: readonly Comparison[],
): Promise<void> {
  const { table } = plans.source;
  const sourceRows = await source.count(table, { exact: true });
  let after: Key | undefined;
  do {
    options.signal?.throwIfAborted();
    const sweep = await openSweep(source, plans, { after, limit: HASHED_ROWS }, HASHED_PIECE);
    await Promise.all(
      comparisons.map((comparison) =>
        whole(options, comparison.side, table, async () => {
          for (const piece of await sweep.differing(comparison.side.view, plans.sink))
            await judgeDiffering(comparison, await sweep.open(piece, comparison.side.view, plans.sink));
        }),
      ),
    );
    after = sweep.last;
  } while (after !== undefined);
  for (const { side } of comparisons)
    await whole(options, side, table, async () => {
      const sinkRows = await side.view.count(plans.sink.table, { exact: true });
      // The table has been compared, though nothing of it may differ.
      noteDiffering(side, tableId(table), []);
      side.take({ type: 'rows', table: tableId(table), sourceRows, sinkRows });
    });
}

/** Does what a sink's comparison needs; where that fails, it cannot be judged. */
async function whole({ signal }: FinalOptions, side: Side, table: Table, compare: () => Promise<void>): Promise<void> {
  if (side.broken) return;
  try {
    await compare();
  } catch (error) {
    signal?.throwIfAborted();
    side.broken = true;
    side.take({ type: 'unjudged', reason: `${tableId(table)} could not be compared: ${messageOf(error)}` });
  }
}

async function* nothing(): AsyncGenerator<never> {}

interface Comparison {
  readonly side: Side;
  readonly rows: GroupedStream;
  readonly states: StateContext;
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
      comparisons.map((comparison) =>
        whole(options, comparison.side, table, async () =>
          judgeDiffering(comparison, differingGroups(groups ?? [], await comparison.rows.upTo(last))),
        ),
      ),
    );
    if (groups === undefined) break;
  }
  for (const { side, rows } of comparisons)
    if (!side.broken) side.take({ type: 'rows', table: tableId(table), sourceRows: source.rows, sinkRows: rows.rows });
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
