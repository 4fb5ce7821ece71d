import type { EachBatchPayload, KafkaMessage } from 'kafkajs';
import { SOURCE_READERS } from '#engines/index.ts';
import { type DecodeContext, decodeChangeEvent, decodeContext, isPoison, keyAlone, type Poison } from '#log/decode.ts';
import type { ColumnTypes } from '#log/formats/column-types.ts';
import { formatReader } from '#log/formats/reader.ts';
import { decodePlain } from '#log/plain.ts';
import type { SourceReader } from '#log/source-block.ts';
import type { TableId } from '#model/catalog.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import { type TopicPartition, type TopicRoute, topicPartition } from '#model/position.ts';
import type { SchemaSource } from '#model/registered-schema.ts';
import { KEYLESS } from '#model/values.ts';
import { asWritten, type KeyNaming } from './key-naming.ts';
import type { LagClock } from './lag-clock.ts';
import type { LogIndex } from './log-index.ts';
import type { UndecodedLog } from './undecoded.ts';
import { valueTextFor } from './values/value-text.ts';

/** What a reader of the log needs, and what it notes its records in. */
export interface BatchReaderOptions {
  readonly tables: ReadonlyMap<string, readonly TopicRoute[]>;
  readonly block: SourceReader;
  readonly naming: KeyNaming | undefined;
  readonly index: Pick<LogIndex, 'add'>;
  readonly clock: Pick<LagClock, 'note' | 'noteTombstone'>;
  readonly undecoded: Pick<UndecodedLog, 'add'>;
  /** In each partition the offset of the next record. */
  readonly positions: Map<TopicPartition, bigint>;
  /** Topics of which records had left the log before they were read. */
  readonly incomplete: Set<string>;
  readonly onEvent: ((event: ChangeEvent) => void) | undefined;
  /** Has the schemas that stand in no record. */
  readonly registry?: SchemaSource | undefined;
  /** Says how columns are written of which records carry no schema. */
  readonly columns?: ColumnTypes | undefined;
}

export interface BatchReader {
  /** Takes a batch, each record once. */
  take(payload: EachBatchPayload): Promise<void>;
  /** Why a batch that it has waits; undefined while none does. */
  readonly trouble: string | undefined;
}

export function batchReader(options: BatchReaderOptions): BatchReader {
  const { naming, index, undecoded, positions, incomplete, onEvent } = options;
  const context = decodeContext(
    SOURCE_READERS,
    tablesAlone(options.tables),
    valueTextFor,
    formatReader(options.registry, options.columns, { topics: options.tables.keys() }),
  );
  const take = async ({ batch }: EachBatchPayload): Promise<void> => {
    const partition = topicPartition(batch.topic, batch.partition);
    const position = positions.get(partition) ?? 0n;
    // A batch comes again after an error in the middle of it, and the whole partition after the group was lost.
    const fresh = batch.messages.filter((message) => BigInt(message.offset) >= position);
    const [first] = fresh;
    // Connect writes no gaps: what is missing at the position has left the log.
    if (first !== undefined && BigInt(first.offset) > position) incomplete.add(batch.topic);
    await context.formats.prepare(fresh, batch.topic);
    const { events, unread } = decodeAll(batch, fresh, partition, context, options);
    const names = naming === undefined ? events.map(asWritten) : await naming(events);
    for (const [place, event] of events.entries()) {
      const named = names[place];
      if (named !== undefined) index.add(event, named.key, named);
      else undecoded.add(event.table, { partition, offset: event.offset, why: 'it does not identify a row' });
      positions.set(partition, event.offset + 1n);
      onEvent?.(event);
    }
    const concerned = (await naming?.(unread)) ?? [];
    for (const [place, { table, offset, why }] of unread.entries()) {
      const key = concerned[place]?.key;
      undecoded.add(table, { partition, offset, why }, key === KEYLESS ? undefined : key);
    }
    positions.set(partition, maxOf(position, BigInt(batch.lastOffset()) + 1n));
  };
  return {
    take,
    get trouble() {
      return context.formats.trouble;
    },
  };
}

type Batch = EachBatchPayload['batch'];

/** The events of a batch, and those of which no more than the key could be read, for each table that they may concern. */
function decodeAll(
  batch: Batch,
  messages: readonly KafkaMessage[],
  partition: TopicPartition,
  context: DecodeContext,
  { tables, block, clock }: BatchReaderOptions,
): { readonly events: readonly ChangeEvent[]; readonly unread: readonly Unread[] } {
  const events: ChangeEvent[] = [];
  const unread: Unread[] = [];
  for (const message of messages) {
    const offset = BigInt(message.offset);
    clock.note(partition, offset, Number(message.timestamp));
    const record = recordOf(batch, message);
    const event = decode(record, context, block);
    if (event === undefined) {
      clock.noteTombstone(partition, offset);
      continue;
    }
    if (!isPoison(event)) events.push(event);
    else
      for (const { table } of tables.get(batch.topic) ?? [])
        unread.push({ table, key: keyAlone(record, context), op: 'update', offset, why: event.poison });
  }
  return { events, unread };
}

function maxOf(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}

function recordOf(batch: EachBatchPayload['batch'], { offset, timestamp, key, value, headers }: KafkaMessage) {
  return { topic: batch.topic, partition: batch.partition, offset, timestamp, key, value, headers };
}

/** A record as the lab's own connector writes it; failing that, as somebody's own may. */
function decode(
  record: ReturnType<typeof recordOf>,
  context: DecodeContext,
  block: SourceReader,
): ChangeEvent | Poison | undefined {
  const headers = headersOf(record.headers);
  const told = record.value === null && '__op' in headers;
  const event = told ? undefined : decodeChangeEvent(record, context);
  if (!told && (event === undefined || !isPoison(event))) return event;
  const table = context.tables.get(record.topic);
  if (table === undefined) return event ?? { poison: UNNAMED };
  const plain = decodePlain({ ...record, headers }, table, block, context);
  // Of two ways that both failed the first says more.
  return plain !== undefined && isPoison(plain) ? (event ?? plain) : plain;
}

const UNNAMED = 'its topic has events of several tables, and the event does not name its table';

function headersOf(headers: KafkaMessage['headers'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      // A header may be null, which kafkajs' types do not say: a field of the source block that the connector left out.
      value === undefined || value === null || Array.isArray(value) ? [] : [[name, value.toString()]],
    ),
  );
}

/** A record of which no more than its key could be read. */
interface Unread extends Pick<ChangeEvent, 'table' | 'key' | 'op' | 'offset'> {
  readonly why: string;
}

/** Topics that have the events of one table alone: it may be named otherwise than the events say. */
function tablesAlone(topics: ReadonlyMap<string, readonly TopicRoute[]>): Map<string, TableId> {
  return new Map(
    [...topics].flatMap(([topic, [first, ...others]]) =>
      first === undefined || others.length > 0 ? [] : [[topic, first.table]],
    ),
  );
}
