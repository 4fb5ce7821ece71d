import type { OffsetRange } from '#engines/port/sink.ts';
import type { LogRecord, Poison } from '#log/decode.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import { type Key, keyOf } from '#model/values.ts';

/** A record on its way into the sink. */
export interface Entry {
  readonly record: LogRecord;
  readonly offset: bigint;
  /** Undefined for a record that changes no row, e.g. a tombstone: only the position moves. */
  readonly decoded: ChangeEvent | Poison | undefined;
  /** When the applier got it, in ms since the epoch. */
  readonly receivedAtMs: number;
}

/** An event on its way into the sink. */
export interface Staged {
  readonly event: ChangeEvent;
  /** The key of the event's row; `[]` for an event without one. */
  readonly id: Key;
  readonly receivedAtMs: number;
}

/** Stages an event: its key is made into text once, as every step asks for it. */
export function stage(event: ChangeEvent, receivedAtMs: number): Staged {
  return { event, id: keyOf(Object.keys(event.key), event.key), receivedAtMs };
}

/** The run of offsets of each partition that the entries cover. Entries of a partition are in order of their offsets. */
export function rangesOf(entries: readonly Entry[]): OffsetRange[] {
  const ranges: { topic: string; partition: number; from: bigint; next: bigint }[] = [];
  let range: (typeof ranges)[number] | undefined;
  for (const { record, offset } of entries) {
    const { topic, partition } = record;
    // Entries come in chunks of one partition each.
    if (range === undefined || range.partition !== partition || range.topic !== topic) {
      range = ranges.find((one) => one.partition === partition && one.topic === topic);
    }
    if (range === undefined) {
      range = { topic, partition, from: offset, next: offset + 1n };
      ranges.push(range);
    } else {
      range.next = offset + 1n;
    }
  }
  return ranges;
}
