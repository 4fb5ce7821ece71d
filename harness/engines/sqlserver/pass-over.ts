import type { PassedTable, PassOverPort } from '#engines/port/pass-over.ts';
import { OWN_SCHEMA } from './capture.ts';
import { triggerName } from './effects.ts';
import { quoteIdent, quoteLiteral, quoteTable, splitTableId } from './quote.ts';
import { schemaSql } from './sink-ddl.ts';

const PASSED = `${OWN_SCHEMA}.passed_over`;

const PASSED_SQL = `IF OBJECT_ID(N'${PASSED}', N'U') IS NULL CREATE TABLE ${PASSED} (
  table_name nvarchar(257) COLLATE Latin1_General_100_BIN2 NOT NULL, id bigint NOT NULL, PRIMARY KEY (table_name, id))`;

/** Columns that can be written, and whose values a trigger sees. */
const writtenColumnsSql = (id: string): string => `SELECT c.name FROM sys.columns AS c
WHERE c.object_id = OBJECT_ID(${quoteLiteral(quoteTable(id))}, N'U') AND c.is_computed = 0 AND c.is_identity = 0
  AND c.generated_always_type = 0 AND TYPE_NAME(c.system_type_id) NOT IN (N'timestamp', N'text', N'ntext', N'image') ORDER BY c.column_id`;

/** The trigger that gives a marked row its old values again. */
function passOverTriggerSql({ table, column }: PassedTable, columns: readonly string[]): string {
  const key = quoteIdent(column);
  const sets = columns.filter((one) => one !== column).map((one) => `t.${quoteIdent(one)} = d.${quoteIdent(one)}`);
  return `CREATE OR ALTER TRIGGER ${triggerName('pass', splitTableId(table))} ON ${quoteTable(table)} AFTER UPDATE AS
BEGIN
  SET NOCOUNT ON;
  IF TRIGGER_NESTLEVEL() > 1 RETURN;
  UPDATE t SET ${sets.join(', ')}
  FROM ${quoteTable(table)} AS t INNER JOIN deleted AS d ON d.${key} = t.${key}
  INNER JOIN ${PASSED} AS p ON p.table_name = ${quoteLiteral(table)} AND p.id = t.${key};
END`;
}

const markSql = (table: string, row: number): string =>
  `INSERT INTO ${PASSED} (table_name, id) VALUES (${quoteLiteral(table)}, ${row})`;

const unmarkSql = (table: string, row: number): string =>
  `DELETE FROM ${PASSED} WHERE table_name = ${quoteLiteral(table)} AND id = ${row}`;

export const passOver: PassOverPort = {
  kinds: new Set(['update']),
  whyNot:
    "a trigger of SQL Server's can give a row that is updated its old values, but one that keeps a row from being inserted or deleted would not let a statement join the table",
  async prepare(sink, tables) {
    await sink.query(schemaSql(OWN_SCHEMA));
    await sink.query(PASSED_SQL);
    for (const one of tables) {
      const columns = await sink.query<{ name: string }>(writtenColumnsSql(one.table));
      await sink.query(
        passOverTriggerSql(
          one,
          columns.map(({ name }) => name),
        ),
      );
    }
  },
  begin: async (sink, table, row) => void (await sink.query(markSql(table, row))),
  end: async (sink, table, row) => void (await sink.query(unmarkSql(table, row))),
};
