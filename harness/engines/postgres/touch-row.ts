import pg from 'pg';
import type { Table } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Key, Text } from '#model/values.ts';
import { quoteIdent } from './quote.ts';

/**
 * Writes a row without changing it, so that the log gets a change of it. Returns the transaction's id as the log's events
 * carry it; undefined where there is no such row, or no column beside its key that could be written.
 */
export async function touchRow(database: Pick<Database, 'url'>, table: Table, key: Key): Promise<string | undefined> {
  const column = table.columns.find(({ name, generated }) => !generated && !table.key.includes(name));
  if (column === undefined || table.key.length === 0) return undefined;
  const set = `${quoteIdent(column.name)} = ${quoteIdent(column.name)}`;
  const where = table.key.map((name, index) => `${quoteIdent(name)}::text = $${index + 1}`).join(' AND ');
  const client = new pg.Client({
    connectionString: database.url,
    application_name: 'driftlab marker',
    options: '-c TimeZone=UTC -c DateStyle=ISO,YMD -c IntervalStyle=iso_8601 -c extra_float_digits=3',
  });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<{ txn: string }>(
      `UPDATE ${quoteIdent(table.schema)}.${quoteIdent(table.name)} SET ${set} WHERE ${where}
       RETURNING pg_current_xact_id()::text AS txn`,
      JSON.parse(key) as Text[],
    );
    return rows[0]?.txn;
  } finally {
    await client.end();
  }
}
