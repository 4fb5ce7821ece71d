import { createHash } from 'node:crypto';
import { type Table, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { OWN_PREFIX } from './connectors.ts';
import { quoteIdent, quoteTable } from './quote.ts';

/** A name that no table of somebody's has, however long theirs is. */
function keptIn(table: Table): string {
  const hash = createHash('sha256').update(tableId(table)).digest('hex').slice(0, 32);
  return quoteIdent(`${OWN_PREFIX}versions_${hash}`);
}

/** Columns that are computed when they are read. */
const VIRTUAL_SQL = `SELECT column_name AS name FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = ? AND extra LIKE '%VIRTUAL GENERATED%'`;

/**
 * Has the database note every version of the tables' rows from now on, beginning with the rows as they are. By triggers,
 * within the transaction that writes: a version is there exactly if its transaction was committed. What a foreign key
 * changes in a table (ON DELETE, ON UPDATE) no trigger sees: neither server fires one for it.
 */
export async function keepVersions(database: Pick<Database, 'query'>, tables: readonly Table[]): Promise<void> {
  for (const table of tables) {
    const virtual = await database.query<{ name: string }>(VIRTUAL_SQL, [table.name]);
    const names = table.columns.map(({ name }) => name).filter((name) => !virtual.some((one) => one.name === name));
    const columns = names.map(quoteIdent).join(', ');
    const kept = keptIn(table);
    const of = quoteTable(tableId(table));
    await database.query(`CREATE TABLE ${kept} AS SELECT ${columns} FROM ${of}`);
    const values = names.map((name) => `NEW.${quoteIdent(name)}`).join(', ');
    for (const event of ['INSERT', 'UPDATE'])
      await database.query(
        `CREATE TRIGGER ${kept.replace(/`$/, `_${event.toLowerCase()}\``)} AFTER ${event} ON ${of} FOR EACH ROW
         INSERT INTO ${kept} (${columns}) VALUES (${values})`,
      );
  }
}

/** All versions of a table's rows, to be read in the table's place. They have no key: a row may have had a value twice. */
export function versionsOf(table: Table): Table {
  return { ...table, key: [], from: keptIn(table) };
}
