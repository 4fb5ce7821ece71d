import type { TopicPartition } from '#model/position.ts';

/** Records of one partition that are one object when they are written. */
export interface Buffer {
  readonly partition: TopicPartition;
  /** Offset of its first record, and that behind its last one. */
  readonly from: bigint;
  next: bigint;
  /** One for each change; a record that changes no row has none. */
  readonly lines: string[];
  /** On the wire: what the consumer holds for it. */
  bytes: number;
  readonly sinceMs: number;
}

/** When a buffer is written. */
export interface FlushRule {
  readonly records: number;
  readonly bytes: number;
  readonly ms: number;
  /** Of all buffers together: at more the oldest one is written. */
  readonly heldBytes: number;
}

/** The buffers of all partitions, at most one of each. */
export interface Buffers {
  /** Adds records that come behind those of their partition. */
  add(records: Omit<Buffer, 'sinceMs'>, nowMs: number): void;
  /** Takes out the buffer that is to be written first; with `all` also one whose time has not come. Undefined where none is. */
  take(nowMs: number, all?: boolean): Buffer | undefined;
  /** When the next one is to be written, where nothing is added; undefined without any. */
  readonly dueAtMs: number | undefined;
}

export function buffers(rule: FlushRule): Buffers {
  const held = new Map<TopicPartition, Buffer>();
  let heldBytes = 0;
  /** The oldest: a map gives them in the order in which they came. */
  const oldest = (): Buffer | undefined => held.values().next().value;
  const isFull = ({ lines, bytes }: Buffer): boolean => lines.length >= rule.records || bytes >= rule.bytes;
  return {
    add(records, nowMs) {
      const there = held.get(records.partition);
      heldBytes += records.bytes;
      if (there === undefined) {
        held.set(records.partition, { ...records, lines: [...records.lines], sinceMs: nowMs });
        return;
      }
      for (const line of records.lines) there.lines.push(line);
      there.bytes += records.bytes;
      there.next = records.next;
    },
    take(nowMs, all = false) {
      const first = oldest();
      if (first === undefined) return undefined;
      const aged = all || nowMs - first.sinceMs >= rule.ms || heldBytes >= rule.heldBytes;
      const due = aged ? first : [...held.values()].find(isFull);
      if (due === undefined) return undefined;
      held.delete(due.partition);
      heldBytes -= due.bytes;
      return due;
    },
    get dueAtMs() {
      const first = oldest();
      return first === undefined ? undefined : first.sinceMs + rule.ms;
    },
  };
}
