import { createHash } from 'node:crypto';
import { type Column, type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Key } from '#model/values.ts';
import { LSN_COLUMN } from '#model/values.ts';
import { OWN_SCHEMA } from './capture.ts';
import { kindOf } from './kinds.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';
import { plainText } from './row-text.ts';
import { schemaSql } from './sink-ddl.ts';
import { isSeen } from './versions.ts';

type Asked = Pick<Database, 'query'>;

/** Writes kept for each sink; older ones are forgotten. */
const KEPT = 500_000;

const JOURNAL = `${OWN_SCHEMA}.effects`;

const JOURNAL_SQL = `IF OBJECT_ID(N'${JOURNAL}', N'U') IS NULL CREATE TABLE ${JOURNAL} (
  place bigint IDENTITY(1, 1) PRIMARY KEY, table_name nvarchar(257) COLLATE Latin1_General_100_BIN2 NOT NULL,
  key_hash binary(32) NOT NULL, lsn varchar(58) NOT NULL, INDEX effects_of_a_row (table_name, key_hash, place))`;

/** A trigger's name, of which a schema has each only once. */
export function triggerName(prefix: string, { schema, name }: Pick<Table, 'schema' | 'name'>): string {
  const whole = `driftlab_${prefix}_${name}`;
  const short = `driftlab_${prefix}_${createHash('sha1').update(name).digest('hex').slice(0, 20)}`;
  return `${quoteIdent(schema)}.${quoteIdent(whole.length <= 120 ? whole : short)}`;
}

function keyColumns(table: Table): Pick<Column, 'name' | 'type' | 'base'>[] {
  return table.key.map(
    (name) => table.columns.find((column) => column.name === name) ?? { name, type: 'nvarchar(max)' },
  );
}

/** The hash of a key as it is noted: each part behind its length in units of UTF-16. */
function notedSql(table: Table, row: 'i' | 'd'): string {
  const parts = keyColumns(table).map((column) => {
    const text = `CONVERT(nvarchar(max), ${plainText(column, `${row}.${quoteIdent(column.name)}`)})`;
    return `CONVERT(varchar(12), DATALENGTH(${text}) / 2), N':', ${text}`;
  });
  return `HASHBYTES('SHA2_256', CONVERT(varbinary(max), CONCAT(CONVERT(nvarchar(max), N''), ${parts.join(', ')})))`;
}

/** The same of a key in canonical text. The sink does not know whether its column without a zone holds moments. */
function noted(key: Key): Buffer {
  const parts = JSON.parse(key) as string[];
  const plain = parts.map((part) => part.replace(/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)\+00$/, '$1'));
  const text = plain.map((part) => `${part.length}:${part}`).join('');
  return createHash('sha256').update(Buffer.from(text, 'utf16le')).digest();
}

/** The triggers of a table. What another trigger of the table writes is no write of the applier's. */
export function noteEffectsSql(table: Table): string[] {
  const id = quoteTable(tableId(table));
  const note = (row: 'i' | 'd', from: string, lsn: string, where: string): string =>
    `INSERT INTO ${JOURNAL} (table_name, key_hash, lsn)
  SELECT ${quoteLiteral(tableId(table))}, ${notedSql(table, row)}, ${lsn} FROM ${from} AS ${row}${where};`;
  const trigger = (prefix: string, events: string, body: string): string =>
    `CREATE OR ALTER TRIGGER ${triggerName(prefix, table)} ON ${id} AFTER ${events} AS
BEGIN
  SET NOCOUNT ON;
  IF TRIGGER_NESTLEVEL() > 1 RETURN;
  ${body}
END`;
  const lsn = `i.${quoteIdent(LSN_COLUMN)}`;
  return [
    trigger(
      'note',
      'INSERT, UPDATE',
      note('i', 'inserted', `CONVERT(varchar(58), ${lsn})`, ` WHERE ${lsn} IS NOT NULL`),
    ),
    trigger('note_delete', 'DELETE', note('d', 'deleted', `'0'`, '')),
  ];
}

/**
 * Lets a sink note every row that is written to it with an LSN, and every delete, in the order of the writes: what an applier
 * did to a row between two looks is not seen by looking. Does nothing where the table has no key.
 */
export async function noteEffects(sink: Asked, table: Table): Promise<void> {
  if (table.key.length === 0) return;
  await sink.query(schemaSql(OWN_SCHEMA));
  await sink.query(JOURNAL_SQL);
  for (const sql of noteEffectsSql(table)) await sink.query(sql);
}

const PRUNE_SQL = `DELETE FROM ${JOURNAL} WHERE place <= (SELECT MAX(place) FROM ${JOURNAL}) - ${KEPT}`;

function effectsSql(table: TableId, keys: readonly Key[]): string {
  const hashes = keys.map((key) => `0x${noted(key).toString('hex')}`).join(', ');
  return `SELECT CONVERT(varchar(64), key_hash, 2) AS hash, lsn FROM ${JOURNAL}
WHERE table_name = ${quoteLiteral(table)} AND key_hash IN (${hashes}) ORDER BY place`;
}

/** The LSNs that each row was written with, 0 for a delete, in the order of the writes, as far as they are known. */
export async function effectsOf(
  sink: Asked,
  table: TableId,
  keys: readonly Key[],
): Promise<ReadonlyMap<Key, readonly bigint[]>> {
  await sink.query(PRUNE_SQL);
  if (keys.length === 0) return new Map();
  const rows = await sink.query<{ hash: string; lsn: string }>(effectsSql(table, keys));
  const known = Map.groupBy(rows, ({ hash }) => hash.toLowerCase());
  return new Map(
    keys.flatMap((key) => {
      const own = known.get(noted(key).toString('hex'));
      return own === undefined ? [] : [[key, own.map(({ lsn }) => BigInt(lsn))] as const];
    }),
  );
}

/** What Debezium sends for a value that it does not know. */
const PLACEHOLDER = '__debezium_unavailable_value';

/**
 * The trigger that gives a column its old value again; undefined for a table without a key, or without texts of any length that a
 * trigger sees.
 */
export function keepUnchangedSql(table: Table): string | undefined {
  const texts = table.columns.filter((column) => {
    const kind = kindOf(column);
    return kind.kind === 'text' && kind.length === undefined && isSeen(column);
  });
  if (texts.length === 0 || table.key.length === 0) return undefined;
  const is = (name: string): string => `i.${quoteIdent(name)} = N'${PLACEHOLDER}'`;
  const same = (row: string): string =>
    table.key.map((name) => `${row}.${quoteIdent(name)} = t.${quoteIdent(name)}`).join(' AND ');
  const sets = texts.map(({ name }) => {
    const column = quoteIdent(name);
    return `t.${column} = CASE WHEN ${is(name)} THEN d.${column} ELSE t.${column} END`;
  });
  return `CREATE OR ALTER TRIGGER ${triggerName('keep', table)} ON ${quoteTable(tableId(table))} AFTER UPDATE AS
BEGIN
  SET NOCOUNT ON;
  UPDATE t SET ${sets.join(', ')}
  FROM ${quoteTable(tableId(table))} AS t INNER JOIN inserted AS i ON ${same('i')} INNER JOIN deleted AS d ON ${same('d')}
  WHERE ${texts.map(({ name }) => is(name)).join(' OR ')};
END`;
}

/**
 * Keeps Debezium's placeholder for a value that it does not know out of a sink's table: an update that carries it leaves the
 * column as it is. The JDBC sink connector writes the placeholder like any other text.
 */
export async function keepUnchangedValues(sink: Asked, table: Table): Promise<void> {
  const sql = keepUnchangedSql(table);
  if (sql !== undefined) await sink.query(sql);
}
