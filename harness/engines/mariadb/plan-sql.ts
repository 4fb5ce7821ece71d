import type { ColumnPair } from '#engines/port/compare.ts';
import { type Column, type Table, tableId } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import { kindOf } from './kinds.ts';
import { quoteIdent, quoteTable } from './quote.ts';

export function relation(table: Table): string {
  return table.from ?? quoteTable(tableId(table));
}

/** The kind as which a pair is compared: the source's, where both sides are MariaDB's. */
export const asOf = ({ as, source }: ColumnPair): Kind => as ?? kindOf(source);

/** SQL for a column's value in the relation aliased `t`. */
export function ownValue({ name, expression }: Column): string {
  return expression === undefined ? `t.${quoteIdent(name)}` : `(${expression})`;
}

/**
 * SQL for a column's value as it is read. The text of a float of 32 bits has six digits, and says less than the value; adding 0
 * to it would lose the sign of -0. Of a number that is computed MySQL writes at most 22 characters, one too few for a double.
 */
export function valueSql(column: Column): string {
  const value = ownValue(column);
  const kind = kindOf(column);
  return kind.kind === 'float' && kind.bits === 32 ? `(${value} * 1e0)` : value;
}
