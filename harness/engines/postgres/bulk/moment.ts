import type { Readable } from 'node:stream';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import type { BulkReader, Moment, Piece, StreamMark } from '#engines/port/bulk.ts';
import type { Table } from '#model/catalog.ts';
import type { Text } from '#model/values.ts';
import { messageOf, OperatorError } from '#std/errors.ts';
import { openPool } from '../client.ts';
import { parseLsn } from '../lsn.ts';
import { quoteLiteral } from '../quote.ts';
import { openSlot } from './slot.ts';
import { pieceEndsSql, readSql } from './statements.ts';

/** Ends of pieces that are asked for at once: a large table's need not fit into memory, and its load need not wait for all. */
const ENDS_AT_ONCE = 1000;

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

interface Held {
  readonly client: pg.PoolClient;
  release(): Promise<void>;
}

async function connect(url: string, application: string): Promise<Held> {
  const pool = openPool(url, { max: 1, application });
  // Amounts of money are written by the session's locale, and read by it.
  const client = await pool.connect();
  await client.query("SET lc_monetary = 'C'; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0");
  return {
    client,
    async release() {
      client.release(true);
      await pool.end();
    },
  };
}

/** See {@link BulkPort.openMoment}: that of a new replication slot, or of a transaction's snapshot. */
export async function openMoment(
  url: string,
  { application, stream }: { readonly application: string; readonly stream?: StreamMark },
): Promise<Moment> {
  await using parts = new AsyncDisposableStack();
  const exported = stream === undefined ? undefined : parts.use(await openSlot(url, application, stream));
  const held = await connect(url, application);
  parts.defer(held.release);
  await held.client.query(
    exported === undefined ? BEGIN : `${BEGIN}; SET TRANSACTION SNAPSHOT ${quoteLiteral(exported.snapshot)}`,
  );
  // The transaction's snapshot is taken by its first query, and the position is read after that.
  const { rows } = await held.client.query<{ snapshot: string; lsn: string }>(
    'SELECT pg_export_snapshot() AS snapshot, pg_current_wal_insert_lsn()::text AS lsn',
  );
  const snapshot = rows[0]?.snapshot ?? '';
  const moved = parts.move();
  return {
    position: parseLsn(exported?.position ?? rows[0]?.lsn) ?? 0n,
    snapshot,
    pieces: (table, count) => pieces(held.client, table, count),
    openReader: () => openReader(url, application, snapshot),
    [Symbol.asyncDispose]: () => moved.disposeAsync(),
  };
}

let cursors = 0;

async function* pieces(client: pg.PoolClient, table: Table, rows: number): AsyncIterable<Piece> {
  const cursor = `driftlab_pieces_${cursors++}`;
  await client.query(`DECLARE ${cursor} NO SCROLL CURSOR FOR ${pieceEndsSql(table, rows)}`);
  let after: readonly Text[] | undefined;
  const behind = () => (after === undefined ? {} : { after });
  for (;;) {
    const ends = await client.query<Text[]>({ text: `FETCH ${ENDS_AT_ONCE} FROM ${cursor}`, rowMode: 'array' });
    for (const upTo of ends.rows) {
      yield { ...behind(), upTo };
      after = upTo;
    }
    if (ends.rows.length < ENDS_AT_ONCE) break;
  }
  yield behind();
  await client.query(`CLOSE ${cursor}`);
}

/** What servers answer for a snapshot that they do not have: PostgreSQL 18, and before. */
const SNAPSHOT_GONE = ['42704', '22023'];

function momentGone(error: unknown): OperatorError {
  return new OperatorError({
    code: 'moment-gone',
    message: "the source has ended the session that holds the load's moment",
    expected: 'a session that lasts as long as the load',
    found: messageOf(error),
    hint: "the source's log has why; start again: the load begins anew, at another moment",
    cause: error,
    exit: 1,
  });
}

async function openReader(url: string, application: string, snapshot: string): Promise<BulkReader> {
  const held = await connect(url, application);
  try {
    await held.client.query(`${BEGIN}; SET TRANSACTION SNAPSHOT ${quoteLiteral(snapshot)}`);
  } catch (error) {
    await held.release();
    throw SNAPSHOT_GONE.includes((error as { readonly code?: string }).code ?? '') ? momentGone(error) : error;
  }
  return {
    async read(table, columns, piece): Promise<Readable> {
      const rows = held.client.query(copyTo(readSql(table, columns, piece)));
      // It may fail before anybody takes its rows: kept until then, where an event that nobody hears ends the process.
      return rows.on('error', (error) => rows.destroy(error));
    },
    [Symbol.asyncDispose]: held.release,
  };
}
