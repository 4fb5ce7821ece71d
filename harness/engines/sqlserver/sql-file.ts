import type { SqlFile } from '#engines/port/server.ts';
import { lineAt, lineOf, neverClosed, type ParsedFile, runFiles, type Statement } from '#engines/sql-files.ts';
import type { Database } from '#model/pipeline.ts';
import type { SetUpWatch } from '#model/workload.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { openDatabase } from './client.ts';
import { batchesOf } from './sql-statements.ts';

/**
 * The batches of an SQL file. Throws an OperatorError with file and line for what only the client understands, or what leads
 * to another database (`sql-of-client`), and for a quote or comment that is never closed (`sql-unclosed`). Needs no server.
 */
export function parseSqlFile({ file, sql }: SqlFile): ParsedFile {
  const text = sql.replace(/^\uFEFF/, ' ');
  const statements = batchesOf(text);
  if (!Array.isArray(statements)) throw neverClosed(file, text, statements, 'sqlcmd -i FILE');
  const found = statements.find(({ sql: batch }) => ELSEWHERE.test(batch));
  if (found === undefined) return { file, text, statements };
  throw new OperatorError({
    code: 'sql-of-client',
    message: `${file}:${lineAt(text, found.start)}: this is for the client, or for another database`,
    expected: 'SQL that sets up tables in the database that it is run in',
    found: lineOf(text, found.start),
    hint: 'take the lines for sqlcmd, USE and CREATE DATABASE out: the file is run in a database that is there',
  });
}

/** The client's own commands, and what makes or chooses a database. */
const ELSEWHERE = /^(?::\w|!!|use\s+[\w[]|(?:create|drop|alter)\s+database\b)/im;

/**
 * Runs SQL files in their order, each in one session of its own, as a script's settings are for the rest of it. Throws an
 * OperatorError with the file, the line and the server's words (`sql-refused`), or for files that take longer than the watch
 * allows (`sql-too-long`); the server then works on none of them any more.
 */
export async function runSqlFiles(
  { url }: Pick<Database, 'url'>,
  files: readonly SqlFile[],
  watch: SetUpWatch,
): Promise<void> {
  await runFiles(files.map(parseSqlFile), watch, async (parsed, signal, onNext) => {
    const database = openDatabase(url, { max: 1, application: 'driftlab schema' });
    try {
      await database.session(async ({ run }) => {
        for (const [index, statement] of parsed.statements.entries()) {
          onNext(index);
          signal.throwIfAborted();
          await run(statement.sql, [], signal).catch((error: unknown) => {
            signal.throwIfAborted();
            throw refused(parsed, statement, error);
          });
        }
      });
    } finally {
      await database.close();
    }
  });
}

function refused({ file, text }: ParsedFile, { start }: Statement, error: unknown): OperatorError {
  // The server counts the lines of the batch.
  const line = lineAt(text, start) + Number((error as { readonly lineNumber?: number }).lineNumber ?? 1) - 1;
  return new OperatorError({
    code: 'sql-refused',
    message: `${file}:${line}: SQL Server refuses this SQL: ${messageOf(error)}`,
    found: text.split('\n')[line - 1]?.trim().slice(0, 200) ?? '',
    hint: 'the file must run by itself in an empty database: sqlcmd -i FILE shows the same',
    cause: error,
  });
}
