import type { ReadView } from '#engines/port/compare.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Fact, VariantVerdict } from '#model/observation.ts';
import type { Variant } from '#model/pipeline.ts';
import type { Offsets } from '#model/position.ts';
import type { Key } from '#model/values.ts';
import { messageOf } from '#std/errors.ts';
import type { MissingRow } from '#verify/judge/judge-transaction.ts';
import { differingGroups } from './differing.ts';
import type { GroupedStream } from './key-order.ts';
import { type Differing, keyStates, type StateContext } from './key-states.ts';
import type { StoredChanges } from './objects/stored-changes.ts';
import type { Plans } from './plan.ts';
import type { Subject } from './subject.ts';
import { openSweep } from './sweep.ts';

/** One variant while it is judged. */
export interface Judging {
  readonly variant: Variant;
  /** Judges what was seen, and records it. */
  take(fact: Fact): void;
  /** Rows that the sink never had a transaction's change of. */
  missing(): readonly MissingRow[];
  verdict(): VariantVerdict;
}

/** One sink while it is compared. */
export interface Side extends Judging {
  readonly applied: Offsets;
  readonly view: ReadView;
  /** All that objects have of each table; absent where the sink is a database. */
  readonly changes?: StoredChanges;
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

/** What ends a comparison. */
type Ending = Pick<Subject, 'signal'>;

/** Lets the databases hash the table in pieces, and opens those that differ. `plans` are alike but for what only a sink has. */
export async function hashAll(
  options: Ending,
  source: ReadView,
  plans: Plans,
  comparisons: readonly Comparison[],
): Promise<void> {
  const { table } = plans.source;
  const sourceRows = await source.count(table, { exact: true });
  let after: Key | undefined;
  do {
    options.signal?.throwIfAborted();
    const sweep = await openSweep(source, plans, { after, limit: HASHED_ROWS, whole: false }, HASHED_PIECE);
    await Promise.all(
      comparisons.map((comparison) =>
        whole(options, comparison.side, table, async () => {
          const { side, states } = comparison;
          for (const piece of await sweep.differing(side.view, states.plan))
            await judgeDiffering(comparison, await sweep.open(piece, side.view, states.plan));
        }),
      ),
    );
    after = sweep.last;
  } while (after !== undefined);
  for (const { side, states } of comparisons)
    await whole(options, side, table, async () => {
      const sinkRows = await side.view.count(states.plan.table, { exact: true });
      // The table has been compared, though nothing of it may differ.
      noteDiffering(side, tableId(table), []);
      side.take({ type: 'rows', table: tableId(table), sourceRows, sinkRows });
    });
}

/** Does what a sink's comparison needs; where that fails, it cannot be judged. */
export async function whole({ signal }: Ending, side: Side, table: Table, compare: () => Promise<void>): Promise<void> {
  if (side.broken) return;
  try {
    await compare();
  } catch (error) {
    signal?.throwIfAborted();
    side.broken = true;
    side.take({ type: 'unjudged', reason: `${tableId(table)} could not be compared: ${messageOf(error)}` });
  }
}

/** A table at one sink, ready to be compared. */
export interface Comparison {
  readonly side: Side;
  readonly rows: GroupedStream;
  readonly states: StateContext;
}

/** Walks the source once and every sink beside it, batch by batch of the source. */
export async function mergeAll(
  options: Ending,
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

export function noteDiffering(side: Side, table: TableId, keys: readonly Differing[]): void {
  side.differing += keys.length;
  if (side.differing > DIFFERING_MAX) side.compared = undefined;
  const known = side.compared?.get(table) ?? new Set<Key>();
  side.compared?.set(table, known);
  for (const { key } of keys) known.add(key);
}
