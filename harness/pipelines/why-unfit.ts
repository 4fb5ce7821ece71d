import { type Table, type TableId, tableId } from '#model/catalog.ts';

/**
 * Why events of a source table, which are keyed by `key`, cannot be written to a sink's table of somebody's own by what the
 * lab runs; undefined where they can. `demandedBy` tells the columns that an INSERT into a table must name.
 */
export async function whyUnfit(
  wanted: Table,
  key: readonly string[],
  there: ReadonlyMap<TableId, Table>,
  demandedBy: (table: TableId) => Promise<readonly string[]>,
): Promise<string | undefined> {
  const id = tableId(wanted);
  const table = there.get(id);
  if (table === undefined) return `they make no table ${id}`;
  const names = new Set(table.columns.map(({ name }) => name));
  const missing = wanted.columns.find(({ name }) => !names.has(name));
  if (missing !== undefined) return `${id} has no column ${missing.name}`;
  const own = table.key.length > 0 ? table.key : (table.unique?.columns ?? []);
  if ([...own].sort().join() !== [...key].sort().join())
    return `the key of ${id} is ${own.length === 0 ? 'missing' : own.join(', ')}, where the events have ${key.join(', ') || 'none'}`;
  const sent = new Set(wanted.columns.map(({ name }) => name));
  const unsent = (await demandedBy(id)).find((name) => !sent.has(name));
  return unsent === undefined ? undefined : `${id}.${unsent} must not be NULL, and no event has it`;
}
