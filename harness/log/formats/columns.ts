import { isEnvelope } from '../envelope.ts';
import type { ConnectSchema } from '../wire.ts';

/** Where an envelope has its rows. */
export const ROWS = ['before', 'after'] as const;

/** A schema with each of its columns changed: those of an envelope's rows, else its own fields. */
export function changeColumns(schema: ConnectSchema, change: (column: ConnectSchema) => ConnectSchema): ConnectSchema {
  const columnsOf = (row: ConnectSchema): ConnectSchema => ({ ...row, fields: (row.fields ?? []).map(change) });
  if (!isEnvelope(schema)) return columnsOf(schema);
  const isRow = ({ field }: ConnectSchema): boolean => ROWS.some((row) => row === field);
  return { ...schema, fields: (schema.fields ?? []).map((field) => (isRow(field) ? columnsOf(field) : field)) };
}
