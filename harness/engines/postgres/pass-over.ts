import type { PassedTable, PassOverPort } from '#engines/port/pass-over.ts';
import { quoteLiteral, quoteTable } from './quote.ts';

const PREPARE_SQL = `CREATE SCHEMA IF NOT EXISTS driftlab;
CREATE TABLE IF NOT EXISTS driftlab.passed_over (tbl text, id bigint, PRIMARY KEY (tbl, id));
CREATE OR REPLACE FUNCTION driftlab.pass_over() RETURNS trigger LANGUAGE plpgsql AS $pass$
DECLARE
  changed record;
BEGIN
  IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
  IF EXISTS (SELECT FROM driftlab.passed_over WHERE tbl = TG_ARGV[0] AND id = (to_jsonb(changed) ->> TG_ARGV[1])::bigint)
  THEN RETURN NULL; END IF;
  RETURN changed;
END $pass$`;

/** The trigger that leaves a change of a marked row undone: nothing comes after what returns no row. */
export function passOverTriggerSql({ table, column }: PassedTable): string {
  return `CREATE OR REPLACE TRIGGER driftlab_pass_over BEFORE INSERT OR UPDATE OR DELETE ON ${quoteTable(table)}
  FOR EACH ROW EXECUTE FUNCTION driftlab.pass_over(${quoteLiteral(table)}, ${quoteLiteral(column)})`;
}

export const passOver: PassOverPort = {
  kinds: new Set(['insert', 'update', 'delete']),
  async prepare(sink, tables) {
    await sink.query(PREPARE_SQL);
    for (const one of tables) await sink.query(passOverTriggerSql(one));
  },
  begin: async (sink, table, row) =>
    void (await sink.query('INSERT INTO driftlab.passed_over VALUES ($1, $2)', [table, row])),
  end: async (sink, table, row) =>
    void (await sink.query('DELETE FROM driftlab.passed_over WHERE tbl = $1 AND id = $2', [table, row])),
};
