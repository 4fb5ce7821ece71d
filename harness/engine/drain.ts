import { type TableId, tableId } from '#model/catalog.ts';
import type { Stall } from '#model/observation.ts';
import type { Operation } from '#model/operation.ts';
import type { Pipeline, Variant } from '#model/pipeline.ts';
import { type Offsets, splitPartition } from '#model/position.ts';
import { KEYLESS } from '#model/values.ts';
import { pairOf } from '#verify/observe/plan.ts';
import type { Ledger } from '#workloads/ledger.ts';
import { rowName } from '#workloads/ledger.ts';
import type { Waits } from './watch.ts';

/** What a drain has shown. */
export interface Drained {
  /** Operations of the ledger whose row the log shows in an older state; 0 when all was captured. */
  readonly uncaptured: number;
  /** Per variant when it had applied everything, by `performance.now()`. */
  readonly doneAt: ReadonlyMap<string, number>;
  /** Where and why a variant is not through, by its name: an error of its own, or what was left at the limit. */
  readonly stuck: ReadonlyMap<string, Stall>;
}

export interface DrainOptions {
  readonly pipeline: Pipeline;
  readonly ledger: Ledger;
  readonly waits: Waits;
  readonly limitMs: number;
  /** Whether what the log lacks now will not come any more. Asked again and again; without it the limit says so. */
  readonly hopeless?: () => Promise<boolean>;
}

/** The tables whose rows arrive somewhere: captured, and compared at one sink at least. */
async function awaited(pipeline: Pipeline): Promise<ReadonlySet<TableId>> {
  const specs = [...pipeline.variants.values()].map(({ spec }) => spec);
  const tables = await pipeline.tables();
  const compared = tables.filter((table) => specs.some((spec) => pairOf(spec, table, new Map()) !== undefined));
  return new Set(compared.map(tableId));
}

/** The last committed operation of each row of these tables of which the log does not show it yet. */
export function uncaptured(
  ledger: Pick<Ledger, 'operations'>,
  log: Pick<Pipeline['log'], 'holds'>,
  tables: ReadonlySet<TableId>,
): readonly Operation[] {
  const seen = new Set<string>();
  const missing: Operation[] = [];
  for (let index = ledger.operations.length - 1; index >= 0; index--) {
    const operation = ledger.operations[index];
    if (operation === undefined || operation.outcome !== 'ok' || !tables.has(operation.table)) continue;
    const name = rowName(operation);
    // Of rows that no key names each operation is one of its own.
    if (operation.key !== KEYLESS && seen.has(name)) continue;
    seen.add(name);
    if (!log.holds(operation.table, operation.key, operation.txn)) missing.push(operation);
  }
  return missing;
}

function tell(missing: readonly Operation[]): string {
  const [first] = missing;
  if (first === undefined) return 'every change is captured';
  return `${missing.length} rows whose last change is not in the log, for example ${first.table} ${first.key} (${first.kind}, transaction ${first.txn})`;
}

/** What a program that tries the same again and again says of it is why it stands still. */
function said({ lastWords }: Pick<Variant, 'lastWords'>): string {
  const words = lastWords?.();
  return words === undefined ? '' : `; its last output: ${words}`;
}

const CONSUMERS_LIMIT_MS_MIN = 10_000;
/**
 * A consumer that has nothing but tombstones left gets so long for them. Debezium's JDBC sink commits no offset of a record that
 * a transform dropped, and ExtractNewRecordState drops the tombstone behind each delete.
 */
const TOMBSTONES_LIMIT_MS = 2000;

/** Why the source connector captures nothing; undefined while it runs, or where its worker does not say. */
async function captureStall({ capture }: Pipeline): Promise<Stall | undefined> {
  const status = await capture.status().catch(() => undefined);
  if (status === undefined || status.state === 'running') return undefined;
  return { hop: 'source-to-log', reason: status.error ?? `the source connector is ${status.state}` };
}

/** A consumer's position, or the log's start where that lies above: there is nothing in between to be applied. */
export function heldFrom(applied: Offsets, starts: Offsets): Offsets {
  const from = new Map(applied);
  for (const [partition, start] of starts) if (start > (applied.get(partition) ?? 0n)) from.set(partition, start);
  return from;
}

/** Whether `applied` has reached every end. */
export function reached(applied: Offsets, ends: Offsets): boolean {
  for (const [partition, end] of ends) if ((applied.get(partition) ?? 0n) < end) return false;
  return true;
}

/** How many records below the ends have been applied: what comes behind them is no progress. */
function appliedBelow(applied: Offsets, ends: Offsets): bigint {
  let sum = 0n;
  for (const [partition, end] of ends) {
    const at = applied.get(partition) ?? 0n;
    sum += at < end ? at : end;
  }
  return sum;
}

const TOPICS_TOLD_MAX = 3;

/** The topics in which `applied` has not reached the end, in words. */
export function topicsLeft(applied: Offsets, ends: Offsets): string {
  const open = [...ends].filter(([partition, end]) => (applied.get(partition) ?? 0n) < end);
  const topics = [...new Set(open.map(([partition]) => splitPartition(partition).topic))].sort();
  const more = topics.length - TOPICS_TOLD_MAX;
  return `${topics.slice(0, TOPICS_TOLD_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/**
 * Waits, after the writers have stopped, until everything they committed is in the log and every variant has applied
 * the log to its end. What is not through within the limit is said, not thrown: it is for the verifier to judge.
 */
export async function drain(options: DrainOptions): Promise<Drained> {
  const { pipeline, ledger, waits, limitMs } = options;
  const started = performance.now();
  // However long the log took, the consumers get a moment.
  const left = (): number => Math.max(CONSUMERS_LIMIT_MS_MIN, limitMs - (performance.now() - started));
  const tables = await awaited(pipeline);
  let missing = uncaptured(ledger, pipeline.log, tables);
  await forgiving(
    waits.until(
      'every committed change to be captured',
      async () => {
        missing = uncaptured(ledger, pipeline.log, tables);
        return (
          missing.length === 0 || (await captureStall(pipeline)) !== undefined || (await options.hopeless?.()) === true
        );
      },
      { limitMs, progress: () => missing.length, saw: () => tell(missing) },
    ),
  );
  const ends = await pipeline.log.endOffsets();
  await forgiving(
    waits.until('the verifier to catch up with the log', () => reached(pipeline.log.position(), ends), {
      limitMs: left(),
      progress: () => pipeline.log.records,
    }),
  );
  const doneAt = new Map<string, number>();
  const stuck = new Map<string, Stall>();
  /** By variant, how much of the log it has applied, in records. */
  const came = new Map<string, bigint>();
  /** Since when a variant has nothing left that is a change. */
  const throughSince = new Map<string, number>();
  const passedChanges = (name: string, held: Offsets): boolean => {
    if (pipeline.log.lag(held, ends).records > 0) return false;
    const since = throughSince.get(name) ?? performance.now();
    throughSince.set(name, since);
    return performance.now() - since >= TOMBSTONES_LIMIT_MS;
  };
  const look = async (variant: Variant): Promise<void> => {
    if (doneAt.has(variant.name)) return;
    const held = heldFrom(await variant.applied(), await pipeline.log.startOffsets());
    came.set(variant.name, appliedBelow(held, ends));
    const status = reached(held, ends) ? undefined : await variant.status();
    // One that has failed may have done so because of a tombstone.
    if (status === undefined || (status.state === 'running' && passedChanges(variant.name, held))) {
      doneAt.set(variant.name, performance.now());
      stuck.delete(variant.name);
      return;
    }
    stuck.set(variant.name, {
      hop: 'log-to-sink',
      reason: status.error ?? `${status.state}, with unapplied records in ${topicsLeft(held, ends)}${said(variant)}`,
    });
  };
  const variants = [...pipeline.variants.values()];
  const failed = async (variant: Variant): Promise<boolean> => (await variant.status()).state === 'failed';
  await forgiving(
    waits.until(
      'every variant to catch up with the log',
      async () => {
        await Promise.all(variants.map(look));
        const waiting = variants.filter((variant) => !doneAt.has(variant.name));
        // One that has failed will not go on by itself: the others are worth waiting for, it is not.
        return (await Promise.all(waiting.map(failed))).every((one) => one);
      },
      {
        limitMs: left(),
        progress: () => [...came.values()].join(),
        saw: () => [...stuck.keys()].join(', '),
      },
    ),
  );
  if (missing.length > 0) {
    doneAt.clear();
    // What a running connector has left out is lost. What one that stands still has not captured yet is late.
    const stall = await captureStall(pipeline);
    if (stall !== undefined) for (const { name } of variants) stuck.set(name, stall);
  }
  return { uncaptured: missing.length, doneAt, stuck };
}

/** A wait that ran out of time is an observation here, not an error; an abort still is one. */
export async function forgiving(wait: Promise<void>): Promise<void> {
  try {
    await wait;
  } catch (error) {
    if (!(error instanceof Error) || (error as { code?: string }).code !== 'timed-out') throw error;
  }
}
