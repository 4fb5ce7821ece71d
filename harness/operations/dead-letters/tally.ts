import { type DeadLetter, errorClass, NOT_KNOWN } from './letter.ts';

/** How many records of a queue have failed alike. */
export interface Tally {
  readonly class: string;
  /** Where they came from. */
  readonly topic: string;
  readonly stage: string;
  readonly records: number;
  /** Of the records, not of their failures; ISO 8601. */
  readonly first: string;
  readonly latest: string;
}

/** Records by the class of their error, their original topic, and the stage at which they failed: most first. */
export function tally(letters: readonly Pick<DeadLetter, 'failure' | 'timestampMs'>[]): readonly Tally[] {
  const alike = Map.groupBy(letters, (letter) =>
    JSON.stringify([errorClass(letter), letter.failure?.origin.topic ?? NOT_KNOWN, letter.failure?.stage ?? NOT_KNOWN]),
  );
  return [...alike]
    .map(([names, all]): Tally => {
      const [name = '', topic = '', stage = ''] = JSON.parse(names) as readonly string[];
      return { class: name, topic, stage, records: all.length, ...timesOf(all) };
    })
    .toSorted((a, b) => b.records - a.records);
}

/** The earliest and the latest time of records, of which there is one at least. */
export function timesOf(letters: readonly Pick<DeadLetter, 'timestampMs'>[]): Pick<Tally, 'first' | 'latest'> {
  // One by one: a queue may have more records than a call takes arguments.
  const sorted = letters.map(({ timestampMs }) => timestampMs).toSorted((a, b) => a - b);
  const [first = 0, latest = first] = [sorted[0], sorted.at(-1)];
  return { first: new Date(first).toISOString(), latest: new Date(latest).toISOString() };
}
