import type { Guards, OpenSinkOptions, RowWrite, Segment, Sink, SinkTransaction } from '#engines/port/sink.ts';
import { alike, DEDUP_KEPT, highestGuard, PRUNE_EVERY, TOMBSTONES_KEPT_MS } from '#engines/segments.ts';
import type { TableId } from '#model/catalog.ts';
import type { EventColumn } from '#model/change-event.ts';
import type { Key } from '#model/values.ts';
import {
  appliedStatement,
  bookkeepingSql,
  firstHighestStatement,
  forgetStatements,
  guardQuestions,
  highestStatement,
  lockStatement,
  positionsOf,
  positionsStatement,
  pruneDedupStatement,
  pruneTombstonesStatement,
  raiseHighestStatement,
  rangesOf,
  rememberStatements,
  TRUNCATED,
  tombstones,
} from './apply-bookkeeping.ts';
import { failureOf } from './apply-failure.ts';
import {
  deletes,
  GUARD_COLUMN,
  inserts,
  type Loaded,
  positionOf,
  type SqlServerTable,
  truncateSql,
  updates,
  upserts,
} from './apply-statements.ts';
import { readSinkTable } from './apply-table.ts';
import { openDatabase, type Result, type Session, type SqlServerDatabase } from './client.ts';
import { Unstorable } from './input-text.ts';
import { createLoadedSql, DROP_LOADED_SQL } from './load.ts';
import { quoteIdent, quoteTable } from './quote.ts';
import { isServerError } from './server-error.ts';
import { addColumnSql, positionType, widerType } from './sink-ddl.ts';

/** A SQL Server database as an applier writes it. Opens at most two connections, when first used. */
export function openSqlServerSink(options: OpenSinkOptions): Sink {
  return openSinkOn(
    openDatabase(options.url, { max: 2, application: `driftlab applier ${options.consumer}` }),
    options,
  );
}

/** The sink of a database that is open; it is closed with it. */
export function openSinkOn(database: SqlServerDatabase, options: OpenSinkOptions): Sink {
  const tables = new Map<TableId, SqlServerTable>();
  const position = positionType(options.widePositions);
  let sincePruned = 0;

  const prune = async ({ run }: Session): Promise<void> => {
    sincePruned += 1;
    if (sincePruned < PRUNE_EVERY) return;
    sincePruned = 0;
    await run(pruneDedupStatement(options.consumer, options.dedupKept ?? DEDUP_KEPT));
    await run(pruneTombstonesStatement(options.tombstonesKeptMs ?? TOMBSTONES_KEPT_MS));
  };

  const transactionOn = (session: Session) =>
    ({
      async lock() {
        await session.run(lockStatement(options.consumer));
      },
      async seen(ranges) {
        const known = await session.run(positionsStatement(options.consumer));
        const applied = ranges.length === 0 ? [] : (await session.run(appliedStatement(options.consumer, ranges))).rows;
        return { positions: positionsOf(known.rows), applied: rangesOf(applied) };
      },
      async remember(ranges) {
        for (const sql of rememberStatements(options.consumer, ranges)) await session.run(sql);
        await prune(session);
      },
      guards: (table: SqlServerTable, ask) => guardsIn(session, table, position, ask),
      write: (table: SqlServerTable, segment) => writeSegment(session, table, position, segment),
    }) satisfies SinkTransaction;

  return {
    async prepare() {
      for (const sql of bookkeepingSql(position)) await database.query(sql).catch(alreadyThere);
    },
    async table(id, guarded) {
      const known = tables.get(id);
      if (known !== undefined) return known;
      let table = await readSinkTable(database, id);
      if (table !== undefined && guarded && !table.columns.has(GUARD_COLUMN)) {
        await database.query(addGuardSql(id, position)).catch(alreadyThere);
        table = await readSinkTable(database, id);
      }
      if (table !== undefined) tables.set(id, table);
      return table;
    },
    forget(id) {
      tables.delete(id);
    },
    async addColumns(id, columns) {
      for (const column of columns) await database.query(addColumnSql(id, column)).catch(alreadyThere);
      tables.delete(id);
    },
    async widen(table: SqlServerTable, columns) {
      const changes = widenSql(table, columns);
      for (const sql of changes) await database.query(sql);
      if (changes.length > 0) tables.delete(table.id);
      return changes.length > 0;
    },
    transaction: (work) => inTransaction(database, (session) => work(transactionOn(session))),
    async positions() {
      return positionsOf((await database.run(positionsStatement(options.consumer))).rows);
    },
    async forgetConsumer() {
      for (const sql of forgetStatements(options.consumer)) await database.query(sql);
    },
    failureOf,
    [Symbol.asyncDispose]: () => database.close(),
  };
}

/** There is already an object, or a column, of this name: another applier has made it meanwhile. */
const EXISTS: ReadonlySet<number> = new Set([2705, 2714]);

function alreadyThere(error: unknown): void {
  if (!isServerError(error) || !EXISTS.has(error.number)) throw error;
}

function addGuardSql(id: TableId, position: string): string {
  return `ALTER TABLE ${quoteTable(id)} ADD ${quoteIdent(GUARD_COLUMN)} ${position} NULL`;
}

/** The whole of a column is defined anew with its type: whether it may be NULL as well. */
function widenSql(table: SqlServerTable, columns: readonly EventColumn[]): string[] {
  return columns.flatMap((column) => {
    const known = table.columns.get(column.name);
    const wider = known === undefined ? undefined : widerType(known.type, column);
    if (known === undefined || wider === undefined) return [];
    const collation = known.collation === undefined ? '' : ` COLLATE ${known.collation}`;
    const nulls = table.key.includes(column.name) || known.demanded ? 'NOT NULL' : 'NULL';
    return [
      `ALTER TABLE ${quoteTable(table.id)} ALTER COLUMN ${quoteIdent(column.name)} ${wider}${collation} ${nulls}`,
    ];
  });
}

/**
 * An error ends the transaction at the server, whatever it is: of some errors a session would go on within it by itself. What
 * another transaction holds is waited for.
 */
const BEGIN_SQL = `SET XACT_ABORT ON;
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
BEGIN TRANSACTION`;

const ROLLBACK_SQL = 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION';

const DEADLOCK = 1205;
/** A victim of a deadlock has changed nothing, and its transaction is run again as a whole. */
const ATTEMPTS_MAX = 5;

async function inTransaction<T>(database: SqlServerDatabase, work: (session: Session) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once(database, work);
    } catch (error) {
      if (!isServerError(error) || error.number !== DEADLOCK || attempt === ATTEMPTS_MAX) throw error;
    }
  }
}

async function once<T>(database: SqlServerDatabase, work: (session: Session) => Promise<T>): Promise<T> {
  type Outcome = { readonly result: T } | { readonly error: unknown };
  const outcome = await database.session(async (session): Promise<Outcome> => {
    await session.run(BEGIN_SQL);
    try {
      const result = await work(session);
      await session.run('COMMIT TRANSACTION');
      return { result };
    } catch (error) {
      // A connection on which that fails as well is not used again.
      await session.run(ROLLBACK_SQL).catch(() => {
        throw error;
      });
      return { error };
    }
  });
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}

/** Loads rows at once and runs the statements that take them; the answer is the last one's. */
async function runLoaded({ run, load }: Session, { load: given, statements, lost }: Loaded): Promise<Result['rows']> {
  if (statements.length === 0 || given.rows.length === 0) return [];
  await run(createLoadedSql(given.columns));
  await load(given);
  const column = lost === undefined ? undefined : (await run(lost)).rows[0]?.[0];
  if (column != null)
    throw new Unstorable(`${column} has no room for some of the characters: its code page lacks them`);
  const { rows } = await run([...statements, DROP_LOADED_SQL].join(';\n'));
  return rows;
}

async function writeSegment(
  session: Session,
  table: SqlServerTable,
  position: string,
  segment: Segment,
): Promise<void> {
  const { truncate } = segment;
  const take = async (loaded: Loaded): Promise<void> => void (await runLoaded(session, loaded));
  const groups = async (rows: readonly RowWrite[], statements: typeof inserts): Promise<void> => {
    for (const some of alike(rows)) await take(statements(table, some));
  };
  if (truncate !== undefined) {
    await session.run(truncateSql(table, truncate.guard));
    if (truncate.guard !== undefined) await take(tombstones(table, new Map([[TRUNCATED, truncate.guard]]), position));
  }
  if (segment.tombstones.size > 0) await take(tombstones(table, segment.tombstones, position));
  if (segment.deletes.length > 0) await take(deletes(table, segment.deletes));
  await groups(segment.updates, updates);
  await groups(segment.upserts, upserts);
  await groups(segment.inserts, inserts);
  const highest = highestGuard(segment);
  if (highest !== undefined) await session.run(raiseHighestStatement(table, highest, position));
}

/** Looks up only keys whose LSN does not lie above every guard of the table. */
async function guardsIn(
  session: Session,
  table: SqlServerTable,
  position: string,
  ask: Parameters<SinkTransaction['guards']>[1],
): Promise<Guards> {
  const look = async () => (await session.run(highestStatement(table))).rows[0];
  let known = await look();
  if (known === undefined) {
    await session.run(firstHighestStatement(table, position));
    known = await look();
  }
  const highest = positionOf(known?.[0] ?? null);
  const open = ask(highest).filter(({ lsn }) => lsn <= highest);
  const keys = new Map<Key, bigint>();
  const rows = open.length === 0 ? [] : await runLoaded(session, guardQuestions(table, open, position));
  for (const [place, text] of rows) {
    const id = open[Number(place)]?.id ?? '';
    const guard = positionOf(text ?? null);
    if (guard > (keys.get(id) ?? -1n)) keys.set(id, guard);
  }
  const truncated = known?.[1] ?? null;
  return { keys, table: truncated === null ? undefined : positionOf(truncated) };
}
