import { type DeadLetter, errorClass, NOT_KNOWN } from './letter.ts';

/** How many records of a queue have failed alike. */
export interface Alike {
  readonly class: string;
  /** Where they came from. */
  readonly topic: string;
  readonly stage: string;
  readonly records: number;
  /** Times of the records, not of their failures; ISO 8601. */
  readonly first: string;
  readonly latest: string;
}

/** What a queue has. */
export interface Tally {
  readonly records: number;
  /** By class of error, original topic, and the stage at which they failed: most first. */
  readonly classes: readonly Alike[];
}

/** Counts records one by one: a queue may have more than can be kept. */
export function createTally(): { add(letter: Pick<DeadLetter, 'failure' | 'timestampMs'>): void; result(): Tally } {
  const counts = new Map<
    string,
    { class: string; topic: string; stage: string; records: number; times: [number, number] }
  >();
  return {
    add(letter) {
      const { failure, timestampMs: ms } = letter;
      const { origin, stage = NOT_KNOWN } = failure ?? {};
      const names = { class: errorClass(letter), topic: origin?.topic ?? NOT_KNOWN, stage };
      const id = JSON.stringify(names);
      const { records = 0, times: [first, latest] = [ms, ms] } = counts.get(id) ?? {};
      counts.set(id, { ...names, records: records + 1, times: [Math.min(first, ms), Math.max(latest, ms)] });
    },
    result() {
      const all = [...counts.values()].toSorted((a, b) => b.records - a.records);
      return {
        records: all.reduce((sum, { records }) => sum + records, 0),
        classes: all.map(({ times: [first, latest], ...one }) => ({
          ...one,
          first: isoTime(first),
          latest: isoTime(latest),
        })),
      };
    },
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
