import { createHash } from 'node:crypto';
import { type Column, type Table, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { OWN_SCHEMA, SCHEMA_SQL } from './capture.ts';
import { quoteIdent, quoteTable } from './quote.ts';

const hashOf = (table: Table): string => createHash('sha256').update(tableId(table)).digest('hex').slice(0, 32);

/** Where the versions of a table's rows are: a name that no other has, however long theirs is. */
function keptIn(table: Table): string {
  return `${quoteIdent(OWN_SCHEMA)}.${quoteIdent(`versions_${hashOf(table)}`)}`;
}

/** A trigger never sees the values of these types, and one that names them cannot be made. */
const UNSEEN = /^(text|ntext|image)$/i;

export function isSeen({ type, base }: Pick<Column, 'type' | 'base'>): boolean {
  return !UNSEEN.test(base ?? type);
}

/**
 * Has the database note every version of the tables' rows from now on, beginning with the rows as they are. By a trigger, within
 * the transaction that writes: a version is there exactly if its transaction was committed.
 */
export async function keepVersions(database: Pick<Database, 'query'>, tables: readonly Table[]): Promise<void> {
  await database.query(SCHEMA_SQL);
  for (const table of tables) {
    const kept = keptIn(table);
    const name = quoteTable(tableId(table));
    const seen = table.columns.filter(isSeen);
    const columns = seen.map((column) => quoteIdent(column.name)).join(', ');
    // What the server counts up for a row no other may be given.
    const values = seen
      .map(({ name: own, type }) =>
        type === 'rowversion' ? `CONVERT(binary(8), ${quoteIdent(own)}) AS ${quoteIdent(own)}` : quoteIdent(own),
      )
      .join(', ');
    // Of a union no column counts.
    await database.query(`SELECT ${values} INTO ${kept} FROM ${name} UNION ALL SELECT TOP (0) ${values} FROM ${name}`);
    const trigger = `${quoteIdent(table.schema)}.${quoteIdent(`driftlab_versions_${hashOf(table)}`)}`;
    // Its own count would stand before that of the statement that fires it.
    await database.query(
      `CREATE TRIGGER ${trigger} ON ${name} AFTER INSERT, UPDATE AS
BEGIN
  SET NOCOUNT ON;
  INSERT INTO ${kept} (${columns}) SELECT ${columns} FROM inserted;
END`,
    );
  }
}

/** All versions of a table's rows, to be read in the table's place. They have no key: a row may have had a value twice. */
export function versionsOf(table: Table): Table {
  return { ...table, key: [], from: keptIn(table) };
}
