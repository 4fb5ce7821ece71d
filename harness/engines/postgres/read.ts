import pg from 'pg';
import type { ColumnPair, KeyedRow, ReadPlan, ReadView } from '#engines/port/compare.ts';
import type { Table } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Key, Row, Text } from '#model/values.ts';
import { boundType, canonicalSql, isCollated, looksUpAlike, lookupType, valueSql } from './canonical.ts';
import { readCatalog } from './catalog.ts';
import { openPool, queriesOf } from './client.ts';
import { planHashSql } from './digests.ts';
import { parseLsn } from './lsn.ts';
import { quoteIdent, quoteLiteral } from './quote.ts';
import { textHashSql } from './reconcile/statements.ts';
import { SERVER_SQL, type Server, serverOf } from './server.ts';

const BATCH_ROWS = 2000;
/** Above this many rows a count is left to the planner's estimate, unless it must be exact. */
const COUNT_ROWS_MAX = 200_000;
/** No read of a check may wait for ever, on a lock that an ALTER TABLE holds say. */
const STATEMENT_LIMIT_MS = 60_000;

/** See {@link ReadView}: one REPEATABLE READ transaction on a connection of its own. */
export async function openReadView(database: Database, signal?: AbortSignal, moment?: string): Promise<ReadView> {
  const shared = moment === undefined ? '' : `; SET TRANSACTION SNAPSHOT ${quoteLiteral(moment)}`;
  signal?.throwIfAborted();
  const { client, release } = await connection(database);
  try {
    await client.query(
      `SET statement_timeout = ${STATEMENT_LIMIT_MS}; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY${shared}`,
    );
    // The snapshot is taken by the first query of the transaction, this one; a change it sees is in the log below.
    const first = await client.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn');
    return readView(oneAtATime(client), release, parseLsn(first.rows[0]?.lsn) ?? 0n);
  } catch (error) {
    release(true);
    throw error;
  }
}

interface Connection {
  readonly client: pg.PoolClient;
  /** Gives the connection back; one that is broken is closed instead. Only the first call counts. */
  release(broken: boolean): void;
}

async function connection(database: Database): Promise<Connection> {
  const own = 'pool' in database && database.pool instanceof pg.Pool ? undefined : openPool(database.url, { max: 1 });
  const pool = own ?? (database as Database & { readonly pool: pg.Pool }).pool;
  const client = await pool.connect();
  let released = false;
  return {
    client,
    release(broken) {
      if (released) return;
      released = true;
      client.release(broken);
      if (own !== undefined) void own.end();
    },
  };
}

/** Sinks that are compared side by side share the source's view: their questions are asked one after another. */
function oneAtATime(client: pg.PoolClient): Asked {
  let last: Promise<unknown> = Promise.resolve();
  const query = (...question: [never]): Promise<unknown> => {
    const answer = last.then(() => client.query(...question));
    last = answer.catch(() => {});
    return answer;
  };
  return { query: query as Asked['query'] };
}

type Asked = Pick<pg.PoolClient, 'query'>;

function readView(client: Asked, release: (broken: boolean) => void, position: bigint): ReadView {
  let cursors = 0;
  let asked: Promise<Server> | undefined;
  const server = (): Promise<Server> => {
    asked ??= client.query<string[]>({ text: SERVER_SQL, rowMode: 'array' }).then(({ rows }) => serverOf(rows[0]));
    return asked;
  };
  const rowsOf = async (text: string, values: readonly unknown[] = []): Promise<KeyedRow[]> => {
    const result = await client.query<Text[]>({ text, values: [...values], rowMode: 'array' });
    return result.rows.map(([key, row, bookkeeping]) => keyedRow(key ?? '', row ?? '', bookkeeping));
  };
  return {
    position,
    readCatalog: (filter) => readCatalog(queriesOf(client), filter),
    async count(table, { exact = false } = {}) {
      if (!exact && table.from === undefined) {
        const sql = 'SELECT reltuples::bigint AS n FROM pg_class WHERE oid = $1::regclass';
        const [estimate] = (await client.query<{ n: string }>(sql, [relation(table)])).rows;
        if (Number(estimate?.n ?? -1) > COUNT_ROWS_MAX) return Number(estimate?.n);
      }
      const [row] = (await client.query<{ n: string }>(`SELECT count(*) AS n FROM ${relation(table)} AS t`)).rows;
      return Number(row?.n ?? 0);
    },
    async select(sql, limit) {
      await client.query('SAVEPOINT own');
      try {
        const text = `SELECT * FROM (${sql.trim().replace(/;$/, '')}) AS own LIMIT ${limit}`;
        return (await client.query<Row>({ text, types: { getTypeParser: () => (value: string) => value } })).rows;
      } catch (error) {
        await client.query('ROLLBACK TO SAVEPOINT own');
        throw error;
      }
    },
    async *stream(plan) {
      const cursor = `driftlab_${cursors++}`;
      await client.query(
        `DECLARE ${cursor} NO SCROLL CURSOR FOR
         SELECT * FROM (${selection(plan)}) AS r ORDER BY r.key COLLATE "C", r.row COLLATE "C"`,
      );
      try {
        for (;;) {
          const batch = await rowsOf(`FETCH ${BATCH_ROWS} FROM ${cursor}`);
          if (batch.length > 0) yield batch;
          if (batch.length < BATCH_ROWS) return;
        }
      } finally {
        // After an error the transaction is lost anyway, and the cursor with it.
        await client.query(`CLOSE ${cursor}`).catch(() => {});
      }
    },
    byKeys(plan, keys) {
      if (keys.length === 0) return Promise.resolve([]);
      const { conditions, wanted } = lookup(plan);
      return rowsOf(`${selection(plan)} JOIN (${wanted}) AS wanted ON ${conditions}`, transposed(plan, keys));
    },
    async everyNthKey(plan, after, every, limit) {
      const { condition, values } = within(plan, after, undefined);
      const rows = await client.query<{ key: string; n: string; last: string }>(
        `SELECT key, n, last FROM (
           SELECT key, row_number() OVER () AS n, count(*) OVER () AS last FROM (
             SELECT ${keyTextSql(plan)} AS key FROM ${relation(plan.table)} AS t${condition}
             ORDER BY ${keySql(plan)} LIMIT ${limit}) AS own) AS numbered
         WHERE n % ${every} = 0 OR n = last ORDER BY n`,
        [...values],
      );
      const numbered = rows.rows.map(({ key, n }) => ({ key, n: Number(n) }));
      return {
        keys: numbered.filter(({ n }) => n % every === 0).map(({ key }) => key),
        ended: Number(rows.rows[0]?.last ?? 0) < limit,
      };
    },
    async digests(plan, bounds, alike) {
      const hash = hashSql(plan, alike, (await server()).traits);
      const { text, values } = digestQuery(plan, bounds, hash);
      const { rows } = await client.query<{ digest: string }>(text, [...values]);
      return rows.map(({ digest }) => digest);
    },
    fingerprint: async () => (await server()).fingerprint,
    range(plan, after, upTo) {
      const { condition, values } = within(plan, after, upTo);
      return rowsOf(`${selection(plan)}${condition}`, values);
    },
    async [Symbol.asyncDispose]() {
      const broken = await client.query('ROLLBACK; RESET statement_timeout').then(
        () => false,
        () => true,
      );
      release(broken);
    },
  };
}

/** SQL for a row's hash; between engines that of its text as each of them has it: see row-digest.ts. */
function hashSql(plan: ReadPlan, alike: boolean, traits: Server['traits']): string {
  if (plan.columns.some(({ as }) => as !== undefined)) return textHashSql(rowTextSql(plan), traits);
  return planHashSql(plan, alike ? 'row-hash' : 'canonical-text', traits);
}

/** Asks for the digests of the pieces of a table between each two bounds, in their order. `hash` is SQL for a row's. */
function digestQuery(
  plan: ReadPlan,
  bounds: Parameters<ReadView['digests']>[1],
  hash: string,
): { readonly text: string; readonly values: readonly Text[] } {
  const values: Text[] = [];
  // Without an index of the key each piece would cost a reading of the table: the rows of all are set aside once.
  const indexed = plan.table.key.join() === plan.key.map((pair) => own(plan, pair).name).join();
  let from = relation(plan.table);
  let before = '';
  if (!indexed) {
    const all = within(plan, bounds[0], bounds.at(-1));
    values.push(...all.values);
    before = `WITH aside AS MATERIALIZED (SELECT * FROM ${from} AS t${all.condition}) `;
    from = 'aside';
  }
  const pieces = bounds.slice(1).map((upTo, index) => {
    const piece = within(plan, bounds[index], upTo, values.length);
    values.push(...piece.values);
    return `SELECT ${index} AS i, count(*) || ' ' || coalesce(sum(${hash}), 0) AS digest FROM ${from} AS t${piece.condition}`;
  });
  return { text: `${before}${pieces.join(' UNION ALL ')} ORDER BY i`, values };
}

function keyedRow(key: string, row: string, bookkeeping: Text | undefined): KeyedRow {
  return bookkeeping === null || bookkeeping === undefined ? { key, row } : { key, row, bookkeeping };
}

function relation(table: Table): string {
  return table.from ?? `${quoteIdent(table.schema)}.${quoteIdent(table.name)}`;
}

const own = (plan: ReadPlan, pair: ColumnPair) => (plan.side === 'source' ? pair.source : pair.sink);

function textSql(plan: ReadPlan, pair: ColumnPair): string {
  return canonicalSql(pair, plan.side);
}

const array = (parts: readonly string[]) => `to_json(ARRAY[${parts.join(', ')}]::text[])::text`;

function keyTextSql(plan: ReadPlan): string {
  return array(plan.key.map((pair) => textSql(plan, pair)));
}

function rowTextSql(plan: ReadPlan): string {
  return array(plan.columns.map((pair) => textSql(plan, pair)));
}

/** Key and row as JSON arrays of texts: as JavaScript's JSON.stringify writes them, to the letter. */
function selection(plan: ReadPlan): string {
  const texts = [`${keyTextSql(plan)} AS key`, `${rowTextSql(plan)} AS row`];
  if (plan.bookkeeping.length > 0)
    texts.push(`${array(plan.bookkeeping.map((name) => `t.${quoteIdent(name)}::text`))} AS bookkeeping`);
  return `SELECT ${texts.join(', ')} FROM ${relation(plan.table)} AS t`;
}

/** Looks keys up by the column's own type, so that an index serves; by its text where the two sides' types differ. */
function lookup(plan: ReadPlan): { conditions: string; wanted: string } {
  const arrays = plan.key.map((_, index) => `$${index + 1}::text[]`).join(', ');
  const names = plan.key.map((_, index) => `k${index}`);
  const columns = plan.key.map((pair, index) =>
    looksUpAlike(pair) ? `k${index}::${lookupType(own(plan, pair))} AS k${index}` : `k${index}`,
  );
  const conditions = plan.key.map((pair, index) =>
    looksUpAlike(pair)
      ? `${valueSql(own(plan, pair))} = wanted.k${index}`
      : `${textSql(plan, pair)} = wanted.k${index}`,
  );
  return {
    conditions: conditions.join(' AND '),
    wanted: `SELECT DISTINCT ${columns.join(', ')} FROM unnest(${arrays}) AS raw(${names.join(', ')})`,
  };
}

function transposed(plan: ReadPlan, keys: readonly Key[]): Text[][] {
  const parts = keys.map((key) => JSON.parse(key) as Text[]);
  return plan.key.map((_, index) => parts.map((part) => part[index] ?? null));
}

/** The key columns in an order that is the same in every database, whatever its collation. */
function keySql(plan: ReadPlan): string {
  return plan.key
    .map((pair) => `${valueSql(own(plan, pair))}${isCollated(own(plan, pair)) ? ' COLLATE "C"' : ''}`)
    .join(', ');
}

function partsOf(key: Key | undefined): Text[] {
  return key === undefined ? [] : (JSON.parse(key) as Text[]);
}

interface Within {
  /** Empty, or begins with a blank and WHERE. */
  readonly condition: string;
  readonly values: readonly Text[];
}

/** The rows behind `after` up to and with `upTo`. Its parameters are numbered from the one behind `before` on. */
function within(plan: ReadPlan, after: Key | undefined, upTo: Key | undefined, before = 0): Within {
  let place = before;
  const bound = () => plan.key.map((pair) => `$${++place}::text::${boundType(own(plan, pair))}`).join(', ');
  const conditions: string[] = [];
  if (after !== undefined) conditions.push(`(${keySql(plan)}) > (${bound()})`);
  if (upTo !== undefined) conditions.push(`(${keySql(plan)}) <= (${bound()})`);
  return {
    condition: conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`,
    values: [...partsOf(after), ...partsOf(upTo)],
  };
}
