import { fstatSync, ftruncateSync, writeSync } from 'node:fs';

/**
 * Appends to a file that was opened with `a`, all or nothing: on a disk that gets full in the middle, what was written of
 * it is taken back, so that what comes later does not stand behind a torn piece. Throws what the system says.
 */
export function appendWhole(descriptor: number, data: string | Uint8Array): void {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
  } catch (error) {
    if (written > 0) ftruncateSync(descriptor, fstatSync(descriptor).size - written);
    throw error;
  }
}
