import { createHash } from 'node:crypto';
import type pg from 'pg';
import type {
  Guards,
  OffsetRange,
  OpenSinkOptions,
  Segment,
  Sink,
  SinkColumn,
  SinkFailure,
  SinkTable,
  SinkTransaction,
} from '#engines/port/sink.ts';
import { alike, DEDUP_KEPT, highestGuard, PRUNE_EVERY, TOMBSTONES_KEPT_MS } from '#engines/segments.ts';
import type { TableId } from '#model/catalog.ts';
import type { EventColumn } from '#model/change-event.ts';
import {
  appliedStatement,
  bookkeepingSql,
  FORGET_SQL,
  firstHighestStatement,
  guardsOf,
  guardsStatement,
  highestStatement,
  LOCK_SQL,
  POSITIONS_SQL,
  type PositionRow,
  positionsOf,
  pruneDedupStatement,
  pruneTombstonesStatement,
  raiseHighestStatement,
  rememberStatement,
  TRUNCATED,
  tombstonesStatement,
} from './apply-bookkeeping.ts';
import {
  deleteStatement,
  insertStatement,
  type Statement,
  truncateStatement,
  updateStatement,
  upsertStatement,
} from './apply-statements.ts';
import { type CatalogTable, primaryKeyOf, readTables } from './catalog.ts';
import { openPool, queriesOf } from './client.ts';
import { addColumnSql, GUARD_COLUMN, positionType, widerType } from './ddl.ts';
import { quoteIdent, quoteTable, splitTableId } from './quote.ts';

/** A PostgreSQL database as an applier writes it. Opens at most two connections, when first used. */
export function openPostgresSink(options: OpenSinkOptions): Sink {
  const pool = openPool(options.url, { max: 2, application: `driftlab applier ${options.consumer}`.slice(0, 63) });
  const tables = new Map<TableId, SinkTable>();
  const positions = positionType(options.widePositions);
  let sincePruned = 0;

  const prune = async (client: pg.PoolClient): Promise<void> => {
    sincePruned += 1;
    if (sincePruned < PRUNE_EVERY) return;
    sincePruned = 0;
    await run(client, pruneDedupStatement(options.consumer, options.dedupKept ?? DEDUP_KEPT));
    await run(client, pruneTombstonesStatement(options.tombstonesKeptMs ?? TOMBSTONES_KEPT_MS));
  };

  const transactionOn = (client: pg.PoolClient): SinkTransaction => ({
    async lock() {
      await client.query(LOCK_SQL, [options.consumer]);
    },
    async seen(ranges) {
      const positions = await client.query<PositionRow>(POSITIONS_SQL, [options.consumer]);
      const applied = await run<{ topic: string; partition: string; first: string; through: string }>(
        client,
        appliedStatement(options.consumer, ranges),
      );
      return {
        positions: positionsOf(positions.rows),
        applied: applied.map(
          (row): OffsetRange => ({
            topic: row.topic,
            partition: Number(row.partition),
            from: BigInt(row.first),
            next: BigInt(row.through) + 1n,
          }),
        ),
      };
    },
    async remember(ranges) {
      await run(client, rememberStatement(options.consumer, ranges));
      await prune(client);
    },
    guards: (table, ask) => guardsIn(client, table, ask),
    write: (table, segment) => writeSegment(client, table, segment),
  });

  return {
    async prepare() {
      await pool.query(bookkeepingSql(positions));
    },
    async table(id, guarded) {
      const known = tables.get(id);
      if (known !== undefined) return known;
      let table = await readTable(pool, id);
      if (table !== undefined && guarded && !table.columns.has(GUARD_COLUMN)) {
        const column = `${quoteIdent(GUARD_COLUMN)} ${positions}`;
        await pool.query(`ALTER TABLE ${quoteTable(id)} ADD COLUMN IF NOT EXISTS ${column}`);
        table = await readTable(pool, id);
      }
      if (table !== undefined) tables.set(id, table);
      return table;
    },
    forget(id) {
      tables.delete(id);
    },
    async addColumns(id, columns) {
      for (const column of columns) await pool.query(addColumnSql(id, column));
      tables.delete(id);
    },
    async widen(table, columns) {
      const changes = widenings(table, columns);
      if (changes.length === 0) return false;
      await pool.query(`ALTER TABLE ${quoteTable(table.id)} ${changes.join(', ')}`);
      tables.delete(table.id);
      return true;
    },
    transaction: (work) => inTransaction(pool, (client) => work(transactionOn(client))),
    async positions() {
      return positionsOf((await pool.query<PositionRow>(POSITIONS_SQL, [options.consumer])).rows);
    },
    async forgetConsumer() {
      await pool.query(FORGET_SQL, [options.consumer]);
    },
    failureOf,
    async [Symbol.asyncDispose]() {
      if (!pool.ended) await pool.end();
    },
  };
}

async function readTable(pool: pg.Pool, id: TableId): Promise<SinkTable | undefined> {
  const { schema, name } = splitTableId(id);
  const [table] = await readTables<CatalogTable<{ readonly castType: string }>>(queriesOf(pool), {
    ...{ where: 'n.nspname = $1 AND c.relname = $2', params: [schema, name] },
    ofColumn: `, 'castType', format_type(a.atttypid, -1)`,
  });
  if (table === undefined) return undefined;
  const columns = table.columns.map((column): [string, SinkColumn] => {
    const { castType, type, generated } = column;
    return [column.name, { name: column.name, castType, type, generated }];
  });
  return { id, columns: new Map(columns), key: primaryKeyOf(table) };
}

function widenings(table: SinkTable, columns: readonly EventColumn[]): string[] {
  return columns.flatMap((column) => {
    const type = widerType(table.columns.get(column.name)?.type ?? '', column);
    return type === undefined ? [] : [`ALTER COLUMN ${quoteIdent(column.name)} TYPE ${type}`];
  });
}

async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  // A connection that breaks between two statements tells nobody but this listener; the next statement fails anyway.
  const onBroken = (error: Error): void => {
    broken = error;
  };
  client.on('error', onBroken);
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((thrown: Error) => {
      broken = thrown;
    });
    throw error;
  } finally {
    client.off('error', onBroken);
    client.release(broken);
  }
}

/** Statements repeat from batch to batch; a name makes the server parse each only once. */
const names = new Map<string, string>();

function nameOf(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    name = createHash('sha1').update(sql).digest('hex').slice(0, 24);
    names.set(sql, name);
  }
  return name;
}

async function run<R extends object>(client: pg.PoolClient, statement: Statement): Promise<R[]> {
  const result = await client.query<R>({
    name: nameOf(statement.sql),
    text: statement.sql,
    values: [...statement.params],
  });
  return result.rows;
}

async function writeSegment(client: pg.PoolClient, table: SinkTable, segment: Segment): Promise<void> {
  const { truncate } = segment;
  if (truncate !== undefined) {
    await run(client, truncateStatement(table, truncate.guard));
    if (truncate.guard !== undefined) {
      await run(client, tombstonesStatement(table, new Map([[TRUNCATED, truncate.guard]])));
    }
  }
  if (segment.tombstones.size > 0) await run(client, tombstonesStatement(table, segment.tombstones));
  if (segment.deletes.length > 0) await run(client, deleteStatement(table, segment.deletes));
  for (const rows of alike(segment.updates)) await run(client, updateStatement(table, rows));
  for (const rows of alike(segment.upserts)) await run(client, upsertStatement(table, rows));
  for (const rows of alike(segment.inserts)) await run(client, insertStatement(table, rows));
  const highest = highestGuard(segment);
  if (highest !== undefined) await run(client, raiseHighestStatement(table, highest));
}

/** Looks up only keys whose LSN does not lie above every guard of the table. */
async function guardsIn(
  client: pg.PoolClient,
  table: SinkTable,
  ask: Parameters<SinkTransaction['guards']>[1],
): Promise<Guards> {
  const look = () => run<{ highest: string; truncated: string | null }>(client, highestStatement(table));
  let [known] = await look();
  if (known === undefined) {
    await run(client, firstHighestStatement(table));
    [known] = await look();
  }
  const highest = BigInt(known?.highest ?? -1);
  const open = ask(highest).filter(({ lsn }) => lsn <= highest);
  const found = open.length === 0 ? [] : await run<{ keys: string | null }>(client, guardsStatement(table, open));
  const truncated = known?.truncated ?? null;
  return { keys: guardsOf(found[0]?.keys ?? null), table: truncated === null ? undefined : BigInt(truncated) };
}

/** Classes of SQLSTATE: 22 data exceptions, 23 violated constraints; 08, 53, 57, 58 and a lost connection pass. */
function failureOf(error: unknown): SinkFailure {
  const code = (error as { readonly code?: unknown }).code;
  if (typeof code !== 'string') {
    return error instanceof Error && /connection|timeout/i.test(error.message) ? 'unavailable' : 'other';
  }
  if (/^(22|23)...$/.test(code)) return 'data';
  if (/^(08|53|57|58)...$/.test(code) || /^(40001|40P01|55P03)$/.test(code)) return 'unavailable';
  return /^E[A-Z]+$/.test(code) ? 'unavailable' : 'other';
}
