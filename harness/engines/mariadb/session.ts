import type { Database } from '#model/pipeline.ts';
import type { WriterSession } from '#model/workload.ts';
import type { Result } from './client.ts';
import { flavourOf } from './flavour.ts';
import { type Held, hold } from './held.ts';
import { writeSql } from './writes.ts';

/**
 * A session of a writer on a connection that is held for each transaction. A transaction has no name before it commits; its
 * name is then its GTID, and Debezium's events carry the same.
 */
export function openWriterSession(database: Database): WriterSession {
  const flavour = flavourOf(database);
  let held: Held | undefined;
  let results: Result[] = [];

  const end = (broken: boolean): void => {
    held?.release(broken);
    held = undefined;
  };
  const running = (): Held => {
    if (held === undefined) throw new Error('no transaction has begun, or its connection broke');
    return held;
  };

  return {
    async begin() {
      held = await hold(database);
      // As a client that connects now: the server's setting may have changed since this connection began.
      await held.run('SET SESSION binlog_row_image = DEFAULT');
      await held.run('BEGIN');
      results = [];
      return undefined;
    },
    async run(statement) {
      const { sql, params } = 'sql' in statement ? statement : writeSql(statement);
      const result = await running().run(sql, params);
      results.push(result);
      const { affected = -1, changed = affected } = result;
      // The server counts no row of a table that it empties at once; and commits.
      if ('change' in statement && statement.change === 'truncate') return { found: -1, changed: -1 };
      return { found: affected, changed };
    },
    async commit() {
      const { run } = running();
      results.push(await run('COMMIT'));
      const transaction = await flavour.committedGtid(run, results);
      end(false);
      return { transaction };
    },
    async rollback() {
      if (held === undefined) return;
      const broken = await held.run('ROLLBACK').then(
        () => false,
        () => true,
      );
      end(broken);
    },
    // The server's own errors bear its number and the state of SQL; the driver's bear neither.
    isRefusal: (error): error is Error =>
      error instanceof Error && (error as { readonly sqlState?: unknown }).sqlState !== undefined,
    async close() {
      end(true);
    },
  };
}
