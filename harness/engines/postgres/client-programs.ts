import type { Database } from '#model/pipeline.ts';

/** See {@link SourcePort.isWritten}. */
export async function isWritten(database: Pick<Database, 'query'>): Promise<boolean> {
  const [row] = await database.query<{ n: string }>(
    `SELECT count(*) AS n FROM pg_stat_activity
     WHERE datname = current_database() AND backend_type = 'client backend' AND state = 'active'
       AND application_name NOT LIKE 'driftlab%' AND wait_event_type IS DISTINCT FROM 'Lock'
       AND pid <> pg_backend_pid()`,
  );
  return row?.n !== '0';
}

/** What libpq and all that is made with it read by themselves. */
export function environment({ url: address, name }: Pick<Database, 'url' | 'name'>): Readonly<Record<string, string>> {
  const url = new URL(address);
  return {
    PGHOST: url.hostname,
    PGPORT: url.port,
    PGUSER: decodeURIComponent(url.username),
    PGPASSWORD: decodeURIComponent(url.password),
    PGDATABASE: name,
  };
}
