import { createHash } from 'node:crypto';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { quoteIdent } from './quote.ts';

/** Where the source keeps what is the lab's own. */
export const OWN_SCHEMA = 'driftlab';
const TRIGGER = 'driftlab_versions';

const NAME_BYTES_MAX = 63;

function keptIn(table: Table): string {
  const name = `versions ${tableId(table)}`;
  const short = `versions ${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
  return `${OWN_SCHEMA}.${quoteIdent(Buffer.byteLength(name) <= NAME_BYTES_MAX ? name : short)}`;
}

/** Columns that are computed when they are read: a trigger never sees their values. */
const VIRTUAL_SQL = `
SELECT n.nspname || '.' || c.relname AS table, a.attname AS column
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attgenerated = 'v' AND n.nspname || '.' || c.relname = ANY ($1)`;

/**
 * Has the database note every version of the tables' rows from now on, beginning with the rows as they are. By a trigger,
 * within the transaction that writes: a version is there exactly if its transaction was committed. The notes are unlogged,
 * so that the log is as it would be without them; a source that crashes loses them.
 */
export async function keepVersions(database: Pick<Database, 'query'>, tables: readonly Table[]): Promise<void> {
  if (tables.length === 0) return;
  const virtual = await database.query<{ table: TableId; column: string }>(VIRTUAL_SQL, [tables.map(tableId)]);
  const statements = tables.map((table) => {
    const kept = keptIn(table);
    const of = `${quoteIdent(table.schema)}.${quoteIdent(table.name)}`;
    const names = table.columns
      .map(({ name }) => name)
      .filter((name) => !virtual.some((one) => one.table === tableId(table) && one.column === name));
    const columns = names.map(quoteIdent).join(', ');
    // By their names: a partition may have the columns in another order, and its trigger is given its rows.
    const values = names.map((name) => `NEW.${quoteIdent(name)}`).join(', ');
    return `
CREATE UNLOGGED TABLE ${kept} AS SELECT ${columns} FROM ${of};
CREATE FUNCTION ${kept}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  $note$BEGIN INSERT INTO ${kept} (${columns}) VALUES (${values}); RETURN NULL; END$note$;
CREATE TRIGGER ${TRIGGER} AFTER INSERT OR UPDATE ON ${of} FOR EACH ROW EXECUTE FUNCTION ${kept}();
ALTER TABLE ${of} ENABLE ALWAYS TRIGGER ${TRIGGER};`;
  });
  await database.query(`CREATE SCHEMA IF NOT EXISTS ${OWN_SCHEMA};${statements.join('')}`);
}

/** All versions of a table's rows, to be read in the table's place. They have no key: a row may have had a value twice. */
export function versionsOf(table: Table): Table {
  return { ...table, key: [], from: keptIn(table) };
}
