import { closeSync, fstatSync, ftruncateSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { appendWhole } from './append-whole.ts';

/** How much of a log stays: how it began, and how it ended. */
export interface LogCap {
  readonly headBytes: number;
  readonly tailBytes: number;
}

export const LOG_CAP: LogCap = { headBytes: 1 << 20, tailBytes: 4 << 20 };

/** Bytes that were cut out of each log of this process. */
const cuts = new Map<string, number>();

/** The logs in a folder that were cut, and by how much. */
export function cutLogs(folder: string): { readonly file: string; readonly bytes: number }[] {
  return [...cuts].flatMap(([file, bytes]) => (dirname(file) === folder ? [{ file, bytes }] : []));
}

/** The first byte behind a line's end at or behind `from`; `from` itself where there is none near. */
function lineStart(descriptor: number, from: number): number {
  const near = Buffer.alloc(64 * 1024);
  const read = readSync(descriptor, near, 0, near.length, from);
  const end = near.subarray(0, read).indexOf(0x0a);
  return end < 0 ? from : from + end + 1;
}

/**
 * Cuts the middle out of a log that has grown to more than its head and twice its tail, and says so in its place. The
 * file stays the same one, so that who has opened it to append goes on. Returns whether it cut.
 */
export function capLog(file: string, { headBytes, tailBytes }: LogCap = LOG_CAP): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size <= headBytes + 2 * tailBytes) return false;
  const descriptor = openSync(file, 'r+');
  try {
    const length = fstatSync(descriptor).size;
    const head = lineStart(descriptor, headBytes);
    const tail = Math.max(head, lineStart(descriptor, length - tailBytes));
    const kept = Buffer.alloc(length - tail);
    const read = readSync(descriptor, kept, 0, kept.length, tail);
    const bytes = (cuts.get(file) ?? 0) + tail - head;
    cuts.set(file, bytes);
    const notice = `[driftlab: ${bytes} bytes were cut here; the log keeps its first ${headBytes} bytes and its last ${tailBytes}]\n`;
    const rest = Buffer.concat([Buffer.from(notice), kept.subarray(0, read)]);
    writeSync(descriptor, rest, 0, rest.length, head);
    ftruncateSync(descriptor, head + rest.length);
    return true;
  } finally {
    closeSync(descriptor);
  }
}

export interface CappedLog extends Disposable {
  write(chunk: Uint8Array): void;
}

/** Appends to a log, which never grows beyond its head and twice its tail by more than one chunk. */
export function openCappedLog(file: string, cap: LogCap = LOG_CAP): CappedLog {
  const descriptor = openSync(file, 'a');
  let size = fstatSync(descriptor).size;
  return {
    write(chunk) {
      appendWhole(descriptor, chunk);
      size += chunk.length;
      if (size > cap.headBytes + 2 * cap.tailBytes && capLog(file, cap)) size = fstatSync(descriptor).size;
    },
    [Symbol.dispose]: () => closeSync(descriptor),
  };
}
