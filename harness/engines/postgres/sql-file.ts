import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { SqlFile } from '#engines/port/server.ts';
import {
  lineAt,
  lineOf,
  neverClosed,
  type ParsedFile,
  runFiles,
  type Statement,
  type Unclosed,
} from '#engines/sql-files.ts';
import type { Database } from '#model/pipeline.ts';
import type { SetUpWatch } from '#model/workload.ts';
import { OperatorError } from '#std/errors.ts';
import { statementsOf } from './sql-statements.ts';

/** What pg_dump writes for psql alone, and means nothing to a server. */
const HARMLESS = /^\\(restrict|unrestrict)\b.*$/gm;
/** INSERTs that follow each other go together: a dump has a statement for each row. */
const TOGETHER_MAX = 500;
const TOGETHER_LENGTH_MAX = 1_000_000;

/**
 * The statements of an SQL file. Throws an OperatorError with file and line for what only psql understands (`sql-of-psql`), and
 * for a quote or body that is never closed (`sql-unclosed`). Needs no server.
 */
export function parseSqlFile({ file, sql }: SqlFile): ParsedFile {
  const text = sql.replace(/^\uFEFF/, ' ').replaceAll(HARMLESS, (line) => ' '.repeat(line.length));
  refusePsql(file, text);
  const statements = statementsOf(text);
  if (Array.isArray(statements)) return { file, text, statements };
  throw neverClosed(file, text, statements as Unclosed, 'psql -f FILE');
}

/**
 * Runs SQL files in their order, each in one session of its own, as a dump's settings are for the rest of it, statement by
 * statement. Throws an OperatorError with the file, the line of the statement and the server's words (`sql-refused`), or for
 * files that take longer than the watch allows (`sql-too-long`); the server then works on none of them any more.
 */
export async function runSqlFiles(
  database: Pick<Database, 'url'>,
  files: readonly SqlFile[],
  watch: SetUpWatch,
): Promise<void> {
  await runFiles(files.map(parseSqlFile), watch, async (file, signal, onNext) => {
    const client = new pg.Client({ connectionString: database.url, application_name: 'driftlab schema' });
    client.on('error', () => {});
    await client.connect();
    const cancelled = Promise.withResolvers<never>();
    cancelled.promise.catch(() => {});
    const cancel = (): void => cancelled.reject(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    try {
      await Promise.race([runStatements(client, file, onNext), cancelled.promise]);
    } catch (error) {
      if (signal.aborted) await terminate(database, client);
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
      await client.end().catch(() => {});
    }
  });
}

async function runStatements(client: pg.Client, parsed: ParsedFile, onNext: (index: number) => void): Promise<void> {
  const { statements } = parsed;
  let inTransaction = false;
  let oneByOneUntil = 0;
  for (let index = 0; index < statements.length; ) {
    onNext(index);
    const count = index < oneByOneUntil ? 0 : insertsFrom(statements, index);
    if (count > 1) {
      const done = await together(client, statements.slice(index, index + count), inTransaction);
      if (done) index += count;
      else oneByOneUntil = index + count;
      continue;
    }
    const one = statements[index++] as Statement;
    try {
      await client.query(one.sql);
    } catch (error) {
      throw refused(parsed, one, error as pg.DatabaseError);
    }
    if (/^(begin|start\s+transaction)\b/i.test(one.sql)) inTransaction = true;
    else if (/^(commit|end|rollback(?!\s+to))\b/i.test(one.sql)) inTransaction = false;
  }
}

/** How many INSERTs stand here in a row, up to a limit. */
function insertsFrom(statements: readonly Statement[], from: number): number {
  let length = 0;
  let count = 0;
  for (let index = from; count < TOGETHER_MAX && length < TOGETHER_LENGTH_MAX; index++) {
    const one = statements[index];
    if (one === undefined || !/^insert\b/i.test(one.sql)) break;
    length += one.sql.length;
    count++;
  }
  return count;
}

/** All of them or none: false where one is refused, and which one is found out when they are run one by one. */
async function together(client: pg.Client, some: readonly Statement[], inTransaction: boolean): Promise<boolean> {
  if (inTransaction) await client.query('SAVEPOINT driftlab_together');
  try {
    await client.query(some.map(({ sql }) => sql).join('\n'));
    if (inTransaction) await client.query('RELEASE SAVEPOINT driftlab_together');
    return true;
  } catch (error) {
    if ((error as Partial<pg.DatabaseError>).code === undefined) throw error;
    if (inTransaction) await client.query('ROLLBACK TO SAVEPOINT driftlab_together');
    return false;
  }
}

/** Ends a session whose statement nobody waits for any more: it would hold its locks, and the database could not be dropped. */
async function terminate({ url }: Pick<Database, 'url'>, session: pg.Client): Promise<void> {
  const pid = (session as unknown as { readonly processID?: number }).processID;
  const other = new pg.Client({ connectionString: url, application_name: 'driftlab admin' });
  other.on('error', () => {});
  const ended = (async () => {
    await other.connect();
    await other.query('SELECT pg_terminate_backend($1)', [pid]);
    await other.end();
  })();
  // A server that has gone answers nothing, and has ended its sessions.
  await Promise.race([ended.catch(() => {}), delay(5000, undefined, { ref: false })]);
}

/** psql's own commands, and data that only psql can send. */
function refusePsql(file: string, text: string): void {
  const found = /^(\\[a-z!]+.*|COPY .* FROM stdin;.*)$/im.exec(text);
  if (found === null) return;
  throw new OperatorError({
    code: 'sql-of-psql',
    message: `${file}:${lineAt(text, found.index)}: only psql understands this line`,
    expected: 'SQL that the server itself runs',
    found: found[0].slice(0, 200),
    hint: 'dump with pg_dump --inserts --no-owner, and take lines that begin with a backslash out',
  });
}

const DEFAULT_HINT = 'the file must run by itself in an empty database: psql -v ON_ERROR_STOP=1 -f FILE shows the same';
const UNDEFINED_OBJECT = '42704';

function refused({ file, text }: ParsedFile, statement: Statement, error: pg.DatabaseError): OperatorError {
  const { message, position, detail, hint, code } = error;
  const at = statement.start + (position === undefined ? 0 : Number(position) - 1);
  const noRole = code === UNDEFINED_OBJECT && /^role .* does not exist$/.test(message);
  return new OperatorError({
    code: 'sql-refused',
    message: `${file}:${lineAt(text, at)}: PostgreSQL refuses this SQL: ${message}`,
    found: detail ?? lineOf(text, at),
    hint: noRole
      ? 'dump with pg_dump --no-owner --no-privileges, or create the role at the top of the file: CREATE ROLE …'
      : (hint ?? DEFAULT_HINT),
    cause: error,
  });
}
