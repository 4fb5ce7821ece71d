import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { PairTables } from '#model/pipeline.ts';

/** Compares tables by their names, and of some of them not all columns. */
export function exceptColumns(except: Readonly<Record<TableId, readonly string[]>>): PairTables {
  return (source, sinkTables) => {
    const id = tableId(source);
    const without = (table: Table): Table => ({
      ...table,
      columns: table.columns.filter(({ name }) => except[id]?.includes(name) !== true),
    });
    const sink = sinkTables.get(id);
    return { source: without(source), ...(sink === undefined ? {} : { sink: without(sink) }) };
  };
}
