import { engineOfUrl } from '#engines/index.ts';
import type { Engine } from '#engines/port/engine.ts';
import type { Database } from '#model/pipeline.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import type { RecoveredDatabase } from './world.ts';

/** Asks a database by one connection. */
export async function onDatabase<T>(
  { url }: RecoveredDatabase,
  ask: (database: Database, engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = engineOfUrl(url);
  const database = engine.server.open(url, { max: 1, application: 'driftlab recover' });
  try {
    return await ask(database, engine);
  } finally {
    // A transaction that was not committed ends with its connection.
    await database.close();
  }
}

/**
 * Runs statements in their order. Throws an OperatorError (`statement-refused`, exit 1) with the server's words for the first that it
 * refuses.
 */
export function runStatements(
  place: RecoveredDatabase,
  statements: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  return onDatabase(place, async (database) => {
    for (const statement of statements) {
      signal.throwIfAborted();
      await database.query(statement.replace(/;$/, '')).catch((error: unknown) => {
        throw new OperatorError({
          code: 'statement-refused',
          message: `${place.where} does not run ${statement}`,
          expected: 'a user who may',
          found: messageOf(error),
          hint: 'what was to be done in one transaction with it is not done either; begin anew with an address of a user who may',
          cause: error,
          exit: 1,
        });
      });
    }
  });
}
