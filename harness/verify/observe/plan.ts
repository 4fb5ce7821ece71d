import { type Between, between, betweenObjects } from '#engines/between.ts';
import { engineOf } from '#engines/index.ts';
import type { ColumnPair, ReadPlan } from '#engines/port/compare.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import type { Database, ObjectsSink, TablePair, Variant, VariantSpec } from '#model/pipeline.ts';
import { isBookkeeping } from '#model/values.ts';

export interface Plans {
  readonly source: ReadPlan;
  readonly sink: ReadPlan;
  /** Rows have a key; without one, whole rows are compared and counted. */
  readonly keyed: boolean;
  /** Equal for two sinks whose comparison with the source reads the source alike. */
  readonly signature: string;
}

/** Whether both sides are read as they stand in their databases: nothing is computed, renamed or left out on the way. */
function asTheyStand({ source, sink }: Pick<Plans, 'source' | 'sink'>): boolean {
  return [source.table, sink.table].every(
    ({ from, columns }) => from === undefined && columns.every(({ expression }) => expression === undefined),
  );
}

/** Whether ranges of the key are the same rows in both databases, so that they can be compared piece by piece. */
export function rangesAlike(
  source: Pick<Database, 'engine'>,
  { sink, objects }: Pick<Variant, 'sink' | 'objects'>,
  plans: Plans,
): boolean {
  return (
    objects === undefined &&
    plans.keyed &&
    asTheyStand(plans) &&
    plans.source.key.every((pair) => engineOf(source).compare.ordersAlike(pair)) &&
    plans.sink.key.every((pair) => engineOf(sink).compare.ordersAlike(pair))
  );
}

/** How the tables of a pipeline's source go together with those of one of its sinks. */
export function betweenOf(
  source: Pick<Database, 'engine'>,
  { sink, objects }: { readonly sink: Pick<Database, 'engine'>; readonly objects?: ObjectsSink },
): Between {
  return objects === undefined ? between(engineOf(source), engineOf(sink)) : betweenObjects(engineOf(source));
}

/** The two sides of a table at one sink: as its spec pairs them, else by their names. Undefined where it is not compared. */
export function pairOf(
  spec: VariantSpec,
  table: Table,
  sink: ReadonlyMap<TableId, Table>,
  { sinkId }: Pick<Between, 'sinkId'> = SAME_NAMES,
): TablePair | undefined {
  if (spec.pair !== undefined) return spec.pair(table, sink);
  const found = sink.get(sinkId(tableId(table)));
  return { source: table, ...(found === undefined ? {} : { sink: found }) };
}

/** Of tables that would be compared with one and the same table of a sink, why none of them can be: it has the rows of all. */
export function sharedTables(
  spec: VariantSpec,
  tables: readonly Table[],
  sink: ReadonlyMap<TableId, Table>,
  names: Pick<Between, 'sinkId'>,
): ReadonlyMap<TableId, string> {
  const by = Map.groupBy(
    tables.flatMap((table) => {
      const found = pairOf(spec, table, sink, names)?.sink;
      return found === undefined ? [] : [{ table: tableId(table), sink: tableId(found) }];
    }),
    (pair) => pair.sink,
  );
  return new Map(
    [...by].flatMap(([at, pairs]) => {
      if (pairs.length < 2) return [];
      const names = pairs.map(({ table }) => table);
      const why = `${names.join(' and ')} would be compared with the same sink table, ${at}: map each to a table of its own, or to false`;
      return names.map((name) => [name, why] as const);
    }),
  );
}

/** Why a table's rows cannot be read to be compared, whatever the sink has; for one that {@link plansFor} has no plans for. */
export function whyIncomparable({ columns, key }: Table): string {
  const names = new Set(columns.map(({ name }) => name));
  const missing = key.filter((name) => !names.has(name));
  if (missing.length === 0) return 'it has no columns to compare';
  return `its rows are identified by ${missing.join(', ')}, which the comparison leaves out`;
}

export const SAME_NAMES: Pick<Between, 'sinkId'> = { sinkId: (table) => table };

export interface PlanOptions {
  /** Columns that are left out. */
  readonly ignore?: ReadonlySet<string>;
  readonly exact?: boolean | undefined;
  /** Where source and sink may be of different engines. */
  readonly across?: Between;
}

/** How a table and its counterpart are read; undefined where the sink lacks a column of the key. */
export function plansFor(source: Table, sink: Table, { ignore, exact, across }: PlanOptions = {}): Plans | undefined {
  const atSink = new Map(sink.columns.map((column) => [column.name, column]));
  const columns: ColumnPair[] = [];
  for (const column of source.columns) {
    const peer = atSink.get(column.name);
    if (peer === undefined || ignore?.has(column.name) === true || isBookkeeping(column.name)) continue;
    const pair = { source: column, sink: peer, ...(exact === true ? { exact } : {}) };
    if (across?.compares(pair) !== false) columns.push(pair);
  }
  const keyed = source.key.length > 0;
  // Ledger and log name a row by its key's value, however exactly its columns are compared.
  const key = keyed
    ? source.key.flatMap((name) => {
        const pair = columns.find((one) => one.source.name === name);
        return pair === undefined ? [] : [{ source: pair.source, sink: pair.sink }];
      })
    : columns;
  if (key.length === 0 || (keyed && key.length < source.key.length)) return undefined;
  const bookkeeping = sink.columns.map(({ name }) => name).filter(isBookkeeping);
  return {
    keyed,
    source: { side: 'source', table: source, ...seenBy('source', key, columns, across), bookkeeping: [] },
    sink: { side: 'sink', table: sink, ...seenBy('sink', key, columns, across), bookkeeping },
    signature: JSON.stringify([
      source.from,
      source.key,
      exact,
      across?.alike ?? true,
      ...columns.map((pair) => [pair.source.name, pair.source.type, pair.sink.type, pair.source.expression]),
    ]),
  };
}

/** The pairs as one side reads them. */
function seenBy(
  side: 'source' | 'sink',
  key: readonly ColumnPair[],
  columns: readonly ColumnPair[],
  across: Between | undefined,
): Pick<ReadPlan, 'key' | 'columns'> {
  if (across === undefined || across.alike) return { key, columns };
  const seen = (pair: ColumnPair): ColumnPair => across.pair(pair)[side];
  return { key: key.map(seen), columns: columns.map(seen) };
}

/** The kinds as which a plan's columns are compared, by their names at the source; empty between databases of one engine. */
export function kindsOf({ columns, key }: Pick<ReadPlan, 'columns' | 'key'>): ReadonlyMap<string, Kind> {
  return new Map(
    [...key, ...columns].flatMap(({ source, as }) => (as === undefined ? [] : [[source.name, as] as const])),
  );
}
