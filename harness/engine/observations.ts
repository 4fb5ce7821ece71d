import { closeSync, createReadStream, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip, gzipSync } from 'node:zlib';
import type { Fact } from '#model/observation.ts';
import { appendWhole } from '#std/append-whole.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { decodeLine, encodeLine } from '#std/json-lines.ts';

/** In a run's folder: what its checks of every row saw. JSON lines, compressed with gzip in members of their own. */
export const OBSERVATIONS_FILE = 'observations.jsonl.gz';

/** Which check of a run: the baseline of a mode, or the one at the end of a step. */
export interface CheckName {
  readonly mode: string;
  /** Absent for the baseline. */
  readonly step?: string;
}

export type ObservationLine = CheckName & { readonly variant: string; readonly fact: Fact };

export interface Observations extends Disposable {
  record(check: CheckName, variant: string, fact: Fact): void;
  /** Writes what is still in memory, so that a run that is killed leaves whole checks. */
  flush(): void;
}

/** Text that is compressed and written at once, in characters. */
const CHUNK = 1 << 20;

/** Appends to `file`; its memory is bounded by a chunk. */
export function openObservations(file: string): Observations {
  const descriptor = openSync(file, 'a', 0o644);
  let lines: string[] = [];
  let length = 0;
  const flush = (): void => {
    if (lines.length === 0) return;
    const member = gzipSync(lines.join(''), { level: 1 });
    appendWhole(descriptor, member);
    lines = [];
    length = 0;
  };
  return {
    record(check, variant, fact) {
      const line = `${encodeLine({ ...check, variant, fact } satisfies ObservationLine)}\n`;
      lines.push(line);
      length += line.length;
      if (length >= CHUNK) flush();
    },
    flush,
    [Symbol.dispose]() {
      try {
        flush();
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

/** The lines of such a file, one after another. Throws an OperatorError for one that is missing or damaged. */
export async function* readObservations(file: string): AsyncGenerator<ObservationLine> {
  const text = createReadStream(file).on('error', (error) => unpacked.destroy(error));
  const unpacked = createGunzip();
  let number = 0;
  try {
    for await (const line of createInterface({ input: text.pipe(unpacked) })) {
      number++;
      const observation = decodeLine<Partial<ObservationLine> | null>(line);
      if (typeof observation?.mode !== 'string' || typeof observation.fact?.type !== 'string')
        throw new Error(`${line.slice(0, 60)} is no observation`);
      yield observation as ObservationLine;
    }
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new OperatorError({
      code: missing ? 'observations-missing' : 'observations-damaged',
      message: missing ? 'the run left no observations' : `the observations cannot be read after line ${number}`,
      expected: `a file ${file}`,
      found: messageOf(cause),
      hint: 'only a run that has judged something can be judged again',
      cause,
    });
  } finally {
    text.destroy();
  }
}
