import type { Text } from '#model/values.ts';
import type { Altered, Corpus, PairColumn, Refused, SinkEngine } from './corpus.ts';

/** Rows with an `id` from here on were written after the first snapshot. */
export const STREAMED_FROM = 100;

/** A column as it is in one table: for each row the place of its value, if it has one. */
interface Cells {
  readonly name: string;
  readonly column: PairColumn;
  readonly places: readonly (number | undefined)[];
}

export interface PlannedTable {
  readonly name: string;
  readonly columns: readonly Cells[];
}

/** The tables in which a corpus goes to one sink, so that a value which is refused takes no other one with it. */
export interface Plan {
  /** All that the built-in applier can write. */
  readonly all: PlannedTable;
  /** What it refuses, a table for each column. */
  readonly refused: readonly PlannedTable[];
  /** All that the JDBC sink connector can write. */
  readonly carried: PlannedTable;
  /** What it stops at, a table for each column. */
  readonly stops: readonly { readonly table: PlannedTable; readonly error: string }[];
}

type Places = readonly (number | undefined)[];

export function planOf(corpus: Corpus, sink: SinkEngine): Plan {
  const columns = Object.entries(corpus);
  const rows = Math.max(...columns.map(([, { values }]) => values.length));
  const refusedOf = ({ refused }: PairColumn): readonly number[] => (refused?.[sink] ?? []).map(({ value }) => value);
  const wide = (name: string, left: (column: PairColumn) => readonly number[]): PlannedTable => ({
    name: `${name}_${sink}`,
    columns: columns.flatMap(([own, column]) => {
      const cells = cellsOf(column, rows, left(column));
      return cells.every((place) => place === undefined) ? [] : [{ name: own, column, places: cells }];
    }),
  });
  const own = (prefix: string, name: string, column: PairColumn, places: Places): PlannedTable => ({
    name: `${prefix}_${sink}_${name}`,
    columns: [{ name, column, places }],
  });
  return {
    all: wide('all', refusedOf),
    refused: columns.flatMap(([name, column]) => {
      const places = [...new Set(refusedOf(column))];
      return places.length === 0 ? [] : [own('refused', name, column, places)];
    }),
    carried: wide('carried', (column) => stopsOf(column, sink)),
    stops: columns.flatMap(([name, column]) => {
      const stops = column.jdbc?.[sink]?.stops;
      if (stops === undefined) return [];
      return [{ table: own('stops', name, column, stops.tried ?? stopsOf(column, sink)), error: stops.error }];
    }),
  };
}

/** The places of the values at which the JDBC sink connector stops. */
function stopsOf({ jdbc, values }: PairColumn, sink: SinkEngine): readonly number[] {
  const stops = jdbc?.[sink]?.stops;
  return stops === undefined ? [] : (stops.values ?? values.map((_, place) => place));
}

function cellsOf({ values, required }: PairColumn, rows: number, left: readonly number[]): Places {
  return Array.from({ length: rows }, (_, row) => {
    const place = required === true ? row % values.length : row;
    return place < values.length && !left.includes(place) ? place : undefined;
  });
}

export const tablesOf = ({ all, refused, carried, stops }: Plan): readonly PlannedTable[] => [
  all,
  carried,
  ...refused,
  ...stops.map(({ table }) => table),
];

export const rowsOf = ({ columns }: PlannedTable): number => columns[0]?.places.length ?? 0;

/** `v_` keeps names of columns apart from SQL's own. */
export const columnName = (name: string): string => `v_${name}`;

export function createSql({ name, columns }: PlannedTable): string {
  const lines = columns.map((one) => `${columnName(one.name)} ${one.column.type}`);
  return `CREATE TABLE ${name} (id int PRIMARY KEY, ${lines.join(', ')})`;
}

export function insertSql(table: PlannedTable, from: number): string {
  const rows = Array.from({ length: rowsOf(table) }, (_, row) => {
    const values = table.columns.map(({ column, places }) => column.values[places[row] ?? -1] ?? 'NULL');
    return `(${[from + row, ...values].join(', ')})`;
  });
  const names = table.columns.map(({ name }) => columnName(name));
  return `INSERT INTO ${table.name} (id, ${names.join(', ')}) VALUES ${rows.join(', ')}`;
}

/** By key what a sink has instead of the source's row: `lost`, or other values. */
export type Seen = Readonly<Record<string, 'lost' | Readonly<Record<string, Text>>>>;

/** What a sink is to have instead of a table's rows. */
export function expectedOf(table: PlannedTable, sink: SinkEngine, applier: 'builtin' | 'jdbc'): Seen {
  const seen: Record<string, 'lost' | Record<string, Text>> = {};
  for (let row = 0; row < rowsOf(table); row += 1)
    for (const phase of ['snapshot', 'stream'] as const) {
      const key = JSON.stringify([String(row + (phase === 'stream' ? STREAMED_FROM : 0))]);
      const at = <T extends Altered | Refused>(outcomes: readonly T[] = [], place: number | undefined): T | undefined =>
        outcomes.find(({ value, only }) => value === place && (only === undefined || only === phase));
      const values: Record<string, Text> = {};
      for (const { name, column, places } of table.columns) {
        const place = places[row];
        if (applier === 'builtin' && at(column.refused?.[sink], place) !== undefined) seen[key] = 'lost';
        const own = applier === 'jdbc' ? at(column.jdbc?.[sink]?.altered, place) : undefined;
        const altered = own ?? at(column.altered, place);
        if (altered !== undefined && altered.right !== true) values[columnName(name)] = altered.to;
      }
      if (seen[key] !== 'lost' && Object.keys(values).length > 0) seen[key] = values;
    }
  return seen;
}
