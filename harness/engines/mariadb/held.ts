import type { Database } from '#model/pipeline.ts';
import { type MariadbDatabase, openDatabase, type Session } from './client.ts';

/** A connection that is held over several statements, as a transaction needs it. */
export interface Held extends Session {
  /** Gives the connection back; one that is broken is closed instead. Only the first call counts. */
  release(broken: boolean): void;
}

/** Takes a connection of the database's own pool, or opens one for a database that is known by its URL alone. */
export async function hold(database: Pick<Database, 'url'>): Promise<Held> {
  const own = isOpen(database) ? undefined : openDatabase(database.url, { max: 1 });
  const open = own ?? (database as MariadbDatabase);
  const taken = Promise.withResolvers<Session>();
  const ended = Promise.withResolvers<void>();
  const session = open.session(async (run, each) => {
    taken.resolve({ run, each });
    await ended.promise;
  });
  // A connection that was closed for being broken has no more to say.
  void session.catch(taken.reject).finally(() => own?.close());
  const { run, each } = await taken.promise;
  return {
    run,
    each,
    release(broken) {
      if (broken) ended.reject(new Error('the connection is broken'));
      else ended.resolve();
    },
  };
}

function isOpen(database: Pick<Database, 'url'>): database is MariadbDatabase {
  return 'session' in database;
}
