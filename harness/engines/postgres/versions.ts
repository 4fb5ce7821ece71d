import { createHash } from 'node:crypto';
import { type Table, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { quoted } from './canonical.ts';

/** Where the source keeps what is the lab's own. */
export const OWN_SCHEMA = 'driftlab';
const TRIGGER = 'driftlab_versions';

const NAME_BYTES_MAX = 63;

function keptIn(table: Table): string {
  const name = `versions ${tableId(table)}`;
  const short = `versions ${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
  return `${OWN_SCHEMA}.${quoted(Buffer.byteLength(name) <= NAME_BYTES_MAX ? name : short)}`;
}

/**
 * Has the database note every version of the tables' rows from now on, beginning with the rows as they are. By a trigger,
 * within the transaction that writes: a version is there exactly if its transaction was committed. The notes are unlogged,
 * so that the log is as it would be without them; a source that crashes loses them.
 */
export async function keepVersions(database: Pick<Database, 'query'>, tables: readonly Table[]): Promise<void> {
  if (tables.length === 0) return;
  const statements = tables.map((table) => {
    const kept = keptIn(table);
    const of = `${quoted(table.schema)}.${quoted(table.name)}`;
    return `
CREATE UNLOGGED TABLE ${kept} AS TABLE ${of};
CREATE FUNCTION ${kept}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
  $note$BEGIN INSERT INTO ${kept} SELECT NEW.*; RETURN NULL; END$note$;
CREATE TRIGGER ${TRIGGER} AFTER INSERT OR UPDATE ON ${of} FOR EACH ROW EXECUTE FUNCTION ${kept}();
ALTER TABLE ${of} ENABLE ALWAYS TRIGGER ${TRIGGER};`;
  });
  await database.query(`CREATE SCHEMA IF NOT EXISTS ${OWN_SCHEMA};${statements.join('')}`);
}

/** All versions of a table's rows, to be read in the table's place. They have no key: a row may have had a value twice. */
export function versionsOf(table: Table): Table {
  return { ...table, key: [], from: keptIn(table) };
}
