import type { Anomaly, Hop } from '#model/finding.ts';
import type { Database } from '#model/pipeline.ts';
import type { Row } from '#model/values.ts';
import type { Transaction } from '#model/workload.ts';
import type { Random } from '#std/random.ts';
import type { Alterations } from './alterations.ts';
import type { Expected, Planting } from './jury.ts';
import { changeAtOnce, type Place, removal, savedRow } from './sink-rows.ts';
import { type Naming, rowOf, type TableName, type TrialRow, tableOf } from './workload.ts';

/** A planting on its way: what the source must do first, how the sink is damaged, and how both are mended. */
export interface Plant extends Planting {
  /** Rows whose transactions the trial submits, one list after the other, each once the one before has arrived. */
  readonly before: readonly (() => Promise<readonly Transaction[]>)[];
  /** The damage; absent where the last of the transactions before does it. */
  damage?(): Promise<unknown>;
  /** It is found when all rows are compared, not before. */
  readonly atEnd?: boolean;
  /** Undoes the damage at the sink, and says what must be written at the source besides. */
  heal(): Promise<readonly Transaction[]>;
}

/** Where plantings of one round are made. */
export interface Field {
  readonly variant: string;
  readonly sink: Database;
  readonly luck: Random;
  /** How the source names tables: reports do. */
  readonly naming: Naming;
  readonly alterations: Alterations;
  /** A row that nobody has used, and that no writer touches; `keyless` in a table whose sink may have no unique key. */
  fresh(keyless?: boolean): TrialRow;
  freshIn(name: 'calm' | 'pairs'): TrialRow;
  /** The number of a note that nobody has used. */
  note(): number;
  /** A key that no row has had. */
  unused(): number;
  stamp(): number;
  /** A column table that nobody uses in this round, by its number. */
  columnTable(): number;
}

export type Make = (field: Field) => Plant;

export const single = (...statements: readonly Transaction['statements'][number][]): Transaction => ({
  statements,
  reads: [],
});

export function plant(
  field: Field,
  what: Omit<Plant, 'variant' | 'before' | 'heal'> & Partial<Pick<Plant, 'before' | 'heal'>>,
): Plant {
  return { variant: field.variant, before: [], heal: async () => [], ...what };
}

export function about(
  row: TrialRow,
  anomaly: Anomaly,
  columns?: readonly string[],
  hop: Hop = 'log-to-sink',
): Expected {
  return { anomaly, hop, table: row.table, key: row.key, ...(columns === undefined ? {} : { columns }) };
}

export const found = (anomaly: Anomaly, ...expected: readonly Expected[]) => ({
  anomaly,
  hop: expected[0]?.hop ?? ('log-to-sink' as const),
  expected,
});

export const placeOf = ({ name, where }: TrialRow): Place => ({ table: tableOf(name), where });
export const saved = (sink: Database, row: TrialRow): Promise<Row> => savedRow(sink, placeOf(row));
export const drop = (sink: Database, row: TrialRow): Promise<void> => changeAtOnce(sink, [removal(placeOf(row))]);
export const unusedIn = (field: Field, name: TableName): TrialRow => rowOf(field.naming, name, field.unused());
