import { createHash } from 'node:crypto';
import type { TableId } from '#model/catalog.ts';
import { type ChangeEvent, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { EventRef } from '#model/finding.ts';
import { type TopicPartition, topicPartition } from '#model/position.ts';
import type { Row, Text } from '#model/values.ts';

/** An event of a table without a primary key: the row that it took away and the one that it put there, as far as it says. */
export interface KeylessEvent {
  readonly ref: EventRef;
  readonly before?: Row;
  readonly after?: Row;
}

/** What the log holds of tables whose rows no key names. Fed record by record, in each partition's order. */
export interface KeylessLog {
  /** True where the event repeats one seen before. */
  add(event: ChangeEvent, ref: EventRef): boolean;
  /** The last events of a table, oldest first. */
  events(table: TableId): readonly KeylessEvent[];
  /** Whether a change by this transaction was seen. */
  holds(table: TableId, txn: string): boolean;
  /** Events have been forgotten, for want of memory. */
  readonly forgetful: boolean;
}

interface Known {
  events: KeylessEvent[];
  bytes: number;
  readonly txns: Set<string>;
  readonly seen: Set<string>;
}

const BYTES_MAX = 32 * 1024 * 1024;
const SEEN_MAX = 500_000;
/** Records of one transaction stand so close together, and a connector that starts again takes longer. */
const SAME_DELIVERY_MS = 500;

export function createKeylessLog(bytesMax = BYTES_MAX): KeylessLog {
  const tables = new Map<TableId, Known>();
  const lasts = new Map<TopicPartition, { readonly name: string; readonly atMs: number }>();
  let forgetful = false;

  const tableOf = (table: TableId): Known => {
    const known = tables.get(table) ?? { events: [], bytes: 0, txns: new Set(), seen: new Set() };
    tables.set(table, known);
    return known;
  };

  /**
   * Changes of a row rise in the log of their LSNs, but there is no telling which row it is. A change is known again by its
   * transaction, its LSN and its values. A COPY writes many rows at one LSN, of which some may be equal: these come one
   * right behind the other.
   */
  const repeats = ({ seen }: Known, event: ChangeEvent): boolean => {
    if (event.op === 'read' || event.op === 'truncate' || event.lsn === undefined) return false;
    const partition = topicPartition(event.topic, event.partition);
    const name = `${event.lsn} ${event.txn} ${event.op} ${digest(event.after ?? event.before)}`;
    const last = lasts.get(partition);
    lasts.set(partition, { name, atMs: event.timestampMs });
    if (!seen.has(name)) {
      addBounded(seen, name);
      return false;
    }
    return last?.name !== name || event.timestampMs - last.atMs > SAME_DELIVERY_MS;
  };

  return {
    add(event, ref) {
      const known = tableOf(event.table);
      if (event.txn !== undefined && event.op !== 'read') addBounded(known.txns, event.txn);
      const repeated = repeats(known, event);
      known.events.push({
        ref,
        ...(event.before === undefined ? {} : { before: valuesOf(event.before) }),
        ...(event.after === undefined ? {} : { after: valuesOf(event.after) }),
      });
      known.bytes += sizeOf(event.before) + sizeOf(event.after);
      if (known.bytes > bytesMax) {
        forgetful = true;
        known.events = known.events.slice(known.events.length / 2);
        known.bytes /= 2;
      }
      return repeated;
    },
    events: (table) => tables.get(table)?.events ?? [],
    holds: (table, txn) => tables.get(table)?.txns.has(txn) ?? false,
    get forgetful() {
      return forgetful;
    },
  };
}

function addBounded(set: Set<string>, one: string): void {
  set.add(one);
  for (const oldest of set) {
    if (set.size <= SEEN_MAX) return;
    set.delete(oldest);
  }
}

function digest(row: EventRow = {}): string {
  return createHash('md5')
    .update(JSON.stringify(valuesOf(row)))
    .digest('base64');
}

/** The values that the event has. */
function valuesOf(row: EventRow): Row {
  const values: Record<string, Text> = {};
  for (const [name, value] of Object.entries(row)) if (value !== UNCHANGED) values[name] = value;
  return values;
}

function sizeOf(row: EventRow = {}): number {
  let size = 140;
  for (const value of Object.values(row)) size += 40 + (typeof value === 'string' ? value.length : 0);
  return size;
}
