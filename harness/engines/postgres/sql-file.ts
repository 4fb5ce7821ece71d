import pg from 'pg';
import type { Database } from '#model/pipeline.ts';
import { OperatorError } from '#std/errors.ts';

export interface SqlFile {
  readonly file: string;
  readonly sql: string;
}

/** What pg_dump writes for psql alone, and means nothing to a server. */
const HARMLESS = /^\\(restrict|unrestrict)\b.*$/gm;

/**
 * Runs SQL files in their order, each in one session of its own, as a dump's settings are for the rest of it. Throws an
 * OperatorError (`sql-refused`) with the file, the line and the server's words.
 */
export async function runSqlFiles(database: Pick<Database, 'url'>, files: readonly SqlFile[]): Promise<void> {
  for (const { file, sql } of files) {
    const text = sql.replaceAll(HARMLESS, (line) => ' '.repeat(line.length));
    refusePsql(file, text);
    const client = new pg.Client({ connectionString: database.url, application_name: 'driftlab schema' });
    client.on('error', () => {});
    await client.connect();
    try {
      await client.query(text);
    } catch (error) {
      throw refused(file, text, error);
    } finally {
      await client.end();
    }
  }
}

/** psql's own commands, and data that only psql can send. */
function refusePsql(file: string, text: string): void {
  const found = /^(\\[a-z!]+.*|COPY .* FROM stdin;.*)$/im.exec(text);
  if (found === null) return;
  throw new OperatorError({
    code: 'sql-of-psql',
    message: `${file}:${lineAt(text, found.index)}: only psql understands this line`,
    expected: 'SQL that the server itself runs',
    found: found[0],
    hint: 'dump with pg_dump --inserts --no-owner, and take lines that begin with a backslash out',
  });
}

function refused(file: string, text: string, error: unknown): OperatorError {
  const { message, position, detail, hint } = error as pg.DatabaseError;
  const at = position === undefined ? '' : `:${lineAt(text, Number(position) - 1)}`;
  const line = position === undefined ? undefined : text.split('\n')[lineAt(text, Number(position) - 1) - 1]?.trim();
  const found = detail ?? line;
  return new OperatorError({
    code: 'sql-refused',
    message: `${file}${at}: PostgreSQL refuses this SQL: ${message}`,
    ...(found === undefined ? {} : { found }),
    hint: hint ?? 'the file must run by itself in an empty database: psql -v ON_ERROR_STOP=1 -f FILE shows the same',
    cause: error,
  });
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
