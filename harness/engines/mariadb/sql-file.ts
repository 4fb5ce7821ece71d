import { setTimeout as delay } from 'node:timers/promises';
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
import { messageOf, OperatorError } from '#std/errors.ts';
import { type MariadbDatabase, openDatabase } from './client.ts';
import { endSessions } from './drop.ts';
import { type Flavour, flavourOf, flavourOfUrl } from './flavour.ts';
import { statementsOf } from './sql-statements.ts';

/**
 * The statements of an SQL file. Throws an OperatorError with file and line for what only the client understands, or what leads
 * to another database (`sql-of-client`), and for a quote or comment that is never closed (`sql-unclosed`). Needs no server.
 */
export function parseSqlFile({ file, sql }: SqlFile, flavour: Flavour): ParsedFile {
  const text = sql.replace(/^\uFEFF/, ' ');
  const statements = statementsOf(text);
  if (Array.isArray(statements)) {
    refuseElsewhere(file, text, { statements, flavour });
    return { file, text, statements };
  }
  throw neverClosed(file, text, statements as Unclosed, `${flavour.programs.client} < FILE`);
}

/** The client's own commands, and what makes or chooses a database: the file is run in one that is there. */
const ELSEWHERE = /^(?:\\\S|source\s|use\s|(?:\/\*!\d+\s*)?(?:create|drop)\s+(?:database|schema)\b)/i;

function refuseElsewhere(
  file: string,
  text: string,
  { statements, flavour }: { readonly statements: readonly Statement[]; readonly flavour: Flavour },
): void {
  const found = statements.find(({ sql }) => ELSEWHERE.test(sql));
  if (found === undefined) return;
  throw new OperatorError({
    code: 'sql-of-client',
    message: `${file}:${lineAt(text, found.start)}: this is for the client, or for another database`,
    expected: 'SQL that sets up tables in the database that it is run in',
    found: lineOf(text, found.start),
    hint: `dump with ${flavour.programs.dump} DATABASE, without --databases, and take lines for the client out`,
  });
}

/**
 * Runs SQL files in their order, each in one session of its own, as a dump's settings are for the rest of it, statement by
 * statement. Throws an OperatorError with the file, the line of the statement and the server's words (`sql-refused`), or for
 * files that take longer than the watch allows (`sql-too-long`); the server then works on none of them any more.
 */
export async function runSqlFiles(
  { url }: Pick<Database, 'url'>,
  files: readonly SqlFile[],
  watch: SetUpWatch,
): Promise<void> {
  const flavour = flavourOfUrl(url);
  const parsed = files.map((one) => parseSqlFile(one, flavour));
  await runFiles(parsed, watch, async (file, signal, onNext) => {
    const database = openDatabase(url, { max: 1, application: 'driftlab schema', asConfigured: true });
    try {
      await runStatements(database, file, signal, onNext);
    } finally {
      await database.close();
    }
  });
}

async function runStatements(
  database: MariadbDatabase,
  parsed: ParsedFile,
  signal: AbortSignal,
  onNext: (index: number) => void,
): Promise<void> {
  await database.session(async (run) => {
    const { rows } = await run('SELECT CONNECTION_ID()');
    let terminated: Promise<void> | undefined;
    const cancel = (): void => {
      terminated = terminate(database, String(rows[0]?.[0]));
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      for (const [index, statement] of parsed.statements.entries()) {
        onNext(index);
        signal.throwIfAborted();
        await run(statement.sql).catch((error: unknown) => {
          throw refused(parsed, statement, { error, flavour: flavourOf(database) });
        });
      }
    } finally {
      signal.removeEventListener('abort', cancel);
      await terminated;
    }
  });
}

const TERMINATE_LIMIT_MS = 5000;

/** Ends a session whose statement nobody waits for any more: it would hold its locks, and the database could not be dropped. */
async function terminate({ url }: Pick<Database, 'url'>, session: string): Promise<void> {
  const other = openDatabase(url, { max: 1, application: 'driftlab admin' });
  // A server that has gone answers nothing, and has ended its sessions.
  await Promise.race([
    endSessions(other, [session]).catch(() => {}),
    delay(TERMINATE_LIMIT_MS, undefined, { ref: false }),
  ]);
  await other.close();
}

function refused(
  { file, text }: ParsedFile,
  { start }: Statement,
  { error, flavour }: { readonly error: unknown; readonly flavour: Flavour },
): OperatorError {
  const message = messageOf(error);
  // The server counts the lines of the statement, and says so only where it could not read it.
  const line = lineAt(text, start) + Number(/ at line (\d+)$/.exec(message)?.[1] ?? 1) - 1;
  return new OperatorError({
    code: 'sql-refused',
    message: `${file}:${line}: ${flavour.title} refuses this SQL: ${message.replace(/ at line \d+$/, '')}`,
    found: text.split('\n')[line - 1]?.trim().slice(0, 200) ?? '',
    hint: `the file must run by itself in an empty database: ${flavour.programs.client} DATABASE < FILE shows the same`,
    cause: error,
  });
}
