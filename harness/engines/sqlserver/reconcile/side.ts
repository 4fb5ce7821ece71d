import type { ConnectOptions, Side, TablePlan } from '#engines/port/reconcile.ts';
import { OperatorError } from '#std/errors.ts';
import { VERSION_SQL } from '../admin.ts';
import { openDatabase, type Result } from '../client.ts';
import { ADVICE, unreachable } from '../refusal.ts';
import { describeTable, type SqlServerSideTable } from './describe.ts';
import { sqlServerReader } from './reader.ts';

/** No lock of somebody's is waited for without end. */
export const SESSION_SQL = 'SET LOCK_TIMEOUT 30000;\n';

/**
 * A moment is read in the same way whatever language a session has, and an error undoes what stands before it. A BEGIN alone
 * would be that of a block.
 */
export const REPAIR_BEGINS_SQL = 'SET XACT_ABORT ON; SET LANGUAGE us_english;\nBEGIN TRANSACTION;';

/** The first with collations of UTF-8, without which the server cannot write a text's bytes as other engines do. */
const OLDEST = 15;

function sizeOf({ rows }: Result): number {
  return rows.reduce((sum, row) => row.reduce((size, value) => size + (value?.length ?? 0), sum), 0);
}

export async function connectSqlServer(url: string, { connections, signal }: ConnectOptions): Promise<Side> {
  const database = openDatabase(url, { max: connections, application: 'driftlab reconcile' });
  let bytes = 0;
  const run = async (sql: string): Promise<Result> => {
    const result = await database.run(`${SESSION_SQL}${sql}`, [], signal);
    bytes += sql.length + sizeOf(result);
    return result;
  };
  try {
    const { rows } = await run(VERSION_SQL);
    const version = rows[0]?.[0] ?? '';
    requireUtf8(version);
    return {
      engine: 'sqlserver',
      version,
      repairBegins: REPAIR_BEGINS_SQL,
      bytesMoved: () => bytes,
      describe: (table) => describeTable(run, table),
      reader: (plan) => sqlServerReader(plan as TablePlan & { readonly table: SqlServerSideTable }, run),
      [Symbol.asyncDispose]: () => database.close(),
    };
  } catch (error) {
    await database.close().catch(() => {});
    signal?.throwIfAborted();
    throw unreachable(url, error);
  }
}

function requireUtf8(version: string): void {
  if (Number(version.split('.')[0]) >= OLDEST) return;
  throw new OperatorError({
    code: 'too-old',
    message: 'this server cannot compute digests that another engine computes',
    expected: 'SQL Server 2019 or newer, which has collations of UTF-8',
    found: `version ${version}`,
    hint: ADVICE.version,
    exit: 1,
  });
}
