import type { KeyedRow } from '#engines/port/compare.ts';
import type { Key } from '#model/values.ts';
import { compareUtf8 } from '#std/utf8-order.ts';

/** All rows of one key. */
export interface Group {
  readonly key: Key;
  readonly rows: readonly KeyedRow[];
}

/** Reads an ordered stream of rows key by key, in steps. */
export interface GroupedStream {
  /** The rows of the next batch, each key complete; undefined at the end. */
  next(): Promise<Group[] | undefined>;
  /** All further keys up to and with `last`, or to the end. */
  upTo(last: Key | undefined): Promise<Group[]>;
  /** Rows handed out so far. */
  readonly rows: number;
  /** Ends the stream before its end; harmless after it. */
  close(): Promise<void>;
}

export function groupedStream(batches: AsyncIterable<readonly KeyedRow[]>): GroupedStream {
  const iterator = batches[Symbol.asyncIterator]();
  let buffer: readonly KeyedRow[] = [];
  let ended = false;
  let rows = 0;

  const more = async (): Promise<void> => {
    const result = await iterator.next();
    if (result.done === true) ended = true;
    else buffer = buffer.length === 0 ? result.value : [...buffer, ...result.value];
  };

  const take = (count: number): Group[] => {
    const groups: { key: Key; rows: KeyedRow[] }[] = [];
    for (const row of buffer.slice(0, count)) {
      const group = groups.at(-1);
      if (group?.key === row.key) group.rows.push(row);
      else groups.push({ key: row.key, rows: [row] });
    }
    buffer = buffer.slice(count);
    rows += count;
    return groups;
  };

  return {
    get rows() {
      return rows;
    },
    async next() {
      for (;;) {
        if (ended) return buffer.length === 0 ? undefined : take(buffer.length);
        await more();
        // The last key of a batch may go on in the next one.
        const last = buffer.at(-1)?.key;
        let count = buffer.length;
        if (!ended) while (count > 0 && buffer[count - 1]?.key === last) count--;
        if (count > 0) return take(count);
      }
    },
    async upTo(last) {
      const groups: Group[] = [];
      for (;;) {
        let count = buffer.length;
        if (last !== undefined) while (count > 0 && compareUtf8(buffer[count - 1]?.key ?? '', last) > 0) count--;
        if (ended || count < buffer.length) {
          groups.push(...take(count));
          return groups;
        }
        await more();
      }
    },
    async close() {
      await iterator.return?.();
    },
  };
}
