import type { Piece } from '#engines/port/bulk.ts';
import { type Table, tableId } from '#model/catalog.ts';
import type { Text } from '#model/values.ts';
import { quoteIdent, quoteLiteral, quoteTable } from '../quote.ts';

/** Rows by their places where they have no key: a snapshot sees one version of a row, and that has one place. */
const PLACE = 'ctid';

/** Rows that a page of a table holds where nobody has counted: pieces without a key are as many pages as would hold theirs. */
const PAGE_ROWS = 60;

function keyOf({ key }: Table): string[] {
  return key.length === 0 ? [PLACE] : key.map(quoteIdent);
}

/** Asks for every `rows`-th key in the key's own order: the ends of the pieces, but for the last. */
export function pieceEndsSql(table: Table, rows: number): string {
  const names = keyOf(table);
  const from = quoteTable(tableId(table));
  if (table.key.length === 0) {
    const pages = Math.max(1, Math.ceil(rows / PAGE_ROWS));
    // A partitioned table has no pages, and the places of its partitions are not told apart.
    return `SELECT '(' || page || ',0)' AS end0 FROM generate_series(${pages}::bigint,
      pg_relation_size(${quoteLiteral(from)}::regclass) / current_setting('block_size')::int, ${pages}) AS page`;
  }
  const ends = names.map((name, at) => `${name}::text AS end${at}`).join(', ');
  return `SELECT ${ends} FROM (SELECT ${names.join(', ')}, row_number() OVER (ORDER BY ${names.join(', ')}) AS driftlab_n
    FROM ${from}) AS numbered WHERE driftlab_n % ${rows} = 0 ORDER BY driftlab_n`;
}

/** SQL for the condition of a piece; empty, or begins with a blank and WHERE. */
function conditionOf(table: Table, { after, upTo }: Piece): string {
  const names = keyOf(table);
  const bound = (sign: string, values: readonly Text[]): string =>
    `(${names.join(', ')}) ${sign} (${values.map((value) => quoteLiteral(value ?? '')).join(', ')})`;
  const conditions = [
    ...(after === undefined ? [] : [bound('>', after)]),
    ...(upTo === undefined ? [] : [bound('<=', upTo)]),
  ];
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}

export function readSql(table: Table, columns: readonly string[], piece: Piece): string {
  const list = columns.map(quoteIdent).join(', ');
  return `COPY (SELECT ${list} FROM ${quoteTable(tableId(table))}${conditionOf(table, piece)}) TO STDOUT`;
}

export function writeSql(table: string, columns: readonly string[]): string {
  return `COPY ${quoteTable(table)} (${columns.map(quoteIdent).join(', ')}) FROM STDIN`;
}
