import type { TopicPartition } from '#model/position.ts';

/** Where a row's last snapshot read stands. */
export interface PackedRead {
  readonly partition: TopicPartition;
  readonly offset: bigint;
  /** The count of records when it came. */
  readonly seen: number;
}

/** Snapshot reads of rows that nothing has happened to since, in 31 to 63 bytes each: too many for objects of their own. */
export interface PackedReads {
  readonly size: number;
  set(name: string, read: PackedRead): void;
  get(name: string): PackedRead | undefined;
  delete(name: string): void;
}

const SLOTS_MIN = 1024;
/** Of all slots so many may be taken, else looking one up takes long. */
const LOAD_MAX = 0.7;
const PARTITIONS_MAX = 0xffff;

/**
 * A hash table over typed arrays, by 64 bits of the name's hash: two names of one hash, which among ten million is one case
 * in 370,000, count as one.
 */
export function createPackedReads(): PackedReads {
  const partitions: TopicPartition[] = [];
  const places = new Map<TopicPartition, number>();
  let slots = makeSlots(SLOTS_MIN);
  let size = 0;

  const placeOf = (partition: TopicPartition): number => {
    const known = places.get(partition);
    if (known !== undefined) return known;
    if (partitions.length === PARTITIONS_MAX) throw new Error('more partitions than can be told apart');
    partitions.push(partition);
    places.set(partition, partitions.length);
    return partitions.length;
  };

  const grow = (): void => {
    const old = slots;
    slots = makeSlots(old.high.length * 2);
    for (let slot = 0; slot < old.high.length; slot++) {
      const partition = old.partition[slot] ?? 0;
      if (partition === 0) continue;
      const to = find(slots, old.high[slot] ?? 0, old.low[slot] ?? 0);
      put(slots, to, old.high[slot] ?? 0, old.low[slot] ?? 0);
      slots.partition[to] = partition;
      slots.offset[to] = old.offset[slot] ?? 0;
      slots.seen[to] = old.seen[slot] ?? 0;
    }
  };

  return {
    get size() {
      return size;
    },
    set(name, { partition, offset, seen }) {
      if (size + 1 > slots.high.length * LOAD_MAX) grow();
      const [high, low] = hash(name);
      const slot = find(slots, high, low);
      if (slots.partition[slot] === 0) size++;
      put(slots, slot, high, low);
      slots.partition[slot] = placeOf(partition);
      slots.offset[slot] = Number(offset);
      slots.seen[slot] = seen;
    },
    get(name) {
      const slot = find(slots, ...hash(name));
      const partition = partitions[(slots.partition[slot] ?? 0) - 1];
      const offset = slots.offset[slot] ?? GONE;
      if (partition === undefined || offset === GONE) return undefined;
      return { partition, offset: BigInt(offset), seen: slots.seen[slot] ?? 0 };
    },
    delete(name) {
      const slot = find(slots, ...hash(name));
      // The slot stays taken: those behind it are found by way of it.
      if (slots.partition[slot] !== 0) slots.offset[slot] = GONE;
    },
  };
}

/** The offset of a read that was deleted. */
const GONE = -1;

interface Slots {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
  /** 0 for a free slot, else one more than the partition's place. */
  readonly partition: Uint16Array;
  readonly offset: Float64Array;
  readonly seen: Uint32Array;
}

function makeSlots(count: number): Slots {
  return {
    high: new Uint32Array(count),
    low: new Uint32Array(count),
    partition: new Uint16Array(count),
    offset: new Float64Array(count),
    seen: new Uint32Array(count),
  };
}

/** The slot of the hash, or the free one where it belongs. */
function find({ high, low, partition }: Slots, wantedHigh: number, wantedLow: number): number {
  const mask = high.length - 1;
  for (let slot = wantedLow & mask; ; slot = (slot + 1) & mask)
    if (partition[slot] === 0 || (high[slot] === wantedHigh && low[slot] === wantedLow)) return slot;
}

function put({ high, low }: Slots, slot: number, newHigh: number, newLow: number): void {
  high[slot] = newHigh;
  low[slot] = newLow;
}

/** Two halves of 32 bits, each mixed with the other at the end (cyrb53's way). */
function hash(text: string): [high: number, low: number] {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  const first = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  const second = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(first ^ (first >>> 13), 3266489909);
  return [first >>> 0, second >>> 0];
}
