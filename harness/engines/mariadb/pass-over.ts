import type { PassedTable, PassOverPort } from '#engines/port/pass-over.ts';
import { GENERATED_SQL } from './catalog.ts';
import type { Flavour } from './flavour.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';

const prepareSql = ({ texts }: Flavour): string => `CREATE TABLE IF NOT EXISTS driftlab_passed_over
  (tbl varchar(255) NOT NULL, id bigint NOT NULL, PRIMARY KEY (tbl, id)) ENGINE = InnoDB ${texts}`;

/**
 * The trigger that gives a marked row its old values again. It comes before the others of the table, which would else note
 * a write that has no effect; `first` is the one that came first so far.
 */
export function passOverTriggerSql(
  { table, column }: PassedTable,
  columns: readonly string[],
  first: string | undefined,
): string {
  const name = `driftlab_pass_${table.slice(table.indexOf('.') + 1)}`;
  const sets = columns.map((one) => `NEW.${quoteIdent(one)} = OLD.${quoteIdent(one)}`).join(', ');
  const marked = `SELECT 1 FROM driftlab_passed_over WHERE tbl = ${quoteLiteral(table)} AND id = OLD.${quoteIdent(column)}`;
  return `CREATE TRIGGER ${quoteIdent(name)} BEFORE UPDATE ON ${quoteTable(table)}
FOR EACH ROW ${first === undefined ? '' : `PRECEDES ${quoteIdent(first)} `}BEGIN
  IF EXISTS (${marked}) THEN SET ${sets}; END IF;
END`;
}

const COLUMNS_SQL = `SELECT column_name AS name FROM information_schema.columns
WHERE table_schema = DATABASE() AND table_name = ? AND NOT (${GENERATED_SQL}) ORDER BY ordinal_position`;

const FIRST_SQL = `SELECT trigger_name AS name FROM information_schema.triggers
WHERE event_object_schema = DATABASE() AND event_object_table = ? AND action_timing = 'BEFORE' AND event_manipulation = 'UPDATE'
ORDER BY action_order LIMIT 1`;

export const passOverOf = (flavour: Flavour): PassOverPort => ({
  kinds: new Set(['update']),
  whyNot: `a trigger of ${flavour.title}'s can give a row that is updated its old values, but cannot keep one from being inserted or deleted`,
  async prepare(sink, tables) {
    await sink.query(prepareSql(flavour));
    for (const one of tables) {
      const name = one.table.slice(one.table.indexOf('.') + 1);
      const columns = await sink.query<{ name: string }>(COLUMNS_SQL, [name]);
      const [first] = await sink.query<{ name: string }>(FIRST_SQL, [name]);
      const names = columns.map((column) => column.name);
      await sink.query(passOverTriggerSql(one, names, first?.name));
    }
  },
  begin: async (sink, table, row) =>
    void (await sink.query('INSERT INTO driftlab_passed_over VALUES (?, ?)', [table, row])),
  end: async (sink, table, row) =>
    void (await sink.query('DELETE FROM driftlab_passed_over WHERE tbl = ? AND id = ?', [table, row])),
});
