import type { Database } from '#model/pipeline.ts';

/**
 * See {@link SourcePort.isWritten}. What only reads is left out, and with it all that the lab asks meanwhile: the server does
 * not tell whose a session is. `innodb_trx` is renewed once nobody has asked for a tenth of a second.
 */
export async function isWritten(database: Pick<Database, 'query'>): Promise<boolean> {
  const rows = await database.query(
    `SELECT 1 FROM information_schema.processlist p
     WHERE p.db = DATABASE() AND p.id <> CONNECTION_ID() AND p.command IN ('Query', 'Execute', 'Prepare')
       AND p.info IS NOT NULL AND p.info NOT REGEXP '^[[:space:](]*(select|show|set)[[:space:]]'
       AND NOT EXISTS (SELECT 1 FROM information_schema.innodb_trx t
         WHERE t.trx_mysql_thread_id = p.id AND t.trx_state = 'LOCK WAIT')`,
  );
  return rows.length > 0;
}

/** What MariaDB's and MySQL's own programs, and many libraries, read by themselves or by their users' habit. */
export function environment({ url: address, name }: Pick<Database, 'url' | 'name'>): Readonly<Record<string, string>> {
  const url = new URL(address);
  const password = decodeURIComponent(url.password);
  return {
    MYSQL_HOST: url.hostname,
    MYSQL_TCP_PORT: url.port,
    MYSQL_PWD: password,
    MYSQL_USER: decodeURIComponent(url.username),
    MYSQL_PASSWORD: password,
    MYSQL_DATABASE: name,
  };
}
