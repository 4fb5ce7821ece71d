import type { ColumnPair, ReadPlan } from '#engines/port/compare.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { TablePair, VariantSpec } from '#model/pipeline.ts';
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
export function asTheyStand({ source, sink }: Pick<Plans, 'source' | 'sink'>): boolean {
  return [source.table, sink.table].every(
    ({ from, columns }) => from === undefined && columns.every(({ expression }) => expression === undefined),
  );
}

/** The two sides of a table at one sink: as its spec pairs them, else by their names. Undefined where it is not compared. */
export function pairOf(spec: VariantSpec, table: Table, sink: ReadonlyMap<TableId, Table>): TablePair | undefined {
  if (spec.pair !== undefined) return spec.pair(table, sink);
  const found = sink.get(tableId(table));
  return { source: table, ...(found === undefined ? {} : { sink: found }) };
}

/** Of tables that would be compared with one and the same table of a sink, why none of them can be: it has the rows of all. */
export function sharedTables(
  spec: VariantSpec,
  tables: readonly Table[],
  sink: ReadonlyMap<TableId, Table>,
): ReadonlyMap<TableId, string> {
  const by = Map.groupBy(
    tables.flatMap((table) => {
      const found = pairOf(spec, table, sink)?.sink;
      return found === undefined ? [] : [{ table: tableId(table), sink: tableId(found) }];
    }),
    (pair) => pair.sink,
  );
  return new Map(
    [...by].flatMap(([at, pairs]) => {
      if (pairs.length < 2) return [];
      const names = pairs.map(({ table }) => table);
      const why = `${names.join(' and ')} would be compared with one table of the sink, ${at}: map each to a table of its own, or to false`;
      return names.map((name) => [name, why] as const);
    }),
  );
}

/** Why a table's rows cannot be read to be compared, whatever the sink has; for one that {@link plansFor} has no plans for. */
export function whyIncomparable({ columns, key }: Table): string {
  const names = new Set(columns.map(({ name }) => name));
  const missing = key.filter((name) => !names.has(name));
  if (missing.length === 0) return 'it has no columns to compare';
  return `its rows are told apart by ${missing.join(', ')}, which the comparison leaves out`;
}

/** How a table and its counterpart are read; undefined where the sink lacks a column of the key. */
export function plansFor(
  source: Table,
  sink: Table,
  { ignore, exact }: { readonly ignore?: ReadonlySet<string>; readonly exact?: boolean | undefined } = {},
): Plans | undefined {
  const atSink = new Map(sink.columns.map((column) => [column.name, column]));
  const columns: ColumnPair[] = [];
  for (const column of source.columns) {
    const peer = atSink.get(column.name);
    if (peer !== undefined && ignore?.has(column.name) !== true && !isBookkeeping(column.name))
      columns.push({ source: column, sink: peer, ...(exact === true ? { exact } : {}) });
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
    source: { side: 'source', table: source, key, columns, bookkeeping: [] },
    sink: { side: 'sink', table: sink, key, columns, bookkeeping },
    signature: JSON.stringify([
      source.from,
      source.key,
      exact,
      ...columns.map((pair) => [pair.source.name, pair.source.type, pair.sink.type, pair.source.expression]),
    ]),
  };
}
