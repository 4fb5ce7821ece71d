import type { ColumnPair } from '#engines/port/compare.ts';
import { type Column, type Table, tableId } from '#model/catalog.ts';
import type { Kind } from '#model/kind.ts';
import { kindOf } from './kinds.ts';
import { quoteIdent, quoteTable } from './quote.ts';

export function relation(table: Table): string {
  return table.from ?? quoteTable(tableId(table));
}

/** The kind as which a pair is compared: the source's, where both sides are SQL Server's. */
export const asOf = ({ as, source }: ColumnPair): Kind => as ?? kindOf(source);

/** SQL for a column's value in the relation aliased `t`. */
export function ownValue({ name, expression }: Column): string {
  return expression === undefined ? `t.${quoteIdent(name)}` : `(${expression})`;
}

/** A type by the name that the server has for it, in small letters. */
const typeName = ({ type, base }: Pick<Column, 'type' | 'base'>): string => (base ?? type).toLowerCase();

/**
 * SQL for a column's value as it is read. The driver has numbers of 15 digits only, so the server writes those. A float, a
 * moment and bytes the driver has whole.
 */
export function valueSql(column: Column): string {
  const value = ownValue(column);
  const type = typeName(column);
  if (kindOf(column).kind === 'decimal') return decimalSql(value, type);
  // Neither can be compared with a text, nor be part of one.
  if (type === 'ntext' || type === 'xml' || type === 'json') return `CONVERT(nvarchar(max), ${value})`;
  if (type === 'text') return `CONVERT(varchar(max), ${value})`;
  return type === 'image' ? `CONVERT(varbinary(max), ${value})` : value;
}

/** Money has four digits behind its point, and shows two of them. */
export function decimalSql(value: string, type: string): string {
  return `CONVERT(varchar(41), ${type.endsWith('money') ? `CONVERT(decimal(19,4), ${value})` : value})`;
}
