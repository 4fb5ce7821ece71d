import type { Database } from '#model/pipeline.ts';

/** The publications of a table that is named without its schema. */
export async function publicationsOf(database: Pick<Database, 'query'>, table: string): Promise<string[]> {
  const rows = await database.query<{ pubname: string }>(
    'SELECT DISTINCT pubname FROM pg_publication_tables WHERE tablename = $1 ORDER BY pubname',
    [table],
  );
  return rows.map(({ pubname }) => pubname);
}
