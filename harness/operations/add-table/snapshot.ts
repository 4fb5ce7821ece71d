import { createHash } from 'node:crypto';
import type { ConnectClient } from '#clients/connect.ts';
import { failureOf } from '#clients/connect.ts';
import type { SignalRow, SignalsPort } from '#engines/port/signals.ts';
import type { TableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import { OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { whileStopped } from '../while-stopped.ts';

/** A signal table, and the table whose rows are asked for through it. */
export interface Asking {
  readonly port: SignalsPort;
  readonly database: Database;
  readonly signals: TableId;
  readonly table: TableId;
}

/** How the ids of this table's signals begin: a column of 42 characters holds them. */
function signalPrefix(table: TableId): string {
  return `driftlab-add-${createHash('sha256').update(table).digest('hex').slice(0, 12)}-`;
}

/** The signal that has Debezium read a table's rows, beside what is streamed. `attempt` counts from 1. */
export function snapshotSignal(table: TableId, attempt = 1): SignalRow {
  // Debezium takes each name for an expression.
  const name = table.replaceAll(/[^\w.]/g, '.');
  return {
    id: `${signalPrefix(table)}${attempt}`,
    type: 'execute-snapshot',
    data: JSON.stringify({ type: 'incremental', 'data-collections': [name] }),
  };
}

/** What Debezium writes into its log alone: kept with the signals, it is there whoever runs this again. */
function note(table: TableId, attempt: number, what: 'begun' | 'sent' | 'done', position: bigint): SignalRow {
  return {
    ...{ id: `${signalPrefix(table)}${attempt}-${what}`, type: 'log' },
    data: JSON.stringify({ message: `driftlab: adding ${table}: ${what}`, position: `${position}` }),
  };
}

/** How far the rows of a table are: asked for behind a position of the log, read, or neither. */
export type Asked = { readonly attempt: number } & (
  | { readonly is: 'no' | 'done' }
  | { readonly is: 'sent'; readonly position: bigint }
);

export async function readAsked({ port, database, signals, table }: Asking): Promise<Asked> {
  const prefix = signalPrefix(table);
  const { rows } = await port.read(database, signals, prefix);
  const attempt = Math.max(0, ...rows.map(({ id }) => Number.parseInt(id.slice(prefix.length), 10)));
  const has = (what: string) => rows.find(({ id }) => id === `${prefix}${attempt}-${what}`);
  if (has('done') !== undefined) return { attempt, is: 'done' };
  const sent = has('sent');
  if (sent === undefined) return { attempt, is: 'no' };
  return { attempt, is: 'sent', position: BigInt((JSON.parse(sent.data) as { readonly position: string }).position) };
}

/** What was asked for before holds no more: the table had been taken out of the connector since. */
export async function askAnew({ port, database, signals, table }: Asking): Promise<void> {
  const { attempt } = await readAsked({ port, database, signals, table });
  if (attempt > 0) await database.query(port.insertSql(signals, note(table, attempt + 1, 'begun', 0n)));
}

/**
 * Asks for the rows. Resolves with a position of the log that lies behind the signal. One that was killed before it had noted that asks
 * again: rows that are read twice are the same rows.
 */
export async function ask(asking: Asking): Promise<bigint> {
  const { port, database, signals, table } = asking;
  const attempt = (await readAsked(asking)).attempt + 1;
  await database.query(port.insertSql(signals, snapshotSignal(table, attempt)));
  const position = await port.position(database);
  await database.query(port.insertSql(signals, note(table, attempt, 'sent', position)));
  return position;
}

export async function noteDone(asking: Asking, position: bigint): Promise<void> {
  const { port, database, signals, table } = asking;
  const { attempt } = await readAsked(asking);
  await database.query(port.insertSql(signals, note(table, attempt, 'done', position)));
}

type Offsets = Awaited<ReturnType<ConnectClient['offsets']>>;

/** What Debezium keeps with its offset while it reads tables. */
const COLLECTIONS = 'incremental_snapshot_collections';

/**
 * Whether a connector has read the table: its committed offset is behind the signal, and has nothing of the snapshot any more. As long as
 * it reads, each offset has which tables it reads.
 */
function hasRead(offsets: Offsets, { table, behind }: { readonly table: TableId; readonly behind: bigint }): boolean {
  return offsets.some(({ offset }) => {
    const { lsn, [COLLECTIONS]: reading } = offset as Readonly<Record<string, unknown>>;
    if (typeof lsn !== 'number' || BigInt(lsn) < behind) return false;
    return typeof reading !== 'string' || !reading.includes(table.slice(table.indexOf('.') + 1));
  });
}

const LIMIT_MS = 600_000;
/** A small table has been read by then. */
const FIRST_LOOK_MS = 3_000;
/** Workers commit once a minute by default; those that have not by then seldom do. */
const LOOK_MS = 90_000;

export interface AwaitOptions {
  readonly client: ConnectClient;
  readonly connector: string;
  /** See {@link ask}. */
  readonly behind: bigint;
  /** It was asked just now, so that chunks must be seen in the signal table. */
  readonly fresh: boolean;
  readonly say: (...lines: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/**
 * Waits until a connector has read the rows of the table, and says how far it is. Where its workers commit seldom it is stopped for a
 * moment, whereupon it commits where it is, and goes on. Throws an OperatorError with the trace where it fails.
 */
export async function awaitSnapshot(asking: Asking, options: AwaitOptions): Promise<void> {
  const { client, connector, behind, fresh, say, signal } = options;
  const { table, port, database, signals } = asking;
  let [changed, seen, nextLookMs] = [performance.now(), '', FIRST_LOOK_MS];
  const before = (await port.read(database, signals, signalPrefix(table))).chunks;
  let chunks = 0;
  const isRead = async (): Promise<boolean> => {
    const status = await client.status(connector, signal);
    const failure = status && failureOf(status);
    if (failure !== undefined)
      throw new OperatorError({
        code: 'connector-failed',
        message: `the connector ${connector} failed: ${failure.error}`,
        found: failure.trace,
        exit: 1,
      });
    let offsets = await client.offsets(connector, signal);
    if (performance.now() - changed > nextLookMs) {
      offsets = await whileStopped(client, connector, signal, () => client.offsets(connector, signal));
      nextLookMs = LOOK_MS;
    }
    const now = JSON.stringify(offsets);
    if (now !== seen) changed = performance.now();
    seen = now;
    chunks = (await port.read(database, signals, signalPrefix(table))).chunks - before;
    return hasRead(offsets, { table, behind });
  };
  await until(isRead, {
    ...{ what: `${connector} to read the rows of ${table}`, limitMs: LIMIT_MS, signal, pauseMs: 250 },
    progress: () => `${chunks} ${seen}`,
    onWait: (waitedMs) => say(`  reading for ${Math.round(waitedMs / 1000)} s: ${chunks} chunks`),
    saw: () => `its offsets: ${seen}`,
    hint: 'run the same command again: it goes on where it is',
  });
  if (fresh && chunks === 0) throw notRead(connector, table);
}

function notRead(connector: string, table: TableId): OperatorError {
  return new OperatorError({
    code: 'not-read',
    message: `${connector} has passed the signal, and has not read ${table}`,
    expected: 'chunks of it, whose marks are in the signal table',
    found: 'none',
    hint: "the worker's log says why: look for the name of the table",
    exit: 1,
  });
}
