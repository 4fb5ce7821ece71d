import { randomUUID } from 'node:crypto';
import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import {
  ALLOW_SNAPSHOT_SQL,
  captureState,
  captureTables,
  ENABLE_DATABASE_SQL,
  nextInstanceName,
  OWN_SCHEMA,
  SCHEMA_SQL,
} from './capture.ts';
import { formatLsn, lsnLiteral, lsnOf, packPosition } from './position.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';
import { telling } from './refusal.ts';

type Asked = Pick<Database, 'query'>;

/**
 * A row of this table names a transaction: the server tells nobody by which LSN it will commit, and the capture has all rows of a
 * transaction under that one.
 */
export const TAG_TABLE: TableId = `${OWN_SCHEMA}.tag`;

const TAG_TABLE_SQL = `IF OBJECT_ID(${quoteLiteral(quoteTable(TAG_TABLE))}, N'U') IS NULL
  CREATE TABLE ${quoteTable(TAG_TABLE)} ([tag] uniqueidentifier NOT NULL PRIMARY KEY)`;

/** Names the transaction in which it runs. */
export function tagSql(tag: string): string {
  return `INSERT INTO ${quoteTable(TAG_TABLE)} ([tag]) VALUES (CONVERT(uniqueidentifier, '${tag}'))`;
}

/** Names from a commit on, in the order of their commits. */
export function namesSql(from: bigint): string {
  return `SELECT LOWER(CONVERT(varchar(36), [tag])) AS tag, CONVERT(varchar(22), [__$start_lsn], 1) AS lsn
FROM [cdc].${quoteIdent(`${nextInstanceName(TAG_TABLE, [])}_CT`)}
WHERE [__$start_lsn] >= ${lsnLiteral(from)} AND [__$operation] = 2 ORDER BY [__$start_lsn], [__$seqval]`;
}

/** Makes the database one whose transactions can be named and of which one moment can be read; does nothing where it is. */
async function prepare(database: Asked): Promise<void> {
  await database.query(ENABLE_DATABASE_SQL);
  await database.query(ALLOW_SNAPSHOT_SQL);
  await database.query(SCHEMA_SQL);
  await database.query(TAG_TABLE_SQL);
  await captureTables(database, [TAG_TABLE]);
}

/** Transactions of a database by their tags. */
export interface Names {
  /** Makes what is needed. To be called before the first transaction. */
  ready(): Promise<void>;
  /** The LSN by which the log has a transaction, once the capture has come to it. Rejects past the limit. */
  lsnOf(tag: string): Promise<bigint>;
  /**
   * A position above every transaction that has committed before the call: that of one which only bears a tag. Whoever reads one
   * moment of the database begins before it.
   */
  mark(): Promise<bigint>;
}

interface Pending {
  readonly resolve: (lsn: bigint) => void;
  readonly reject: (error: unknown) => void;
}

const LIMIT_MS = 60_000;
const PAUSE_MS = 100;

export function openNames(database: Asked, { limitMs = LIMIT_MS, pauseMs = PAUSE_MS } = {}): Names {
  const pending = new Map<string, Pending>();
  let from = 0n;
  let reading = false;
  let prepared: Promise<void> | undefined;

  const read = async (): Promise<void> => {
    const rows = await database.query<{ tag: string; lsn: string }>(namesSql(from));
    for (const { tag, lsn } of rows) {
      from = lsnOf(lsn) ?? from;
      pending.get(tag)?.resolve(from);
      pending.delete(tag);
    }
  };
  const readAll = async (): Promise<void> => {
    reading = true;
    try {
      while (pending.size > 0) {
        const before = pending.size;
        const options = { what: 'the capture of transactions', limitMs, pauseMs, maxPauseMs: pauseMs };
        await until(async () => {
          await read();
          return pending.size < before;
        }, options);
      }
    } catch (error) {
      const failure = await unnamed(database, error);
      for (const { reject } of pending.values()) reject(failure);
      pending.clear();
    } finally {
      reading = false;
    }
  };
  const awaited = (tag: string): Promise<bigint> => {
    const named = new Promise<bigint>((resolve, reject) => pending.set(tag, { resolve, reject }));
    if (!reading) void readAll();
    return named;
  };
  const ready = (): Promise<void> => {
    prepared ??= telling(database, 'to capture its changes', () => prepare(database)).catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return prepared;
  };
  return {
    ready,
    lsnOf: awaited,
    async mark() {
      await ready();
      const tag = randomUUID();
      await database.query(tagSql(tag));
      return packPosition({ commit: await awaited(tag) });
    },
  };
}

const opened = new WeakMap<object, Names>();

/** The names of a database's transactions, read by one reader for all who ask. */
export function namesIn(database: Asked): Names {
  const names = opened.get(database) ?? openNames(database);
  opened.set(database, names);
  return names;
}

/** How the ledger and Debezium's events name a transaction. */
export const transactionName = formatLsn;

async function unnamed(database: Asked, cause: unknown): Promise<OperatorError> {
  return new OperatorError({
    code: 'capture-not-running',
    message: 'the capture job has not come to a transaction that was committed',
    expected: 'a running SQL Server Agent and a capture job that scans the log',
    found: await captureState(database),
    hint: "start the SQL Server Agent, and the job with EXEC sys.sp_cdc_start_job @job_type = N'capture'",
    cause,
    exit: 3,
  });
}
