import { byBytes, own, rowReader } from '#engines/canonical-rows.ts';
import type { KeyedRow, ReadPlan, ReadView } from '#engines/port/compare.ts';
import { digestOf } from '#engines/row-digest.ts';
import type { Database } from '#model/pipeline.ts';
import type { Key, Text } from '#model/values.ts';
import { openSorter } from '#std/sorter.ts';
import { readCatalog } from './catalog.ts';
import { objectsOf, type Session } from './client.ts';
import { type Held, hold } from './held.ts';
import { literalsFor, Unstorable } from './input-text.ts';
import { kindOf } from './kinds.ts';
import { ownValue, relation, valueSql } from './plan-sql.ts';
import { lsnOf, packPosition } from './position.ts';
import { quoteIdent, quoteLiteral, quoteTable } from './quote.ts';
import { digestsSql, everyNthKeySql, NONE, piecesOf, withinSql } from './ranges.ts';
import { explained } from './refusal.ts';
import { planHashSql } from './row-text.ts';
import { namesIn, TAG_TABLE } from './tags.ts';

const BATCH_ROWS = 2000;
/** Keys that one statement looks up. */
const KEYS_AT_ONCE = 200;

/** A transaction that sees one moment: that of its first look at a table, wherefore one follows at once. */
const BEGIN_SNAPSHOT_SQL = 'SET TRANSACTION ISOLATION LEVEL SNAPSHOT;\nBEGIN TRANSACTION';

/** Whether the database is captured, whether it has the lab's own table of tags, and the server's major version. */
const CAPTURED_SQL = `SELECT d.is_cdc_enabled AS captured, OBJECT_ID(${quoteLiteral(quoteTable(TAG_TABLE))}, N'U') AS tags,
  CONVERT(int, SERVERPROPERTY(N'ProductMajorVersion')) AS version
FROM sys.databases AS d WHERE d.database_id = DB_ID()`;

export const LOOK_AT_TAGS_SQL = `SELECT TOP (1) [tag] FROM ${quoteTable(TAG_TABLE)}`;
const LOOK_AT_LOG_SQL = 'SELECT TOP (1) start_lsn FROM cdc.lsn_time_mapping';
/** Where the log ends: at or above all that has been committed, whether or not the capture has come to it. */
const LOG_END_SQL = 'SELECT log_end_lsn FROM sys.dm_db_log_stats(DB_ID())';

/** How many transactions are open. */
export const OPEN_SQL = 'SELECT @@TRANCOUNT AS opened';

/** See {@link ReadView}: one transaction under snapshot isolation, on a connection of its own. */
export async function openReadView(database: Database, signal?: AbortSignal): Promise<ReadView> {
  signal?.throwIfAborted();
  const held = await hold(database);
  try {
    const { position, version } = await beginSnapshot(database, held.run);
    return readView(oneAtATime(held), held, position, version);
  } catch (error) {
    held.release(true);
    throw explained(database.url, 'to read one moment of the database', error);
  }
}

/**
 * Begins a transaction that sees one moment, and finds a position above every transaction that it sees: that of one that commits
 * after it has begun. 0 for a database that is not captured, which a sink need not be.
 */
async function beginSnapshot(
  database: Pick<Database, 'query' | 'url'>,
  run: Session['run'],
): Promise<{ readonly position: bigint; readonly version: number }> {
  await run(BEGIN_SNAPSHOT_SQL);
  const { rows } = await run(CAPTURED_SQL);
  const [captured, tags, major] = rows[0] ?? [];
  const version = Number(major ?? 0);
  if (captured !== '1') return { position: 0n, version };
  if (tags != null) {
    await run(LOOK_AT_TAGS_SQL);
    return { position: await namesIn(database).mark(), version };
  }
  // Somebody's own: nothing is written to it.
  await run(LOOK_AT_LOG_SQL);
  const commit = lsnOf((await run(LOG_END_SQL)).rows[0]?.[0]);
  return { position: commit === undefined ? 0n : packPosition({ commit }), version };
}

/**
 * Sinks that are compared side by side share the source's view: their questions are asked one after another. Once an error has
 * ended the transaction nothing more is read: it would be of another moment.
 */
function oneAtATime({ run, each, load }: Session): Session {
  let last: Promise<unknown> = Promise.resolve();
  let ended: unknown;
  const next = <T>(ask: () => Promise<T>): Promise<T> => {
    const answer = last.then(async () => {
      if (ended !== undefined) throw new Error('the transaction that is read in has ended', { cause: ended });
      try {
        return await ask();
      } catch (error) {
        const open = await run(OPEN_SQL).catch(() => undefined);
        if (open?.rows[0]?.[0] !== '1') ended = error;
        throw error;
      }
    });
    last = answer.catch(() => {});
    return answer;
  };
  return {
    run: (sql, params) => next(() => run(sql, params)),
    each: (sql, take) => next(() => each(sql, take)),
    load,
  };
}

function readView({ run, each }: Session, held: Held, position: bigint, version: number): ReadView {
  const rowsOf = async (plan: ReadPlan, where: string): Promise<KeyedRow[]> =>
    rowReader(plan, kindOf).rows((await run(`${selectionSql(plan)}\nWHERE ${where}`)).rows);
  return {
    position,
    readCatalog: (filter) =>
      readCatalog({ query: async (sql, params) => objectsOf(await run(sql, params)) as never }, filter),
    async count(table) {
      const { rows } = await run(countSql(relation(table)));
      return Number(rows[0]?.[0] ?? 0);
    },
    async select(sql, limit) {
      try {
        return objectsOf(await run(limitedSql(sql, limit)));
      } finally {
        await run('SET ROWCOUNT 0');
      }
    },
    async *stream(plan) {
      // The server has the values, and their canonical texts are made here: so they are put in order here, too.
      await using sorter = openSorter({ compare: byBytes });
      const read = rowReader(plan, kindOf).rows;
      await each(selectionSql(plan), (rows) => sorter.add(read(rows)));
      yield* sorter.batches(BATCH_ROWS);
    },
    async byKeys(plan, keys) {
      const found: KeyedRow[] = [];
      const wanted = new Set(keys);
      for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
        const rows = await rowsOf(plan, lookupSql(plan, keys.slice(start, start + KEYS_AT_ONCE)));
        // A collation that ignores case, accents or blanks finds more rows than have the key.
        found.push(...rows.filter(({ key }) => wanted.has(key)));
      }
      return found;
    },
    async everyNthKey(plan, after, every, limit) {
      const { rows } = await run(everyNthKeySql(plan, after, every, limit));
      const keyOf = rowReader(plan, kindOf).key;
      const numbered = rows.filter((row) => Number(row.at(-2)) % every === 0);
      return { keys: numbered.map(keyOf), ended: Number(rows[0]?.at(-1) ?? 0) < limit };
    },
    digests: (plan, bounds) => digests(run, plan, bounds, version),
    range: (plan, after, upTo) => rowsOf(plan, withinSql(plan, after, upTo)),
    // Digests are of canonical texts alone.
    fingerprint: async () => 'sqlserver',
    async [Symbol.asyncDispose]() {
      const broken = await held.run('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION').then(
        () => false,
        () => true,
      );
      held.release(broken);
    },
  };
}

function countSql(from: string): string {
  return `SELECT COUNT_BIG(*) FROM ${from} AS t`;
}

/** A query as a person has written it, which may end in an ORDER BY of its own: no row source could. */
function limitedSql(sql: string, limit: number): string {
  return `SET ROWCOUNT ${limit};\n${sql.trim().replace(/;$/, '')}`;
}

/** What the server cannot hash by itself is read, a piece at a time. */
async function digests(
  run: Session['run'],
  plan: ReadPlan,
  bounds: readonly (Key | undefined)[],
  version: number,
): Promise<string[]> {
  const pieces = piecesOf(bounds);
  const hash = planHashSql(plan, version);
  const found: string[] = [];
  if (hash === undefined) {
    const read = rowReader(plan, kindOf).rows;
    for (const { after, upTo } of pieces) {
      const { rows } = await run(`${selectionSql(plan)}\nWHERE ${withinSql(plan, after, upTo)}`);
      found.push(digestOf(read(rows)));
    }
    return found;
  }
  for (const sql of digestsSql(plan, bounds, hash))
    for (const [place, count, sum] of (await run(sql)).rows) found[Number(place)] = `${count} ${sum ?? 0}`;
  return pieces.map(({ place }) => found[place] ?? '0 0');
}

export function selectionSql(plan: ReadPlan): string {
  const values = [...plan.key, ...plan.columns].map((pair) => valueSql(own(plan, pair)));
  const kept = plan.bookkeeping.map((name) => `t.${quoteIdent(name)}`);
  return `SELECT ${[...values, ...kept].map((value, index) => `${value} AS c${index}`).join(', ')} FROM ${relation(plan.table)} AS t`;
}

/** The condition for the rows that have one of the keys, given in canonical text. */
function lookupSql(plan: ReadPlan, keys: readonly Key[]): string {
  const columns = plan.key.map((pair) => {
    const column = own(plan, pair);
    return { value: ownValue(column), literal: literalsFor(column) };
  });
  const equals = ({ value, literal }: (typeof columns)[number], text: Text): string => {
    if (text === null) return `${value} IS NULL`;
    try {
      return `${value} = ${literal(text)}`;
    } catch (error) {
      // No row can have what the column cannot hold.
      if (error instanceof Unstorable) return NONE;
      throw error;
    }
  };
  return keys
    .map((key) => {
      const texts = JSON.parse(key) as Text[];
      return `(${columns.map((column, index) => equals(column, texts[index] ?? null)).join(' AND ')})`;
    })
    .join(' OR ');
}
