import { engineOf } from '#engines/index.ts';
import type { ReadView } from '#engines/port/compare.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database, Variant } from '#model/pipeline.ts';
import type { Offsets, TopicPartition } from '#model/position.ts';
import { messageOf } from '#std/errors.ts';
import { type ObjectsView, openObjectsView } from './objects/objects-view.ts';

/** A sink while it is looked at. */
export interface Side {
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

/** A view of a variant's sink; where that is objects also how far those reach that are listed, and all changes in them. */
export async function openSinkView(
  { sink, objects }: Variant,
  source: Pick<Database, 'engine'>,
  signal: AbortSignal | undefined,
): Promise<{ readonly view: ReadView } & Partial<Pick<ObjectsView, 'reach' | 'changes'>>> {
  if (objects === undefined) return { view: await engineOf(sink).compare.openReadView(sink, signal) };
  const view = await openObjectsView(objects, engineOf(source), signal);
  return { view, reach: view.reach, changes: view.changes };
}

export async function openSide(
  variant: Variant,
  source: Pick<Database, 'engine'>,
  signal: AbortSignal | undefined,
): Promise<Side | { readonly variant: Variant; readonly failure: string }> {
  try {
    const applied = await variant.applied();
    const { view, reach } = await openSinkView(variant, source, signal);
    const catalog = await catalogOf(view);
    // Objects that no list shows yet are late, whatever the group has committed.
    return { variant, applied: reach === undefined ? applied : lower(applied, reach), view, catalog };
  } catch (error) {
    signal?.throwIfAborted();
    return { variant, failure: `the sink could not be read: ${messageOf(error)}` };
  }
}

/** A consumer that cannot say where it is may be anywhere: nothing is settled then. */
export async function positionNow(variant: Variant): Promise<Offsets> {
  return variant.applied().catch(() => new Map<TopicPartition, bigint>());
}

export function lower(left: Offsets, right: Offsets): Offsets {
  const both = new Map<TopicPartition, bigint>();
  for (const [partition, offset] of left) {
    const other = right.get(partition) ?? 0n;
    both.set(partition, offset < other ? offset : other);
  }
  return both;
}
