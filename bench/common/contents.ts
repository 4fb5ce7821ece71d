import type { Table } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';

/** All rows as one text: their number, and a sum of hashes that each contain the row's key. */
export async function contentsOf(database: Database, table: Table): Promise<string> {
  const row = table.columns.map(({ name }) => `"${name}"`).join(', ');
  const [found] = await database.query<{ contents: string }>(
    `SELECT count(*) || ' rows ' || coalesce(sum(hashtextextended(ROW(${row})::text, 0)), 0) AS contents FROM "${table.schema}"."${table.name}"`,
  );
  return found?.contents ?? '';
}
