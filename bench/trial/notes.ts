import type { Row } from '#model/values.ts';
import type { Expected, Planting } from './jury.ts';
import type { Field, Plant } from './plant.ts';
import type { Trial } from './rounds.ts';
import { changeAtOnce, insertion, type Place, put, savedRow, setting } from './sink-rows.ts';
import { DIM_NOTES, NOTES, note, noteKey, tableOf } from './workload.ts';

type Make = (field: Field) => Plant;

const about = ({ naming }: Field, anomaly: Expected['anomaly'], key: string): Expected => ({
  ...{ anomaly, key },
  ...{ hop: 'log-to-sink', table: naming(NOTES) },
});

const placeOf = (label: string): Place => ({ table: tableOf(NOTES), where: { label } });

/** Damage to a row that no key names; it is found when all rows are compared. */
function noted(
  { variant, sink }: Field,
  expected: readonly Expected[],
  label: string,
  damage: (place: Place, row: Row) => Promise<void>,
): Plant {
  const place = placeOf(label);
  let before: Row = {};
  return {
    ...{ variant, expected, before: [], atEnd: true },
    ...{ anomaly: expected[0]?.anomaly ?? 'lost', hop: 'log-to-sink' },
    async damage() {
      before = await savedRow(sink, place);
      await damage(place, before);
    },
    async heal() {
      // Under the label that it got, if it got another one.
      await changeAtOnce(sink, [{ change: 'delete', table: place.table, where: { label: `${label}!` } }]);
      await put(sink, place, before);
      return [];
    },
  };
}

const vanished: Make = (field) => {
  const n = field.note();
  return noted(field, [about(field, 'lost', noteKey(n))], `note ${n}`, ({ table, where }) =>
    changeAtOnce(field.sink, [{ change: 'delete', table, where }]),
  );
};

const copied: Make = (field) => {
  const n = field.note();
  return noted(field, [about(field, 'duplicate', noteKey(n))], `note ${n}`, (place, row) =>
    changeAtOnce(field.sink, [insertion(place, row)]),
  );
};

const altered: Make = (field) => {
  const n = field.note();
  const label = `note ${n}`;
  const [, ...rest] = JSON.parse(noteKey(n)) as string[];
  const other = JSON.stringify([`${label}!`, ...rest]);
  return noted(field, [about(field, 'lost', noteKey(n)), about(field, 'orphan', other)], label, (place) =>
    changeAtOnce(field.sink, [setting(place, { label: `${label}!` })]),
  );
};

const EACH = 4;

/** Plants damage of every class in notes at one sink. */
export function notePlants(field: Field): Plant[] {
  return [vanished, copied, altered].flatMap((make) => Array.from({ length: EACH }, () => make(field)));
}

/** A sink connector that appends has the tables without a primary key alone, and one that writes by key all others. */
export const APPENDING = 'jdbc-append';
export const hasNotes = (variant: string) => variant !== 'debezium-jdbc';
export const hasRows = (variant: string) => variant !== APPENDING;

/** Each sink lacks a note that was not captured. */
export function lostNote({ bench }: Trial, n: number): Planting[] {
  const table = bench.pipeline.tableId(DIM_NOTES);
  const expected = [{ anomaly: 'lost', hop: 'source-to-log', table, key: noteKey(n) }] as const;
  const variants = [...bench.pipeline.variants.keys()].filter(hasNotes);
  return variants.map((variant) => ({ variant, anomaly: 'lost', hop: 'source-to-log', expected }));
}

/** What was not captured of a table without a key is written where it is missing. */
export async function mendNotes({ bench }: Trial, numbers: readonly number[]): Promise<void> {
  const changes = numbers.map((n) => note(bench.pipeline.tableId(DIM_NOTES), DIM_NOTES, n));
  for (const { name, sink } of bench.pipeline.variants.values()) if (hasNotes(name)) await changeAtOnce(sink, changes);
}
