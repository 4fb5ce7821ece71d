import pg from 'pg';
import { engineOf } from '#engines/index.ts';
import type { DatabaseServer } from '#model/stack.ts';

/** Differences that the comparison must find, by the database they are planted in. */
export interface Planted {
  readonly missing: number;
  readonly extra: number;
  readonly changed: number;
}

export const SEVEN: Planted = { missing: 2, extra: 2, changed: 3 };

/** One data set: `source` and `same` are identical, `seven` has seven differences, `scattered` has 1 % of its rows changed. */
export interface DataSet {
  readonly rows: number;
  readonly source: string;
  readonly same: string;
  readonly seven: string;
  readonly scattered: string;
}

export const ORDERS_TABLE = `CREATE TABLE orders (
  id bigint PRIMARY KEY, customer_id int NOT NULL, status text NOT NULL, amount numeric(12,2) NOT NULL,
  note text, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL)`;

/** Notes have 10 to 70 characters, one in eight with some beyond ASCII, one in eight is NULL. */
export function ordersRows(rows: number): string {
  return `INSERT INTO orders
    SELECT i, hashint8extended(i, 1) & 1048575, (ARRAY['new', 'paid', 'shipped', 'cancelled'])[1 + (hashint8extended(i, 2) & 3)],
      (hashint8extended(i, 3) & 16777215) / 100.0,
      CASE WHEN hashint8extended(i, 4) & 7 = 0 THEN NULL
        ELSE left(CASE WHEN hashint8extended(i, 5) & 7 = 0 THEN 'Grüße – 你好 ' ELSE '' END || md5(i::text) || md5((-i)::text) || md5(i::text),
          (10 + (hashint8extended(i, 6) & 1023) % 61)::int) END,
      '2024-01-01'::timestamptz + i * interval '1.234567 s', '2024-01-01'::timestamptz + i * interval '1.334567 s'
    FROM generate_series(1, ${rows}) AS i`;
}

/** Builds the four databases of a data set on `server`. */
export async function buildDataSet(server: DatabaseServer, rows: number): Promise<DataSet> {
  const name = (kind: string) => `orders_${rows}_${kind}`;
  const url = (kind: string) => engineOf(server).server.url(server, name(kind));
  const admin = engineOf(server).server.url(server, 'postgres');
  await run(admin, `CREATE DATABASE ${name('source')}`);
  // Statistics, visibility map and hint bits as on a table that has been there for a while.
  await run(url('source'), ORDERS_TABLE, ordersRows(rows), 'VACUUM (FREEZE, ANALYZE) orders');
  for (const kind of ['same', 'seven', 'scattered'])
    await run(admin, `CREATE DATABASE ${name(kind)} TEMPLATE ${name('source')}`);
  await run(url('seven'), ...sevenDifferences(rows));
  // Neighbours in key order stay neighbours on the page where there is room; a real table would look no tidier.
  await run(
    url('scattered'),
    `UPDATE orders SET amount = amount + 0.01 WHERE id % 100 = 37`,
    'VACUUM (FREEZE, ANALYZE) orders',
  );
  await run(admin, 'CHECKPOINT');
  return { rows, source: url('source'), same: url('same'), seven: url('seven'), scattered: url('scattered') };
}

/** Two missing, one extra below the smallest key and one above the largest, two changed texts, one changed numeric. */
function sevenDifferences(rows: number): string[] {
  const at = (share: number) => Math.floor(rows * share);
  return [
    `DELETE FROM orders WHERE id IN (${at(0.11)}, ${at(0.77)})`,
    `INSERT INTO orders SELECT 0, customer_id, status, amount, note, created_at, updated_at FROM orders WHERE id = 1`,
    `INSERT INTO orders SELECT ${rows + 1}, customer_id, status, amount, note, created_at, updated_at FROM orders WHERE id = 1`,
    `UPDATE orders SET status = 'Paid' WHERE id = ${at(0.23)}`,
    `UPDATE orders SET note = 'e' || chr(769) WHERE id = ${at(0.59)}`,
    `UPDATE orders SET amount = -amount WHERE id = ${at(0.91)}`,
  ];
}

/** Keys that `sevenDifferences` changed or removed: writers keep away from them. */
export function plantedKeys(rows: number): ReadonlySet<number> {
  return new Set([0.11, 0.77, 0.23, 0.59, 0.91].map((share) => Math.floor(rows * share)));
}

export async function dropDataSet(server: DatabaseServer, data: DataSet): Promise<void> {
  for (const url of [data.source, data.same, data.seven, data.scattered])
    await run(
      engineOf(server).server.url(server, 'postgres'),
      `DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`,
    );
}

async function run(url: string, ...statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
