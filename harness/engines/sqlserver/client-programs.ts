import type { Database } from '#model/pipeline.ts';
import { placeOf } from './url.ts';

/** What only reads is left out, and so is the capture, which writes by itself. */
export const WRITING_SQL = `SELECT TOP (1) 1 AS writing FROM sys.dm_exec_requests AS r
INNER JOIN sys.dm_exec_sessions AS s ON s.session_id = r.session_id
WHERE r.database_id = DB_ID() AND r.session_id <> @@SPID AND s.is_user_process = 1 AND r.blocking_session_id = 0
  AND r.command NOT IN (N'SELECT', N'WAITFOR') AND s.program_name NOT LIKE N'SQLAgent%' AND s.program_name NOT LIKE N'driftlab%'`;

/** See {@link SourcePort.isWritten}. */
export async function isWritten(database: Pick<Database, 'query'>): Promise<boolean> {
  return (await database.query(WRITING_SQL)).length > 0;
}

/** What `sqlcmd` reads by itself, and many libraries by their users' habit. */
export function environment({ url, name }: Pick<Database, 'url' | 'name'>): Readonly<Record<string, string>> {
  const { host, port, user } = placeOf(url);
  const password = decodeURIComponent(new URL(url).password);
  return {
    SQLCMDSERVER: `${host},${port}`,
    SQLCMDUSER: user,
    SQLCMDPASSWORD: password,
    SQLCMDDBNAME: name,
    MSSQL_HOST: host,
    MSSQL_PORT: String(port),
    MSSQL_USER: user,
    MSSQL_PASSWORD: password,
    MSSQL_DATABASE: name,
  };
}
