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
  guardStatements,
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
  tombstoneStatements,
} from './apply-bookkeeping.ts';
import { failureOf, LostRace } from './apply-failure.ts';
import {
  deleteStatements,
  GUARD_COLUMN,
  insertStatements,
  type MariadbTable,
  missingStatements,
  truncateStatement,
  updateStatements,
  upsertStatements,
  upsertsAtOnce,
} from './apply-statements.ts';
import { readSinkTable } from './apply-table.ts';
import { type MariadbDatabase, openDatabase, type Result } from './client.ts';
import { flavourOfUrl } from './flavour.ts';
import { quoteIdent, quoteTable } from './quote.ts';
import { addColumnSql, positionType, widerType } from './sink-ddl.ts';

type Run = (sql: string) => Promise<Result>;

/** A database as an applier writes it. Opens at most two connections, when first used. */
export function openMariadbSink(options: OpenSinkOptions): Sink {
  const flavour = flavourOfUrl(options.url);
  const database = openDatabase(options.url, { max: 2, application: `driftlab applier ${options.consumer}` });
  const tables = new Map<TableId, MariadbTable>();
  const positions = positionType(options.widePositions);
  let sincePruned = 0;

  const prune = async (run: Run): Promise<void> => {
    sincePruned += 1;
    if (sincePruned < PRUNE_EVERY) return;
    sincePruned = 0;
    await run(pruneDedupStatement(options.consumer, options.dedupKept ?? DEDUP_KEPT));
    await run(pruneTombstonesStatement(options.tombstonesKeptMs ?? TOMBSTONES_KEPT_MS));
  };

  const transactionOn = (run: Run) =>
    ({
      async lock() {
        await run(lockStatement(options.consumer, flavour));
      },
      async seen(ranges) {
        const known = await run(positionsStatement(options.consumer));
        const applied = ranges.length === 0 ? [] : (await run(appliedStatement(options.consumer, ranges))).rows;
        return { positions: positionsOf(known.rows), applied: rangesOf(applied) };
      },
      async remember(ranges) {
        for (const sql of rememberStatements(options.consumer, ranges, flavour)) await run(sql);
        await prune(run);
      },
      guards: (table: MariadbTable, ask) => guardsIn(run, table, ask),
      write: (table: MariadbTable, segment) => writeSegment(run, table, segment),
    }) satisfies SinkTransaction;

  return {
    async prepare() {
      for (const sql of bookkeepingSql(positions, flavour)) await database.query(sql);
    },
    async table(id, guarded) {
      const known = tables.get(id);
      if (known !== undefined) return known;
      let table = await readSinkTable(database, id);
      if (table !== undefined && guarded && !table.columns.has(GUARD_COLUMN)) {
        const column = `${quoteIdent(GUARD_COLUMN)} ${positions} NULL`;
        await addingColumn(database, `ALTER TABLE ${quoteTable(id)} ${flavour.addColumn} ${column}`);
        table = await readSinkTable(database, id);
      }
      if (table !== undefined) tables.set(id, table);
      return table;
    },
    forget(id) {
      tables.delete(id);
    },
    async addColumns(id, columns) {
      for (const column of columns) await addingColumn(database, addColumnSql(id, column, flavour));
      tables.delete(id);
    },
    async widen(table: MariadbTable, columns) {
      const changes = widenings(table, columns);
      if (changes.length === 0) return false;
      await database.query(`ALTER TABLE ${quoteTable(table.id)} ${changes.join(', ')}`);
      tables.delete(table.id);
      return true;
    },
    transaction: (work) => inTransaction(database, (run) => work(transactionOn(run))),
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

const DUPLICATE_COLUMN = 1060;

/** Adds a column, which somebody else may have added since it was looked for. */
async function addingColumn(database: MariadbDatabase, sql: string): Promise<void> {
  await database.query(sql).catch((error: unknown) => {
    if ((error as { readonly errno?: number }).errno !== DUPLICATE_COLUMN) throw error;
  });
}

/** The whole of a column is defined anew with its type. */
function widenings(table: MariadbTable, columns: readonly EventColumn[]): string[] {
  return columns.flatMap((column) => {
    const { type = '', attributes = '' } = table.columns.get(column.name) ?? {};
    const wider = widerType(type, column, table.flavour);
    return wider === undefined ? [] : [`MODIFY COLUMN ${quoteIdent(column.name)} ${wider}${attributes}`];
  });
}

/**
 * Reads see what was committed before each of them, as a lock that was waited for demands. Nothing is locked between rows
 * either, which consumers of one table would otherwise wait for.
 */
const ISOLATION_SQL = 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED';

async function inTransaction<T>(database: MariadbDatabase, work: (run: Run) => Promise<T>): Promise<T> {
  type Outcome = { readonly result: T } | { readonly error: unknown };
  const outcome = await database.session(async (run): Promise<Outcome> => {
    await run(ISOLATION_SQL);
    await run('START TRANSACTION');
    try {
      const result = await work((sql) => run(sql));
      await run('COMMIT');
      return { result };
    } catch (error) {
      // A connection on which that fails as well is not used again.
      await run('ROLLBACK').catch(() => {
        throw error;
      });
      return { error };
    }
  });
  if ('error' in outcome) throw outcome.error;
  return outcome.result;
}

async function writeSegment(run: Run, table: MariadbTable, segment: Segment): Promise<void> {
  const { truncate } = segment;
  const runAll = async (statements: readonly string[]): Promise<void> => {
    for (const sql of statements) await run(sql);
  };
  if (truncate !== undefined) {
    await run(truncateStatement(table, truncate.guard));
    if (truncate.guard !== undefined) await runAll(tombstoneStatements(table, new Map([[TRUNCATED, truncate.guard]])));
  }
  await runAll(tombstoneStatements(table, segment.tombstones));
  await runAll(deleteStatements(table, segment.deletes));
  for (const rows of alike(segment.updates)) await runAll(updateStatements(table, rows));
  for (const rows of alike(segment.upserts)) await upsert(run, table, rows);
  for (const rows of alike(segment.inserts)) await runAll(insertStatements(table, rows));
  const highest = highestGuard(segment);
  if (highest !== undefined) await run(raiseHighestStatement(table, highest));
}

const DUPLICATE = 1062;

async function upsert(run: Run, table: MariadbTable, rows: readonly RowWrite[]): Promise<void> {
  if (upsertsAtOnce(table, rows)) {
    for (const sql of upsertStatements(table, rows)) await run(sql);
    return;
  }
  let found = 0;
  for (const sql of updateStatements(table, rows)) found += (await run(sql)).affected ?? 0;
  if (found >= rows.length) return;
  const missing: RowWrite[] = [];
  for (const sql of missingStatements(table, rows)) {
    for (const [place] of (await run(sql)).rows) missing.push(...rows.slice(Number(place), Number(place) + 1));
  }
  try {
    for (const sql of insertStatements(table, missing)) await run(sql);
  } catch (error) {
    const { errno, message } = error as { readonly errno?: number; readonly message?: string };
    // Somebody else has inserted the key since it was looked for; any other unique value is refused.
    const lost = errno === DUPLICATE && /for key '(\S+\.)?PRIMARY'$/.test(message ?? '');
    throw lost ? new LostRace('another transaction has inserted the key meanwhile', { cause: error }) : error;
  }
}

/** Looks up only keys whose LSN does not lie above every guard of the table. */
async function guardsIn(run: Run, table: MariadbTable, ask: Parameters<SinkTransaction['guards']>[1]): Promise<Guards> {
  const look = async () => (await run(highestStatement(table))).rows[0];
  let known = await look();
  if (known === undefined) {
    await run(firstHighestStatement(table));
    known = await look();
  }
  const highest = BigInt(known?.[0] ?? -1);
  const open = ask(highest).filter(({ lsn }) => lsn <= highest);
  const keys = new Map<Key, bigint>();
  for (const sql of guardStatements(table, open)) {
    for (const [place, text] of (await run(sql)).rows) {
      const id = open[Number(place)]?.id ?? '';
      const guard = BigInt(text ?? -1);
      if (guard > (keys.get(id) ?? -1n)) keys.set(id, guard);
    }
  }
  const truncated = known?.[1] ?? null;
  return { keys, table: truncated === null ? undefined : BigInt(truncated) };
}
