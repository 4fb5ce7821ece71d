import type sql from 'mssql';
import type { OpenOptions } from '#engines/port/server.ts';
import type { Database } from '#model/pipeline.ts';
import type { Row } from '#model/values.ts';
import { driver } from './driver.ts';
import { type Line, openLines } from './lines.ts';
import { tellingError } from './server-error.ts';
import { placeOf } from './url.ts';
import { type AnswerColumn, textOfValue } from './values.ts';

export interface ConnectOptions extends OpenOptions {
  /** Longest time to connect. */
  readonly connectMs?: number;
}

/** What a statement, or a batch of several, answers. */
export interface Result {
  /** Of the last of its statements that answered with rows. */
  readonly columns: readonly string[];
  /** Every value as {@link textOfValue} writes it. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** Rows that each statement wrote, in their order; those of a query count as well where rows are answered. */
  readonly affected: readonly number[];
}

/** Rows to be loaded at once into a table of the session, `#name`, which is there. */
export interface Load {
  readonly table: string;
  readonly columns: readonly LoadColumn[];
  /** A value for each column. */
  readonly rows: readonly (readonly LoadValue[])[];
}

/** `text` loads as nvarchar(max), `bytes` as varbinary(max), the others as the types of their names. */
export interface LoadColumn {
  readonly name: string;
  readonly as: 'text' | 'bytes' | 'float' | 'real' | 'int';
}

export type LoadValue = string | number | Buffer | null;

/** What can be asked of one connection. */
export interface Session {
  /**
   * Runs a batch; with parameters, which it names `@p1`, `@p2` and so on, as one statement by `sp_executesql`, so that a
   * temporary table that it makes does not outlive it. The signal ends it at the server.
   */
  run(sql: string, params?: readonly unknown[], signal?: AbortSignal): Promise<Result>;
  /** Hands the rows of a query over as they arrive; the server waits where `take` does. */
  each(sql: string, take: (rows: Result['rows']) => Promise<void> | void): Promise<void>;
  load(load: Load): Promise<void>;
}

/** A {@link Database} over a pool, and what else its engine needs of one. */
export interface SqlServerDatabase extends Database {
  run: Session['run'];
  /**
   * Runs `work` on one connection, which nobody else uses meanwhile. It is closed where that throws; otherwise what it set
   * is undone, a transaction that it left open is rolled back, and its temporary tables are dropped.
   */
  session<T>(work: (session: Session) => Promise<T>): Promise<T>;
}

export function openDatabase(url: string, options: ConnectOptions = {}): SqlServerDatabase {
  const lines = openLines(url, options);
  let closed: Promise<void> | undefined;
  const asked = new Set<Promise<unknown>>();
  const take = async (): Promise<Line> => {
    if (closed !== undefined) throw new Error('Pool is closed.');
    return lines.take();
  };
  const tracked = <T>(answered: Promise<T>): Promise<T> => {
    asked.add(answered);
    void answered.catch(() => {}).finally(() => asked.delete(answered));
    return answered;
  };
  const end = async (): Promise<void> => {
    await Promise.allSettled(asked);
    await lines.end();
  };
  const answerOf: Session['run'] = async (statement, params, signal) => {
    const line = await take();
    try {
      return await ask(line, statement, params, signal);
    } finally {
      line.release();
    }
  };
  // From before its connection is there: a pool that ends gives none out any more.
  const run: Session['run'] = (...asking) => tracked(answerOf(...asking));
  return {
    engine: 'sqlserver',
    name: placeOf(url).database,
    url,
    run,
    async query<T extends object>(statement: string, params?: readonly unknown[]): Promise<T[]> {
      return objectsOf(await run(statement, params)) as T[];
    },
    async session(work) {
      const line = await take();
      try {
        const result = await work({
          run: (...asking) => tracked(ask(line, ...asking)),
          each: (statement, hand) => tracked(streamRows(line, statement, hand)),
          load: (load) => tracked(bulkLoad(line, load)),
        });
        await line.reset();
        line.release();
        return result;
      } catch (error) {
        line.destroy();
        throw error;
      }
    },
    close() {
      closed ??= end();
      return closed;
    },
  };
}

/** The rows by the names of their columns. */
export function objectsOf({ columns, rows }: Pick<Result, 'columns' | 'rows'>): Row[] {
  return rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])));
}

/** A value as the server is to bind it. Texts keep their characters; objects are bound as their JSON. */
function bind(request: sql.Request, name: string, value: unknown): void {
  const types = driver();
  switch (typeof value) {
    case 'boolean':
      return void request.input(name, types.Bit, value);
    case 'bigint':
      return void request.input(name, types.BigInt, String(value));
    case 'number':
      if (Number.isSafeInteger(value)) return void request.input(name, types.BigInt, value);
      return void request.input(name, types.Float, value);
    case 'string':
      return void request.input(name, types.NVarChar(types.MAX), value);
    default:
      if (value === null || value === undefined) return void request.input(name, types.NVarChar(1), null);
      if (value instanceof Uint8Array) return void request.input(name, types.VarBinary(types.MAX), Buffer.from(value));
      return void request.input(name, types.NVarChar(types.MAX), JSON.stringify(value));
  }
}

async function ask(
  line: Line,
  statement: string,
  params: readonly unknown[] = [],
  signal?: AbortSignal,
): Promise<Result> {
  signal?.throwIfAborted();
  const request = line.request();
  const cancel = (): void => request.cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  for (const [index, value] of params.entries()) bind(request, `p${index + 1}`, value);
  try {
    // A batch has no scope of its own, so that what it sets and makes is the session's.
    const answered = await (params.length === 0 ? request.batch(statement) : request.query(statement));
    return resultOf(answered as unknown as RawResult);
  } catch (error) {
    signal?.throwIfAborted();
    throw tellingError(error);
  } finally {
    signal?.removeEventListener('abort', cancel);
  }
}

interface RawResult {
  readonly recordsets: readonly (readonly (readonly unknown[])[] & { readonly columns: readonly AnswerColumn[] })[];
  readonly rowsAffected: readonly number[];
}

function resultOf({ recordsets, rowsAffected }: RawResult): Result {
  const rows = recordsets.at(-1);
  const columns = rows?.columns ?? [];
  return {
    columns: columns.map(({ name }) => name),
    rows: (rows ?? []).map((row) => textsOf(row, columns)),
    affected: rowsAffected,
  };
}

function textsOf(row: readonly unknown[], columns: readonly AnswerColumn[]): (string | null)[] {
  // What is asked for FOR JSON or FOR XML the driver puts together to one value, by its name.
  const values = Array.isArray(row) ? row : Object.values(row as object);
  return columns.map((column, index) => textOfValue(values[index], column));
}

/** Rows that are handed over at once. */
const STREAMED_ROWS = 500;

async function streamRows(
  line: Line,
  statement: string,
  take: (rows: Result['rows']) => Promise<void> | void,
): Promise<void> {
  const request = line.request();
  const stream = request.toReadableStream({ highWaterMark: STREAMED_ROWS });
  let columns: readonly AnswerColumn[] = [];
  request.on('recordset', (all: AnswerColumn[]) => {
    columns = all;
  });
  const ended = new Promise<void>((resolve) => request.once('done', () => resolve()));
  // The stream has its error, too.
  request.on('error', () => {});
  request.batch(statement).catch(() => {});
  let rows: (string | null)[][] = [];
  try {
    for await (const row of stream as AsyncIterable<readonly unknown[]>) {
      rows.push(textsOf(row, columns));
      if (rows.length < STREAMED_ROWS) continue;
      await take(rows);
      rows = [];
    }
    await take(rows);
  } catch (error) {
    // Where `take` throws, the server need not go on.
    request.cancel();
    throw tellingError(error);
  } finally {
    await ended;
  }
}

/** A type of its own for each column: the driver makes the column out of it. */
const LOADED_AS: Readonly<Record<LoadColumn['as'], () => sql.ISqlType>> = {
  text: () => driver().NVarChar(driver().MAX),
  bytes: () => driver().VarBinary(driver().MAX),
  float: () => driver().Float(),
  real: () => driver().Real(),
  int: () => driver().Int(),
};

/** The driver reads a number out of its text, in which JavaScript leaves out the sign of a zero. */
function signed(value: LoadValue): LoadValue {
  return Object.is(value, -0) ? '-0' : value;
}

async function bulkLoad(line: Line, { table: name, columns, rows }: Load): Promise<void> {
  const table = new (driver().Table)(name);
  for (const column of columns) table.columns.add(column.name, LOADED_AS[column.as](), { nullable: true });
  for (const row of rows) (table.rows as unknown as unknown[][]).push(row.map(signed));
  try {
    await line.request().bulk(table);
  } catch (error) {
    throw tellingError(error);
  }
}
