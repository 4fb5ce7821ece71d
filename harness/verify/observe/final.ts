import { engineOf } from '#engines/index.ts';
import type { ReadView } from '#engines/port/compare.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { Fact, Stall, VariantVerdict } from '#model/observation.ts';
import type { Variant } from '#model/pipeline.ts';
import { type Offsets, topicPartition } from '#model/position.ts';
import { messageOf } from '#std/errors.ts';
import { openPlacedJudge } from '#verify/placed.ts';
import { catchesUp } from './catch-up.ts';
import { compareFanIn, readAlike, wroteLast } from './fan-in.ts';
import { checkInvariant } from './invariants.ts';
import { groupedStream } from './key-order.ts';
import { keyStates, type StateContext } from './key-states.ts';
import { partlyApplied } from './partly-applied.ts';
import { betweenOf, type Plans, pairOf, plansFor, rangesAlike, sharedTables, whyIncomparable } from './plan.ts';
import { allOpened, catalogOf, openSinkView } from './sides.ts';
import { stateContext } from './state-context.ts';
import { type Subject, variantsOf } from './subject.ts';
import { takeVersions } from './take-versions.ts';
import { type Comparison, hashAll, type Judging, mergeAll, noteDiffering, type Side, whole } from './whole-table.ts';

/** Is handed what a check sees of each variant, in the order in which it is judged. */
export type RecordFact = (variant: string, fact: Fact) => void;

export interface FinalOptions extends Subject {
  readonly record?: RecordFact;
  /** Variants that did not drain, and why. What they have not applied is then in flight, not lost. */
  readonly stalled?: ReadonlyMap<string, Stall>;
}

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
    if (!(await catchesUp(log, ends, CATCH_UP_MS, signal))) return judging.map((one) => fail(one, unread(log)));
    const source = stack.use(await engineOf(pipeline.source).compare.openReadView(pipeline.source, signal));
    const tables = await source.readCatalog({ tables: (await pipeline.tables()).map(tableId) });
    const cutLsn = engineOf(pipeline.source).source.formatPosition(source.position);
    const opened = await allOpened(
      stack,
      judging.map((one) => openSide(options, one, { cutLsn, starts, ends, tables })),
    );
    const sides = opened.flatMap((side) => ('view' in side ? [side] : []));
    for (const table of tables) {
      await compareTable(options, source, table, sides, starts);
      for (const side of sides) takeVersions(options, table, side);
    }
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
    const why = failure ?? (count > 0 ? `the source itself violates it: ${violations[0]}` : undefined);
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
  const judge = openPlacedJudge(variant.name);
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

/** Why nothing can be said: the verifier itself has not seen everything. */
function unread({ trouble }: FinalOptions['log']): string {
  const why = trouble === undefined ? '' : `: ${trouble}`;
  return `the verifier's own reader did not reach the end of the log${why}`;
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
      engine: options.pipeline.source.engine,
      cutLsn: cut.cutLsn,
      starts: Object.fromEntries(cut.starts),
      ends: Object.fromEntries(cut.ends),
      applied: Object.fromEntries(applied),
      ledgerSeq: options.ledger.operations.at(-1)?.seq ?? 0,
      ...(stalled === undefined ? {} : { stalled }),
    });
    const { view, changes } = await openSinkView(variant, options.pipeline.source, options.signal);
    const catalog = await catalogOf(view);
    return {
      ...judging,
      ...{
        ...{ applied, view, catalog },
        ...(changes === undefined ? {} : { changes }),
        shared: sharedTables(variant.spec, cut.tables, catalog, betweenOf(options.pipeline.source, variant)),
      },
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
    const across = betweenOf(options.pipeline.source, side.variant);
    const pair = pairOf(side.variant.spec, table, side.catalog, across);
    if (pair === undefined) continue;
    const { source: ours, sink, exact } = pair;
    // Those are compared together.
    if (side.shared.has(tableId(table))) continue;
    // Without the table, or without its key, each row of the source is compared with nothing.
    const plans = sink === undefined ? undefined : plansFor(ours, sink, { exact, across });
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
    const hashed = plans !== undefined && sink !== undefined && comparesByHash(options, side, plans);
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
  const across = betweenOf(options.pipeline.source, side.variant);
  const pairs = shared.map((table) => ({ table, ...pairOf(side.variant.spec, table, side.catalog, across) }));
  for (const group of Map.groupBy(pairs, ({ sink }) => (sink === undefined ? '' : tableId(sink))).values()) {
    const members = group.flatMap(({ table, source: ours, sink, exact }) => {
      const plans = ours === undefined || sink === undefined ? undefined : plansFor(ours, sink, { exact, across });
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
function comparesByHash({ pipeline }: FinalOptions, { variant }: Side, plans: Plans): boolean {
  return plans.sink.table.key.join() === plans.source.table.key.join() && rangesAlike(pipeline.source, variant, plans);
}

async function* nothing(): AsyncGenerator<never> {}
