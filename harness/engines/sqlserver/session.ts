import { randomUUID } from 'node:crypto';
import type { Database } from '#model/pipeline.ts';
import type { WriterSession } from '#model/workload.ts';
import type { SqlServerDatabase } from './client.ts';
import { isServerError } from './server-error.ts';
import { namesIn, tagSql, transactionName } from './tags.ts';
import { writeSql } from './writes.ts';

type Session = Parameters<Parameters<SqlServerDatabase['session']>[0]>[0];

/** A statement that fails must leave no transaction open with the others' work in it. */
export const BEGIN_SQL = 'SET XACT_ABORT ON;\nBEGIN TRANSACTION';
export const ROLLBACK_SQL = 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION';

interface Held extends Pick<Session, 'run'> {
  readonly tag: string;
  /** Gives the connection back; ends it where it is broken. */
  release(broken: boolean): Promise<void>;
}

/** A connection that is held until it is released. */
async function hold(database: SqlServerDatabase): Promise<Held> {
  const ended = Promise.withResolvers<void>();
  const taken = Promise.withResolvers<Session>();
  const work = database.session(async (connection) => {
    taken.resolve(connection);
    await ended.promise;
  });
  work.catch(taken.reject);
  const connection = await taken.promise;
  return {
    tag: randomUUID(),
    run: (...asking) => connection.run(...asking),
    async release(broken) {
      if (broken) ended.reject(new Error('the connection is not to be used again'));
      else ended.resolve();
      await work.catch(() => {});
    },
  };
}

/**
 * A session of a writer on a connection that is held for each transaction. A transaction writes a row of its own, and its name
 * is told once the capture has that.
 */
export function openWriterSession(database: Database): WriterSession {
  const names = namesIn(database);
  let held: Held | undefined;

  const end = async (broken: boolean): Promise<void> => {
    const ending = held;
    held = undefined;
    await ending?.release(broken);
  };
  const running = (): Held => {
    if (held === undefined) throw new Error('no transaction has begun, or its connection broke');
    return held;
  };

  return {
    async begin() {
      await names.ready();
      held = await hold(database as SqlServerDatabase);
      await held.run(BEGIN_SQL);
      await held.run(tagSql(held.tag));
      return undefined;
    },
    async run(statement) {
      const { sql, params } = 'sql' in statement ? statement : writeSql(statement);
      const { rows, affected } = await running().run(sql, params);
      const change = 'change' in statement ? statement.change : undefined;
      // The server counts no row of a table that it empties at once.
      if (change === 'truncate' || affected.length === 0) return { found: -1, changed: -1 };
      if (change === 'update') return { found: Number(rows[0]?.[0] ?? -1), changed: affected.at(-1) ?? -1 };
      const written = affected.reduce((sum, count) => sum + count, 0);
      return { found: written, changed: written };
    },
    async commit() {
      const { run, tag } = running();
      await run('COMMIT TRANSACTION');
      await end(false);
      return { transaction: undefined, named: names.lsnOf(tag).then(transactionName) };
    },
    async rollback() {
      if (held === undefined) return;
      const broken = await held.run(ROLLBACK_SQL).then(
        () => false,
        () => true,
      );
      await end(broken);
    },
    isRefusal: isServerError,
    close: () => end(true),
  };
}
