import { createHash } from 'node:crypto';
import { type Column, type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Key } from '#model/values.ts';
import type { Flavour } from './flavour.ts';
import { kindOf } from './kinds.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';

type Asked = Pick<Database, 'query'>;

/** Writes kept for each sink; older ones are forgotten. */
const KEPT = 500_000;

const journalSql = ({ texts }: Flavour): string => `CREATE TABLE IF NOT EXISTS driftlab_effects (
  place bigint AUTO_INCREMENT PRIMARY KEY, tbl varchar(255) NOT NULL, \`key\` longtext NOT NULL, lsn decimal(65,0) NOT NULL,
  KEY (tbl, \`key\`(150))) ENGINE = InnoDB ${texts}`;

const NAME_MAX = 64;

/** A trigger's name, of which a database has each only once. */
function triggerName(prefix: string, table: string): string {
  const name = `${prefix}_${table}`;
  if (name.length <= NAME_MAX) return name;
  return `${prefix}_${createHash('sha1').update(table).digest('hex').slice(0, 20)}`;
}

/** The canonical text of a key's column. */
function textOf({ name, type }: Pick<Column, 'name' | 'type'>, row: string): string {
  const value = `${row}.${quoteIdent(name)}`;
  const kind = kindOf({ type });
  switch (kind.kind) {
    case 'boolean':
      return `IF(${value}, 'true', 'false')`;
    case 'bytes':
      return `CONCAT(${quoteLiteral('\\x')}, LOWER(HEX(${value})))`;
    case 'bits':
      return `LPAD(BIN(${value}), ${kind.length}, '0')`;
    case 'instant':
    case 'local-timestamp':
      return kind.digits === 0 ? value : `TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM ${value}))`;
    default:
      return value;
  }
}

/** A key as it is noted: each part behind its length in bytes, since the server would spell JSON in a way of its own. */
function noted(key: Key): string {
  const parts = JSON.parse(key) as string[];
  // The sink does not know whether its column without a zone holds moments.
  const plain = parts.map((part) => part.replace(/^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?)\+00$/, '$1'));
  return plain.map((part) => `${Buffer.byteLength(part)}:${part}`).join('');
}

/**
 * Lets a sink note every row that is written to it with an LSN, and every delete, in the order of the writes: what an
 * applier did to a row between two looks is not seen by looking. Does nothing where the table has no key.
 */
export async function noteEffects(sink: Asked, table: Table, flavour: Flavour): Promise<void> {
  if (table.key.length === 0) return;
  await sink.query(journalSql(flavour));
  const columns = table.key.map(
    (name) => table.columns.find((column) => column.name === name) ?? { name, type: 'text' },
  );
  const note = (row: 'NEW' | 'OLD', lsn: string): string => {
    const parts = columns.map((column) => textOf(column, row)).map((part) => `LENGTH(${part}), ':', ${part}`);
    return `INSERT INTO driftlab_effects (tbl, \`key\`, lsn) VALUES (${quoteLiteral(tableId(table))}, CONCAT(${parts.join(', ')}), ${lsn})`;
  };
  const trigger = async (when: string, event: string, body: string): Promise<void> => {
    const name = quoteIdent(triggerName(`driftlab_note_${event.toLowerCase()}`, table.name));
    const rest = `${when} ${event} ON ${quoteTable(tableId(table))} FOR EACH ROW ${body}`;
    for (const sql of flavour.triggerSql(name, rest)) await sink.query(sql);
  };
  const written = `IF NEW._cdc_lsn IS NOT NULL THEN ${note('NEW', 'NEW._cdc_lsn')}; END IF`;
  await trigger('AFTER', 'INSERT', written);
  // A write that changes nothing is none to a trigger that comes after it.
  await trigger('BEFORE', 'UPDATE', written);
  await trigger('AFTER', 'DELETE', note('OLD', '0'));
}

/**
 * Leaves the last {@link KEPT} notes. Only seldom, and only what no writer is near: the deletion would lock the gaps into which
 * they insert, and of two that wait for each other the server ends one.
 */
async function prune(sink: Asked): Promise<void> {
  const [row] = await sink.query<{ first: string | null; last: string | null }>(
    'SELECT MIN(place) AS first, MAX(place) AS last FROM driftlab_effects',
  );
  const [first, last] = [Number(row?.first ?? 0), Number(row?.last ?? 0)];
  if (last - first < 2 * KEPT) return;
  await sink.query(`DELETE FROM driftlab_effects WHERE place <= ${last - KEPT}`);
}

/** The LSNs that each row was written with, 0 for a delete, in the order of the writes, as far as they are known. */
export async function effectsOf(
  sink: Asked,
  table: TableId,
  keys: readonly Key[],
): Promise<ReadonlyMap<Key, readonly bigint[]>> {
  await prune(sink);
  if (keys.length === 0) return new Map();
  const wanted = [...new Set(keys.map(noted))];
  const rows = await sink.query<{ key: string; lsns: string }>(
    `SELECT \`key\`, GROUP_CONCAT(lsn ORDER BY place) AS lsns FROM driftlab_effects
WHERE tbl = ${quoteLiteral(table)} AND \`key\` IN (${wanted.map(quoteLiteral).join(', ')}) GROUP BY \`key\``,
  );
  const known = new Map(rows.map(({ key, lsns }) => [key, lsns.split(',').map(BigInt)]));
  return new Map(
    keys.flatMap((key) => {
      const lsns = known.get(noted(key));
      return lsns === undefined ? [] : [[key, lsns] as const];
    }),
  );
}

/** What Debezium sends for a value that it does not know. */
const PLACEHOLDER = '__debezium_unavailable_value';

/**
 * Keeps Debezium's placeholder for a value that it does not know out of a sink's table: an update that carries it leaves the
 * column as it is. The JDBC sink connector writes the placeholder like any other text.
 */
export async function keepUnchangedValues(sink: Asked, table: Table, flavour: Flavour): Promise<void> {
  const texts = table.columns.filter(({ type }) => {
    const kind = kindOf({ type });
    return kind.kind === 'text' && kind.length === undefined;
  });
  if (texts.length === 0) return;
  const lines = texts.map(({ name }) => {
    const column = quoteIdent(name);
    return `IF NEW.${column} = '${PLACEHOLDER}' THEN SET NEW.${column} = OLD.${column}; END IF;`;
  });
  const name = quoteIdent(triggerName('driftlab_keep', table.name));
  const rest = `BEFORE UPDATE ON ${quoteTable(tableId(table))} FOR EACH ROW BEGIN
  ${lines.join('\n  ')}
END`;
  for (const sql of flavour.triggerSql(name, rest)) await sink.query(sql);
}
