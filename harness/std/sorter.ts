import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Puts any number of rows in order while it holds a bounded number of them. Disposing of it ends it. */
export interface Sorter<T> extends AsyncDisposable {
  add(rows: readonly T[]): Promise<void>;
  /** All rows in order, once all have been added. */
  batches(size: number): AsyncGenerator<T[]>;
}

/** Where the rows are that are not in memory. */
export interface Store {
  append(bytes: Uint8Array): Promise<void>;
  /** As many bytes as there are from `position` on, up to `length`. */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface SorterOptions<T> {
  compare(left: T, right: T): number;
  /** Rows in memory before they are written down, sorted. */
  readonly rowsMax?: number;
  /** Bytes of their JSON likewise; one row may have more. */
  readonly bytesMax?: number;
  /** Bytes of each sorted run that are read at once. */
  readonly blockBytes?: number;
  openStore?(): Promise<Store>;
}

interface Run {
  readonly start: number;
  readonly end: number;
}

/** Rows are kept as their JSON. What fits into memory never reaches a file. */
export function openSorter<T>(options: SorterOptions<T>): Sorter<T> {
  const { compare, rowsMax = 20_000, bytesMax = 8_000_000, blockBytes = 32_768, openStore = openFile } = options;
  const runs: Run[] = [];
  let held: { readonly row: T; readonly line: string }[] = [];
  let bytes = 0;
  let store: Store | undefined;
  const writeDown = async (): Promise<void> => {
    held.sort((left, right) => compare(left.row, right.row));
    store ??= await openStore();
    const start = runs.at(-1)?.end ?? 0;
    let end = start;
    // In pieces, as the whole would be in memory twice.
    for (let first = 0; first < held.length; first += LINES_AT_ONCE) {
      const lines = held.slice(first, first + LINES_AT_ONCE).map(({ line }) => line);
      const written = Buffer.from(lines.join(''));
      await store.append(written);
      end += written.length;
    }
    runs.push({ start, end });
    held = [];
    bytes = 0;
  };
  return {
    async add(rows) {
      for (const row of rows) {
        const line = `${JSON.stringify(row)}\n`;
        held.push({ row, line });
        bytes += line.length;
        if (held.length >= rowsMax || bytes >= bytesMax) await writeDown();
      }
    },
    async *batches(size) {
      if (store !== undefined && held.length > 0) await writeDown();
      const rows = store === undefined ? inMemory(held, compare) : merged<T>(store, runs, { compare, blockBytes });
      let batch: T[] = [];
      for await (const row of rows) {
        batch.push(row);
        if (batch.length < size) continue;
        yield batch;
        batch = [];
      }
      if (batch.length > 0) yield batch;
    },
    async [Symbol.asyncDispose]() {
      held = [];
      const ending = store;
      store = undefined;
      await ending?.close();
    },
  };
}

const LINES_AT_ONCE = 1000;

function* inMemory<T>(held: { readonly row: T }[], compare: (left: T, right: T) => number): Generator<T> {
  held.sort((left, right) => compare(left.row, right.row));
  for (const { row } of held) yield row;
}

/** A run with its next row. */
interface Head<T> {
  readonly row: T;
  readonly rest: RunReader<T>;
}

async function* merged<T>(
  store: Store,
  runs: readonly Run[],
  { compare, blockBytes }: { compare(left: T, right: T): number; readonly blockBytes: number },
): AsyncGenerator<T> {
  // In descending order of their rows: the last is the next one.
  const heads: Head<T>[] = [];
  const enter = (head: Head<T>): void => {
    let [low, high] = [0, heads.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare((heads[middle] as Head<T>).row, head.row) > 0) low = middle + 1;
      else high = middle;
    }
    heads.splice(low, 0, head);
  };
  for (const run of runs) {
    const rest = readRun<T>(store, run, blockBytes);
    const row = rest.next() ?? (await rest.more());
    if (row !== undefined) enter({ row, rest });
  }
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    yield head.row;
    const row = head.rest.next() ?? (await head.rest.more());
    if (row !== undefined) enter({ row, rest: head.rest });
  }
}

interface RunReader<T> {
  /** The next row; undefined where it has not been read yet. */
  next(): T | undefined;
  /** Reads on, and gives the next row; undefined at the run's end. */
  more(): Promise<T | undefined>;
}

const NEWLINE = 10;

function readRun<T>(store: Store, { start, end }: Run, blockBytes: number): RunReader<T> {
  let position = start;
  let block: Buffer = Buffer.alloc(0);
  let at = 0;
  const next = (): T | undefined => {
    const newline = block.indexOf(NEWLINE, at);
    if (newline === -1) return undefined;
    const row = JSON.parse(block.toString('utf8', at, newline)) as T;
    at = newline + 1;
    return row;
  };
  return {
    next,
    async more() {
      // A row may be longer than a block, which then grows with each reading.
      let wanted = blockBytes;
      while (position < end) {
        const read = await store.read(position, Math.min(wanted, end - position));
        if (read.length === 0) throw new Error('the file of sorted rows has lost its end');
        position += read.length;
        block = Buffer.concat([block.subarray(at), read]);
        at = 0;
        const row = next();
        if (row !== undefined) return row;
        wanted *= 2;
      }
      return undefined;
    },
  };
}

/** A file without a name: it is gone with the process, however that ends. */
async function openFile(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'driftlab-sort-'));
  let file: FileHandle;
  try {
    file = await open(join(folder, 'rows'), 'wx+', 0o600);
  } finally {
    await rm(folder, { recursive: true });
  }
  let size = 0;
  return {
    async append(bytes) {
      for (let from = 0; from < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, from, bytes.length - from, size);
        from += bytesWritten;
        size += bytesWritten;
      }
    },
    async read(position, length) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, position);
      return buffer.subarray(0, bytesRead);
    },
    close: () => file.close(),
  };
}
