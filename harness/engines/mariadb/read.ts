import { byBytes, own, rowReader } from '#engines/canonical-rows.ts';
import type { KeyedRow, ReadPlan, ReadView } from '#engines/port/compare.ts';
import { digestOf } from '#engines/row-digest.ts';
import type { Database } from '#model/pipeline.ts';
import type { Key, Text } from '#model/values.ts';
import { openSorter } from '#std/sorter.ts';
import { readCatalog } from './catalog.ts';
import { objectsOf, type Session } from './client.ts';
import { flavourOf } from './flavour.ts';
import { type Held, hold } from './held.ts';
import { literalsFor, Unstorable } from './input-text.ts';
import { kindOf } from './kinds.ts';
import { ownValue, relation, valueSql } from './plan-sql.ts';
import { quoteIdent } from './quote.ts';
import { digestsSql, everyNthKeySql, piecesOf, withinSql } from './ranges.ts';
import { planHashSql } from './row-text.ts';

const BATCH_ROWS = 2000;
/** Keys that one statement looks up. */
const KEYS_AT_ONCE = 500;

/**
 * See {@link ReadView}: one transaction with a consistent snapshot, on a connection of its own. With it goes the
 * position of the binary log that belongs to the snapshot, to the transaction.
 */
export async function openReadView(database: Database, signal?: AbortSignal): Promise<ReadView> {
  signal?.throwIfAborted();
  const held = await hold(database);
  try {
    const position = await flavourOf(database).beginSnapshot(held.run);
    return readView(oneAtATime(held), held, { position, engine: database.engine });
  } catch (error) {
    held.release(true);
    throw error;
  }
}

/** Sinks that are compared side by side share the source's view: their questions are asked one after another. */
function oneAtATime({ run, each }: Session): Session {
  let last: Promise<unknown> = Promise.resolve();
  const next = <T>(ask: () => Promise<T>): Promise<T> => {
    const answer = last.then(ask);
    last = answer.catch(() => {});
    return answer;
  };
  return { run: (sql, params) => next(() => run(sql, params)), each: (sql, take) => next(() => each(sql, take)) };
}

function readView(
  { run, each }: Session,
  held: Held,
  { position, engine }: { readonly position: bigint; readonly engine: string },
): ReadView {
  const rowsOf = async (plan: ReadPlan, where: string): Promise<KeyedRow[]> =>
    rowReader(plan, kindOf).rows((await run(`${selection(plan)}${where}`)).rows);
  return {
    position,
    readCatalog: (filter) =>
      readCatalog({ query: async (sql, params) => objectsOf(await run(sql, params)) as never }, filter),
    async count(table) {
      const { rows } = await run(`SELECT count(*) FROM ${relation(table)} AS t`);
      return Number(rows[0]?.[0] ?? 0);
    },
    async select(sql, limit) {
      return objectsOf(await run(`SELECT * FROM (${sql.trim().replace(/;$/, '')}) AS own LIMIT ${limit}`));
    },
    async *stream(plan) {
      // The server has the values, and their canonical texts are made here: so they are put in order here, too.
      await using sorter = openSorter({ compare: byBytes });
      const read = rowReader(plan, kindOf).rows;
      await each(selection(plan), (rows) => sorter.add(read(rows)));
      yield* sorter.batches(BATCH_ROWS);
    },
    async byKeys(plan, keys) {
      const found: KeyedRow[] = [];
      const wanted = new Set(keys);
      for (let start = 0; start < keys.length; start += KEYS_AT_ONCE) {
        const rows = await rowsOf(plan, ` WHERE ${lookup(plan, keys.slice(start, start + KEYS_AT_ONCE))}`);
        // A collation that ignores case finds more rows than have the key.
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
    digests: (plan, bounds) => digests(run, plan, bounds),
    range: (plan, after, upTo) => rowsOf(plan, ` WHERE ${withinSql(plan, after, upTo)}`),
    // Digests are of canonical texts alone.
    fingerprint: async () => engine,
    async [Symbol.asyncDispose]() {
      const broken = await run('ROLLBACK').then(
        () => false,
        () => true,
      );
      held.release(broken);
    },
  };
}

/** What the server cannot hash by itself is read, a piece at a time. */
async function digests(run: Session['run'], plan: ReadPlan, bounds: readonly (Key | undefined)[]): Promise<string[]> {
  const pieces = piecesOf(bounds);
  const hash = planHashSql(plan);
  const found: string[] = [];
  if (hash === undefined) {
    const read = rowReader(plan, kindOf).rows;
    for (const { after, upTo } of pieces) {
      const { rows } = await run(`${selection(plan)} WHERE ${withinSql(plan, after, upTo)}`);
      found.push(digestOf(read(rows)));
    }
    return found;
  }
  // A row too long for the server to hash is looked at.
  for (const sql of digestsSql(plan, bounds, hash))
    for (const [place, count, sum, hashed] of (await run(sql)).rows)
      found[Number(place)] = `${count} ${count === hashed ? (sum ?? 0) : `of ${plan.side}`}`;
  return pieces.map(({ place }) => found[place] ?? '0 0');
}

function selection(plan: ReadPlan): string {
  const values = [...plan.key, ...plan.columns].map((pair) => valueSql(own(plan, pair)));
  const kept = plan.bookkeeping.map((name) => `t.${quoteIdent(name)}`);
  return `SELECT ${[...values, ...kept].join(', ')} FROM ${relation(plan.table)} AS t`;
}

/** The rows that have one of the keys, given in canonical text. */
function lookup(plan: ReadPlan, keys: readonly Key[]): string {
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
      if (error instanceof Unstorable) return 'FALSE';
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
