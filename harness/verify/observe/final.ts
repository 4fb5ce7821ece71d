import type { ReadView } from '#engines/engine.ts';
import { engineOf } from '#engines/index.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Finding } from '#model/finding.ts';
import type { VariantVerdict } from '#model/observation.ts';
import type { Variant } from '#model/pipeline.ts';
import { type Offsets, topicPartition } from '#model/position.ts';
import type { Key } from '#model/values.ts';
import { messageOf } from '#std/errors.ts';
import { judgeKey } from '#verify/judge/judge-key.ts';
import { judgeColumns } from '#verify/judge/judge-table.ts';
import { type MissingRow, neverApplied } from '#verify/judge/judge-transaction.ts';
import { judgeVariant, type Stall, unjudged } from '#verify/judge/judge-variant.ts';
import { createTally, type TableFigures, type Tally } from '#verify/judge/tally.ts';
import { type Group, type GroupedStream, groupedStream } from './key-order.ts';
import { type Differing, keyStates, type StateContext } from './key-states.ts';
import { allOpened, catalogOf } from './look.ts';
import { partlyApplied } from './partly-applied.ts';
import { type Plans, plansFor } from './plan.ts';
import { type Subject, variantsOf } from './subject.ts';

export interface FinalOptions extends Subject {
  /** Variants that did not drain, and why. What they have not applied is then in flight, not lost. */
  readonly stalled?: ReadonlyMap<string, Stall>;
  /** How long the verifier's own reader may take to see the log's end. */
  readonly catchUpMs?: number;
}

/** One sink while it is compared. */
interface Side {
  readonly variant: Variant;
  readonly applied: Offsets;
  readonly view: ReadView;
  readonly catalog: ReadonlyMap<string, Table>;
  readonly results: { readonly tally: Tally; readonly figures: TableFigures }[];
  /** Keys that differ, by table; undefined once there are too many to remember. */
  differing: Map<TableId, Set<Key>> | undefined;
  differingKeys: number;
  readonly missing: MissingRow[];
  failure?: string;
}

const CATCH_UP_MS = 10_000;
/** Rows that are looked at for whether they are the missing part of a transaction. */
const MISSING_MAX = 5000;

/**
 * Compares every row and column of every table with every sink, exactly. To be called when the writers have stopped and
 * the pipeline has drained, or will not. Rows are read in key order from one consistent view of each database and merged,
 * so memory is bounded by a batch; only keys that differ are looked up in log and ledger and judged. A sink that cannot be
 * read, and a check that cannot see the log's end, yield UNKNOWN.
 */
export async function finalCheck(options: FinalOptions): Promise<VariantVerdict[]> {
  const variants = variantsOf(options);
  const { log, pipeline, signal } = options;
  await using stack = new AsyncDisposableStack();
  try {
    const ends = await log.endOffsets();
    const starts = await log.startOffsets();
    if (!(await log.awaitCaughtUp(ends, options.catchUpMs ?? CATCH_UP_MS, signal)))
      return variants.map(({ name }) => unjudged(name, "the verifier's own reader did not reach the end of the log"));
    const source = stack.use(await engineOf(pipeline.source).openReadView(pipeline.source, signal));
    const tables = await source.readCatalog({ tables: (await pipeline.tables()).map(tableId) });
    const opened = await allOpened(
      stack,
      variants.map((variant) => openSide(options, variant, starts)),
    );
    const sides = opened.flatMap((side) => ('view' in side ? [side] : []));
    for (const table of tables) await compareTable(options, source, table, sides, starts);
    return opened.map((side) => ('view' in side ? conclude(options, side, ends) : side));
  } catch (error) {
    signal?.throwIfAborted();
    return variants.map(({ name }) => unjudged(name, `the source could not be compared: ${messageOf(error)}`));
  }
}

async function openSide(options: FinalOptions, variant: Variant, starts: Offsets): Promise<Side | VariantVerdict> {
  try {
    const applied = await variant.applied();
    const { passages } = options.memory.variant(variant.name);
    passages.note(applied, starts);
    passages.noteJumps(variant.jumps);
    const view = await engineOf(variant.sink).openReadView(variant.sink, options.signal);
    return { variant, applied, view, catalog: await catalogOf(view), ...fresh() };
  } catch (error) {
    options.signal?.throwIfAborted();
    return unjudged(variant.name, `the sink could not be read: ${messageOf(error)}`);
  }
}

function conclude(options: FinalOptions, side: Side, ends: Offsets): VariantVerdict {
  const { variant, applied, results, failure } = side;
  const lag = options.log.lag(applied, ends);
  if (failure !== undefined) return unjudged(variant.name, failure, lag);
  const stalled = options.stalled?.get(variant.name);
  for (const finding of transactionsInPart(options, side))
    results.find(({ figures }) => figures.table === finding.table)?.tally.add(finding);
  const verdict = judgeVariant({
    variant: variant.name,
    tables: results,
    lag,
    ...(stalled === undefined ? {} : { stalled }),
  });
  return { ...verdict, partialTransactions: options.log.transactions.inPart(applied) };
}

const DIFFERING_MAX = 100_000;

function fresh(): Pick<Side, 'results' | 'differing' | 'differingKeys' | 'missing'> {
  return { results: [], differing: new Map(), differingKeys: 0, missing: [] };
}

function noteDiffering(side: Side, table: TableId, keys: readonly Differing[]): void {
  side.differingKeys += keys.length;
  if (side.differingKeys > DIFFERING_MAX) side.differing = undefined;
  const known = side.differing?.get(table) ?? new Set<Key>();
  side.differing?.set(table, known);
  for (const { key } of keys) known.add(key);
}

/** Transactions of which rows are wrong for want of their change, while others are as they left them. */
function transactionsInPart({ log }: FinalOptions, { differing, missing, results, applied }: Side): readonly Finding[] {
  if (differing === undefined) return [];
  const compared = new Set(results.map(({ figures }) => figures.table));
  return partlyApplied(log, missing, ({ table, key, event }) => {
    if (!compared.has(table) || differing.get(table)?.has(key) === true) return false;
    const passed = event.offset < (applied.get(topicPartition(event.topic, event.partition)) ?? 0n);
    return passed && log.history(table, key)?.change?.lsn === event.lsn;
  });
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
  const without: Side[] = [];
  for (const side of sides) {
    if (side.failure !== undefined) continue;
    const sink = side.catalog.get(tableId(table));
    // Without the table, or without its key, each row of the source is compared with nothing.
    const plans = (sink === undefined ? undefined : plansFor(table, sink)) ?? undefined;
    const tally = createTally();
    if (sink !== undefined) for (const finding of judgeColumns({ source: table, sink })) tally.add(finding);
    if (plans === undefined) without.push(side);
    const read = plans ?? plansFor(table, table);
    if (read === undefined) continue;
    const group = groups.get(`${plans !== undefined} ${read.signature}`) ?? { plans: read, comparisons: [] };
    groups.set(`${plans !== undefined} ${read.signature}`, group);
    const rows = groupedStream(plans === undefined ? nothing() : side.view.stream(read.sink));
    group.comparisons.push({
      side,
      tally,
      rows,
      inFlight: 0,
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
  readonly tally: Tally;
  readonly rows: GroupedStream;
  readonly states: StateContext;
  inFlight: number;
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
        if (comparison.side.failure !== undefined) return;
        try {
          await judgeDiffering(options, comparison, diff(groups ?? [], await comparison.rows.upTo(last)));
        } catch (error) {
          options.signal?.throwIfAborted();
          comparison.side.failure = `${tableId(table)} could not be compared: ${messageOf(error)}`;
        }
      }),
    );
    if (groups === undefined) break;
  }
  for (const { side, tally, rows, inFlight } of comparisons) {
    const figures = { table: tableId(table), sourceRows: source.rows, sinkRows: rows.rows, inFlight, behind: true };
    side.results.push({ tally, figures });
  }
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

async function judgeDiffering(
  options: FinalOptions,
  comparison: Comparison,
  differing: readonly Differing[],
): Promise<void> {
  const { states, tally, side } = comparison;
  const stalled = options.stalled?.get(side.variant.name);
  noteDiffering(side, states.table, differing);
  for (const state of await keyStates(states, differing)) {
    if (isUnderWay(state, stalled)) {
      comparison.inFlight++;
      continue;
    }
    const findings = judgeKey(states.table, state);
    for (const finding of findings) tally.add(finding);
    const event = neverApplied(state, findings);
    const [finding] = findings;
    if (event !== undefined && finding !== undefined && side.missing.length < MISSING_MAX)
      side.missing.push({ table: states.table, key: state.key, event, finding });
  }
}

/**
 * After the drain a change that the consumer has not passed yet is late, not lost, unless it has left the log: it cannot be
 * passed any more then, and a consumer that has nothing else to read never moves its position over it. One that was never
 * captured is lost, unless the connector is known to have stalled.
 */
function isUnderWay(state: Awaited<ReturnType<typeof keyStates>>[number], stalled: Stall | undefined): boolean {
  if (state.log !== undefined && !state.log.consumed && !state.log.expired) return true;
  return stalled?.hop === 'source-to-log' && (state.ledger?.captured === false || state.log === undefined);
}
