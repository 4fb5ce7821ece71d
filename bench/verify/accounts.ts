import type { Database } from '#model/pipeline.ts';
import type { Generator, Transaction } from '#model/workload.ts';
import { random } from '#std/random.ts';

const TABLE = 'public.accounts';

/** Rows 1 to `rows`, made by the server itself: the same at every place. */
const ROWS_SQL = `SELECT n AS id, (n % 1000000)::numeric(12,2) / 100 AS balance, 'note ' || md5(n::text) AS note,
  '2024-01-01T00:00:00Z'::timestamptz + n * interval '1 second' AS updated_at FROM generate_series(1, $1::bigint) AS n`;

export async function installAccounts(database: Database, rows: number): Promise<void> {
  await database.query(
    'CREATE TABLE accounts (id bigint, balance numeric(12,2) NOT NULL, note text, updated_at timestamptz)',
  );
  await database.query(`INSERT INTO accounts ${ROWS_SQL}`, [rows]);
  await database.query('ALTER TABLE accounts ADD PRIMARY KEY (id)');
  await database.query('VACUUM (ANALYZE) accounts');
}

/** Fills a sink as if all had come through the log, at its very beginning. */
export async function fillSink(sink: Database, rows: number): Promise<void> {
  await sink.query(
    `INSERT INTO accounts (id, balance, note, updated_at, _cdc_lsn) SELECT id, balance, note, updated_at, 0 FROM (${ROWS_SQL}) AS own`,
    [rows],
  );
  await sink.query('VACUUM (ANALYZE) accounts');
}

/** One row a transaction: eight updates of any row to one new row and one of these that goes again. */
export function accountsGenerator(rows: number, seed: number): Generator {
  const rng = random(seed);
  const added: number[] = [];
  let next = rows + 1;
  const one = (
    sql: string,
    params: readonly unknown[],
    id: number,
    kind: 'insert' | 'update' | 'delete',
  ): Transaction => ({
    statements: [{ sql, params, writes: [{ table: TABLE, key: JSON.stringify([String(id)]), kind }] }],
    reads: [],
  });
  return {
    next() {
      const point = rng.below(10);
      if (point === 0) {
        const id = next++;
        added.push(id);
        return one("INSERT INTO accounts VALUES ($1, $2, 'new', now())", [id, rng.below(1000)], id, 'insert');
      }
      const gone = point === 1 ? added.shift() : undefined;
      if (gone !== undefined) return one('DELETE FROM accounts WHERE id = $1', [gone], gone, 'delete');
      const id = rng.between(1, rows);
      const sql = 'UPDATE accounts SET balance = $2, updated_at = now() WHERE id = $1';
      return one(sql, [id, rng.below(100_000)], id, 'update');
    },
    backfill: () => [],
    tell() {},
  };
}
