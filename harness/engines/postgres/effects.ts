import type { Table, TableId } from '#model/catalog.ts';
import { tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Key } from '#model/values.ts';
import { hasOneSpelling } from './canonical.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';

/** Writes kept for each sink; older ones are forgotten. */
const KEPT = 500_000;

const JOURNAL_SQL = `
CREATE SCHEMA IF NOT EXISTS driftlab;
CREATE UNLOGGED TABLE IF NOT EXISTS driftlab.effects (
  place bigint GENERATED ALWAYS AS IDENTITY, tbl text NOT NULL, key text NOT NULL, lsn numeric NOT NULL
);
CREATE INDEX IF NOT EXISTS effects_key ON driftlab.effects (tbl, key);
CREATE INDEX IF NOT EXISTS effects_place ON driftlab.effects USING brin (place);`;

/**
 * Lets a sink note every row that is written to it with an LSN, and every delete, in the order of the writes: what an
 * applier did to a row between two looks is not seen by looking. Does nothing where the table has no key.
 */
export async function noteEffects(sink: Pick<Database, 'query'>, table: Table): Promise<void> {
  if (table.key.length === 0) return;
  await sink.query(JOURNAL_SQL);
  const id = tableId(table);
  const trigger = quoteTable(`driftlab.${`note_${id}`.slice(0, 63)}`);
  const key = `to_json(ARRAY[${table.key.map((name) => `written.${quoteIdent(name)}::text`).join(', ')}])::text`;
  const plain = table.columns.every((column) => !table.key.includes(column.name) || hasOneSpelling(column));
  // The writer's session may spell dates and floats in its own way.
  const session = plain ? '' : `SET TimeZone = 'UTC' SET DateStyle = 'ISO' SET extra_float_digits = 1`;
  await sink.query(
    `CREATE OR REPLACE FUNCTION ${trigger}() RETURNS trigger LANGUAGE plpgsql ${session} AS $note$
     DECLARE
       written record;
     BEGIN
       IF TG_OP = 'DELETE' THEN written := OLD; ELSE written := NEW; END IF;
       INSERT INTO driftlab.effects (tbl, key, lsn)
       VALUES (${quoteLiteral(id)}, ${key}, CASE TG_OP WHEN 'DELETE' THEN 0 ELSE written._cdc_lsn END);
       RETURN NULL;
     END $note$;
     CREATE OR REPLACE TRIGGER driftlab_note AFTER INSERT OR UPDATE ON ${quoteTable(id)}
       FOR EACH ROW WHEN (NEW._cdc_lsn IS NOT NULL) EXECUTE FUNCTION ${trigger}();
     CREATE OR REPLACE TRIGGER driftlab_note_delete AFTER DELETE ON ${quoteTable(id)}
       FOR EACH ROW EXECUTE FUNCTION ${trigger}()`,
  );
}

/** The LSNs that each row was written with, 0 for a delete, in the order of the writes, as far as they are known. */
export async function effectsOf(
  sink: Pick<Database, 'query'>,
  table: TableId,
  keys: readonly Key[],
): Promise<ReadonlyMap<Key, readonly bigint[]>> {
  await sink.query(
    `DELETE FROM driftlab.effects
     WHERE place < pg_sequence_last_value(pg_get_serial_sequence('driftlab.effects', 'place')) - $1::bigint`,
    [KEPT],
  );
  const rows = await sink.query<{ key: Key; lsns: string }>(
    `SELECT key, string_agg(lsn::text, ',' ORDER BY place) AS lsns FROM driftlab.effects
     WHERE tbl = $1 AND key = ANY($2::text[]) GROUP BY key`,
    [table, keys],
  );
  return new Map(rows.map(({ key, lsns }) => [key, lsns.split(',').map(BigInt)]));
}
