import type { Database } from '#model/pipeline.ts';
import type { Expected, Planting } from './jury.ts';
import type { Field, Plant } from './plants.ts';
import type { Trial } from './rounds.ts';
import { DIM_NOTES, NOTES, note } from './workload.ts';

/** The comparison's name of a row without a key: all of its values. */
const NAME_SQL = 'to_json(ARRAY[label, amount::text, at::text])::text';

/** The name of the note of this number. */
export async function noteKey(database: Pick<Database, 'query'>, table: string, n: number): Promise<string> {
  const sql = `SELECT ${NAME_SQL} AS key FROM ${table} WHERE label = $1`;
  const [found] = await database.query<{ key: string }>(sql, [`note ${n}`]);
  if (found === undefined) throw new Error(`there is no note ${n} in ${table}`);
  return found.key;
}

type Make = (field: Field) => Promise<Plant>;

const about = (anomaly: Expected['anomaly'], key: string): Expected => ({
  ...{ anomaly, key },
  ...{ hop: 'log-to-sink', table: `public.${NOTES}` },
});

/** Damage to a row that no key names; it is found when all rows are compared. */
function noted(
  { variant, sink }: Field,
  expected: readonly Expected[],
  damage: string,
  heal: string,
  n: number,
): Plant {
  const label = `note ${n}`;
  return {
    ...{ variant, expected, before: [], atEnd: true },
    ...{ anomaly: expected[0]?.anomaly ?? 'lost', hop: 'log-to-sink' },
    damage: () => sink.query(damage, [label]),
    async heal() {
      await sink.query(heal, [label]);
      return [];
    },
  };
}

const vanished: Make = async (field) => {
  const n = field.note();
  const key = await noteKey(field.sink, NOTES, n);
  const [row] = await field.sink.query<{ row: string }>(`SELECT t::text AS row FROM ${NOTES} AS t WHERE label = $1`, [
    `note ${n}`,
  ]);
  const heal = `INSERT INTO ${NOTES} SELECT ('${row?.row.replaceAll("'", "''")}'::${NOTES}).* WHERE $1 <> ''`;
  return noted(field, [about('lost', key)], `DELETE FROM ${NOTES} WHERE label = $1`, heal, n);
};

const copied: Make = async (field) => {
  const n = field.note();
  const heal = `DELETE FROM ${NOTES} WHERE label = $1 AND ctid <> (SELECT min(ctid) FROM ${NOTES} WHERE label = $1)`;
  const key = await noteKey(field.sink, NOTES, n);
  const damage = `INSERT INTO ${NOTES} SELECT * FROM ${NOTES} WHERE label = $1`;
  return noted(field, [about('duplicate', key)], damage, heal, n);
};

const altered: Make = async (field) => {
  const n = field.note();
  const key = await noteKey(field.sink, NOTES, n);
  const [, ...rest] = JSON.parse(key) as string[];
  const other = JSON.stringify([`note ${n}!`, ...rest]);
  const damage = `UPDATE ${NOTES} SET label = label || '!' WHERE label = $1`;
  const heal = `UPDATE ${NOTES} SET label = $1 WHERE label = $1 || '!'`;
  return noted(field, [about('lost', key), about('orphan', other)], damage, heal, n);
};

const EACH = 4;

/** Plants damage of every class in notes at one sink. */
export async function notePlants(field: Field): Promise<Plant[]> {
  const makes = [vanished, copied, altered].flatMap((make) => Array.from({ length: EACH }, () => make));
  return Promise.all(makes.map((make) => make(field)));
}

/** A sink connector that appends has the tables without a primary key alone, and one that writes by key all others. */
export const APPENDING = 'jdbc-append';
export const hasNotes = (variant: string) => variant !== 'debezium-jdbc';
export const hasRows = (variant: string) => variant !== APPENDING;

/** Each sink lacks a note that was not captured. */
export function lostNote({ bench }: Trial, key: string): Planting[] {
  const expected = [{ anomaly: 'lost', hop: 'source-to-log', table: `public.${DIM_NOTES}`, key }] as const;
  const variants = [...bench.pipeline.variants.keys()].filter(hasNotes);
  return variants.map((variant) => ({ variant, anomaly: 'lost', hop: 'source-to-log', expected }));
}

/** What was not captured of a table without a key is written where it is missing. */
export async function mendNotes({ bench }: Trial, numbers: readonly number[]): Promise<void> {
  for (const { name, sink } of bench.pipeline.variants.values())
    for (const n of hasNotes(name) ? numbers : []) await sink.query(note(DIM_NOTES, n).sql);
}
