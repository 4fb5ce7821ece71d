import type { OffsetRange, Segment, Sink, SinkFailure, SinkTable, SinkTransaction } from '#engines/port/sink.ts';
import { isPoison } from '#log/decode.ts';
import type { TableId } from '#model/catalog.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import { topicPartition } from '#model/position.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { compactInserts, compactUpserts } from './compact.ts';
import { type Entry, rangesOf, type Staged, stage } from './entries.ts';
import { guardQuestions, passGuards } from './guard.ts';
import { schemaCheck } from './schema-check.ts';
import type { ApplierSettings } from './settings.ts';

export interface ApplyingOptions {
  readonly sink: Sink;
  readonly settings: ApplierSettings;
  readonly signal: AbortSignal;
  /** Called after each transaction with what it has applied. */
  onApplied(ranges: readonly OffsetRange[]): void;
  /** What is done with a record that cannot be applied, unless the applier stops at it. */
  setAside(entry: Entry, reason: string): Promise<void>;
  /** The sink cannot be reached just now, or can again. */
  onTrouble(error: string | undefined): void;
}

/** How long a sink may be away before the applier gives up. */
const SINK_AWAY_LIMIT_MS = 600_000;

interface Attempt {
  readonly failure: Exclude<SinkFailure, 'unavailable'> | undefined;
  readonly error?: unknown;
}

/**
 * Applies entries in their order, a transaction a call. Throws an OperatorError at the first entry that must stop the
 * applier; all entries before it have then been applied, and none after it.
 */
export function applying(options: ApplyingOptions): (entries: readonly Entry[]) => Promise<void> {
  const { sink, settings } = options;
  const schema = schemaCheck(sink, settings);

  const attempt = (entries: readonly Entry[]): Promise<Attempt> =>
    until(
      async () => {
        try {
          await writeOnce(sink, settings, entries);
          options.onTrouble(undefined);
          return { failure: undefined };
        } catch (error) {
          const failure = sink.failureOf(error);
          if (failure !== 'unavailable') return { failure, error };
          options.onTrouble(messageOf(error));
          throw error;
        }
      },
      { what: 'the sink to take a batch', limitMs: SINK_AWAY_LIMIT_MS, signal: options.signal, maxPauseMs: 1000 },
    );

  const write = async (entries: readonly Entry[]): Promise<void> => {
    if (entries.length === 0) return;
    let result = await attempt(entries);
    if (result.failure === 'other') {
      // The table may have been altered past us: look at the catalog again, once.
      schema.forget();
      for (const { decoded } of entries) if (isEvent(decoded)) await problemOf(schema, decoded, options);
      result = await attempt(entries);
    }
    if (result.failure === 'data') return halve(entries, result.error);
    if (result.failure !== undefined) throw stopped(entries, messageOf(result.error), result.error);
    options.onApplied(rangesOf(entries));
  };

  /** Finds the entry whose data the sink refuses, and applies all the others. */
  const halve = async (entries: readonly Entry[], error: unknown): Promise<void> => {
    const [only] = entries;
    if (entries.length === 1 && only !== undefined) {
      if (settings.errors === 'stop') throw stopped(entries, messageOf(error), error);
      await options.setAside(only, messageOf(error));
      return write([{ ...only, decoded: undefined }]);
    }
    const middle = entries.length >> 1;
    await write(entries.slice(0, middle));
    await write(entries.slice(middle));
  };

  return async (entries) => {
    let ready: Entry[] = [];
    for (const entry of entries) {
      const { decoded } = entry;
      const drift = isEvent(decoded) ? await problemOf(schema, decoded, options) : undefined;
      if (drift !== undefined) {
        await write(ready);
        throw drift;
      }
      const reason = reasonAgainst(decoded, settings);
      if (reason === undefined) {
        ready.push(entry);
      } else if (settings.errors === 'stop') {
        await write(ready);
        throw stopped([entry], reason);
      } else {
        await options.setAside(entry, reason);
        ready = [...ready, { ...entry, decoded: undefined }];
      }
    }
    await write(ready);
  };
}

function isEvent(decoded: Entry['decoded']): decoded is ChangeEvent {
  return decoded !== undefined && !isPoison(decoded);
}

/** DDL of a sink that is away fails as well: it is waited for like a batch. */
function problemOf(
  schema: ReturnType<typeof schemaCheck>,
  event: ChangeEvent,
  options: ApplyingOptions,
): Promise<OperatorError | undefined> {
  return schema.problemOf(event).catch((error: unknown) => {
    if (options.sink.failureOf(error) !== 'unavailable') throw error;
    return until(async () => ({ problem: await schema.problemOf(event) }), {
      what: 'the sink to answer',
      limitMs: SINK_AWAY_LIMIT_MS,
      signal: options.signal,
      maxPauseMs: 1000,
    }).then(({ problem }) => problem);
  });
}

/** Why an entry cannot be applied, whatever the sink says. */
function reasonAgainst(decoded: Entry['decoded'], settings: ApplierSettings): string | undefined {
  if (decoded === undefined) return undefined;
  if (isPoison(decoded)) return decoded.poison;
  const byKey = decoded.op === 'update' || decoded.op === 'delete';
  if (byKey && Object.keys(decoded.key).length === 0) {
    return `the ${decoded.op} of ${decoded.table} has no key: ${settings.mode} cannot tell which row it means`;
  }
  return undefined;
}

function stopped(entries: readonly Entry[], reason: string, cause?: unknown): OperatorError {
  const [first] = entries;
  const where = first === undefined ? '' : `${first.record.topic}/${first.record.partition} at offset ${first.offset}`;
  return new OperatorError({
    code: 'applier-stopped',
    message: `the applier stopped at ${where}: ${reason}`,
    hint: 'fix what produces the record, or the sink, or let the applier skip such records (errors: skip or dlq)',
    exit: 1,
    cause,
  });
}

async function writeOnce(sink: Sink, settings: ApplierSettings, entries: readonly Entry[]): Promise<void> {
  if (settings.transactional) {
    await sink.transaction(async (transaction) => {
      await transaction.lock();
      const ranges = rangesOf(entries);
      const fresh = notYetApplied(entries, await transaction.seen(ranges));
      await writeTables(sink, transaction, settings, fresh);
      await transaction.remember(ranges);
    });
  } else if (entries.some((entry) => isEvent(entry.decoded))) {
    await sink.transaction((transaction) => writeTables(sink, transaction, settings, entries));
  }
}

/** Drops entries below the consumer's position, and those that stand in the dedup table. */
function notYetApplied(
  entries: readonly Entry[],
  { positions, applied }: Awaited<ReturnType<SinkTransaction['seen']>>,
): readonly Entry[] {
  const ranges = rangesOf(entries);
  const below = ranges.map(({ topic, partition }): OffsetRange => {
    return { topic, partition, from: 0n, next: positions.get(topicPartition(topic, partition)) ?? 0n };
  });
  // In general whatever has been applied lies before all of them.
  const done = [...applied, ...below].filter((range) => ranges.some((one) => overlap(one, range)));
  if (done.length === 0) return entries;
  return entries.filter(({ record: { topic, partition }, offset }) => {
    const here = { topic, partition, from: offset, next: offset + 1n };
    return !done.some((range) => overlap(here, range));
  });
}

function overlap(a: OffsetRange, b: OffsetRange): boolean {
  return a.partition === b.partition && a.topic === b.topic && a.from < b.next && b.from < a.next;
}

async function writeTables(
  sink: Sink,
  transaction: SinkTransaction,
  settings: ApplierSettings,
  entries: readonly Entry[],
): Promise<void> {
  for (const [id, staged] of byTable(entries)) {
    const table = await sink.table(id, settings.mode === 'dedup');
    if (table === undefined) continue;
    for (const segment of await segmentsOf(transaction, table, settings, staged)) {
      await transaction.write(table, segment);
    }
  }
}

async function segmentsOf(
  transaction: SinkTransaction,
  table: SinkTable,
  settings: ApplierSettings,
  staged: readonly Staged[],
): Promise<Segment[]> {
  if (settings.mode === 'insert') return compactInserts(staged);
  if (settings.mode === 'upsert') return compactUpserts(staged, false);
  const guards = await transaction.guards(table, (highest) => guardQuestions(staged, highest));
  return compactUpserts(passGuards(staged, guards), true);
}

function byTable(entries: readonly Entry[]): ReadonlyMap<TableId, Staged[]> {
  const tables = new Map<TableId, Staged[]>();
  for (const { decoded, receivedAtMs } of entries) {
    if (!isEvent(decoded)) continue;
    const staged = tables.get(decoded.table);
    if (staged === undefined) tables.set(decoded.table, [stage(decoded, receivedAtMs)]);
    else staged.push(stage(decoded, receivedAtMs));
  }
  return tables;
}
