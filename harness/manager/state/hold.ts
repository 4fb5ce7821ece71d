import type { Database } from '#model/pipeline.ts';
import { OperatorError } from '#std/errors.ts';
import type { Pipeline, TableLoad } from '../pipeline.ts';
import type { Asked } from './asked.ts';
import { HOLDS_SQL, keyOf, loadStatement, lockOf, type RowChange, readPipelines, settingsOf } from './rows.ts';

/**
 * A pipeline on which this manager works and no other. What is written is there for whoever looks once the call returns; each
 * throws an OperatorError (`hold-lost`) where the session that holds the pipeline has ended. Disposing lets go of it, and so
 * does the end of the process, however it ends.
 */
export interface HeldPipeline extends AsyncDisposable {
  /** As it is now. */
  read(): Promise<Pipeline>;
  change(change: RowChange): Promise<void>;
  /** Nothing but that it still holds the pipeline. */
  require(): Promise<void>;
  changeDefinition(change: { readonly onExisting: string }): Promise<void>;
  changeLoad(load: TableLoad): Promise<void>;
  /** Forgets what was noted of loads. */
  forgetLoads(): Promise<void>;
  /** Takes the pipeline out of the state. */
  remove(): Promise<void>;
}

/** A session whose client's machine is gone ends by itself within half a minute. */
const SESSION_SQL = 'SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4';

const HOLDER_SQL = `SELECT a.pid::text AS pid, coalesce(a.client_addr::text, 'this machine') AS place,
    to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') AS since
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
  WHERE l.locktype = 'advisory' AND l.granted AND ${lockOf('l')} = ${keyOf('$1')}`;

/** Holds a pipeline on a database of one connection, which is closed with it. */
export async function holdPipeline(database: Database, name: string): Promise<HeldPipeline> {
  try {
    await database.query(SESSION_SQL);
    const [got] = await database.query<{ got: string }>(`SELECT pg_try_advisory_lock(${keyOf('$1')})::text AS got`, [
      name,
    ]);
    if (got?.got !== 'true') throw await held(database, name);
  } catch (error) {
    await database.close();
    throw error;
  }
  const write = async (sql: string, values: readonly unknown[]): Promise<void> => {
    const done = await database.query(sql, values);
    if (done.length === 0) throw lost(name);
  };
  return {
    async read() {
      const [pipeline] = await readPipelines(database, name);
      if (pipeline === undefined) throw lost(name);
      return pipeline;
    },
    change(change) {
      const { sql, values } = settingsOf(change, 2);
      return write(`UPDATE pipelines SET ${sql} WHERE name = $1 AND ${HOLDS_SQL} RETURNING name`, [name, ...values]);
    },
    require: () => write(`SELECT name FROM pipelines WHERE name = $1 AND ${HOLDS_SQL}`, [name]),
    changeDefinition: ({ onExisting }) =>
      write(`UPDATE pipeline_definitions SET on_existing = $2 WHERE name = $1 AND ${HOLDS_SQL} RETURNING name`, [
        name,
        onExisting,
      ]),
    changeLoad(load) {
      const { sql, values } = loadStatement(name, load);
      return write(sql, values);
    },
    async forgetLoads() {
      await database.query(`DELETE FROM pipeline_loads WHERE name = $1 AND ${HOLDS_SQL}`, [name]);
    },
    remove: () => write(`DELETE FROM pipelines WHERE name = $1 AND ${HOLDS_SQL} RETURNING name`, [name]),
    [Symbol.asyncDispose]: () => database.close(),
  };
}

async function held(database: Asked, name: string): Promise<OperatorError> {
  const [holder] = await database.query<{ pid: string; place: string; since: string }>(HOLDER_SQL, [name]);
  return new OperatorError({
    code: 'pipeline-held',
    message: `another manager works on the pipeline ${name}`,
    expected: 'one manager at a time',
    found:
      holder === undefined
        ? 'one that has just ended'
        : `one on ${holder.place}, since ${holder.since} UTC (session ${holder.pid})`,
    hint: `wait for it, or end it: SELECT pg_terminate_backend(${holder?.pid ?? '…'}) in the state database`,
    exit: 1,
  });
}

function lost(name: string): OperatorError {
  return new OperatorError({
    code: 'hold-lost',
    message: `the session in the state database that held the pipeline ${name} has ended`,
    expected: 'one session for as long as a manager works',
    found: 'another session, or a pipeline that was deleted',
    hint: `driftlab pipeline start ${name} goes on where it stopped`,
    exit: 1,
  });
}
