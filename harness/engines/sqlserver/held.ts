import type { Database } from '#model/pipeline.ts';
import { openDatabase, type Session, type SqlServerDatabase } from './client.ts';

/** A connection that is held over several statements, as a transaction needs it. */
export interface Held extends Session {
  /** Gives the connection back; one that is broken is closed instead. Only the first call counts. */
  release(broken: boolean): void;
}

/** Takes a connection of the database's own pool, or opens one for a database that is known by its URL alone. */
export async function hold(database: Pick<Database, 'url'>): Promise<Held> {
  const own = 'session' in database ? undefined : openDatabase(database.url, { max: 1 });
  const open = own ?? (database as SqlServerDatabase);
  const taken = Promise.withResolvers<Session>();
  const ended = Promise.withResolvers<void>();
  const held = open.session(async (session) => {
    taken.resolve(session);
    await ended.promise;
  });
  // A connection that was closed for being broken has no more to say.
  void held.catch(taken.reject).finally(() => own?.close());
  const session = await taken.promise;
  return {
    ...session,
    release(broken) {
      if (broken) ended.reject(new Error('the connection is broken'));
      else ended.resolve();
    },
  };
}
