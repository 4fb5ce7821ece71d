import type { Database } from '#model/pipeline.ts';
import { random } from '#std/random.ts';
import { SCHEMA_SQL } from './schema.ts';
import { seedState } from './state.ts';
import { amount, discount, fullName, notes, product, profile, STATUSES } from './values.ts';

/** Rows of one INSERT; more would only make the parameter arrays large. */
const CHUNK = 1000;

async function insertAll(database: Database, sql: string, rows: readonly (readonly unknown[])[]): Promise<void> {
  for (let start = 0; start < rows.length; start += CHUNK) {
    const chunk = rows.slice(start, start + CHUNK);
    const columns = (chunk[0] ?? []).map((_, index) => chunk.map((row) => row[index]));
    await database.query(sql, columns);
  }
}

/** Creates and fills the shop. The rows follow {@link seedState} of the same seed. */
export async function install(database: Database, seed: number): Promise<void> {
  const rng = random(seed).fork('shop-rows');
  const state = seedState(seed);
  await database.query(SCHEMA_SQL);
  await insertAll(
    database,
    `INSERT INTO customers (id, name, email, active, credit, profile, notes, created_at)
     SELECT id, name, email, active, credit, profile::jsonb, notes, now() - age * interval '1 hour'
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::boolean[], $5::numeric[], $6::text[], $7::text[], $8::int[])
       AS rows (id, name, email, active, credit, profile, notes, age)`,
    state.customers.items.map((id) => [
      id,
      fullName(rng),
      `c${id}@example.org`,
      rng.chance(0.9),
      amount(rng, 5000),
      profile(rng),
      notes(rng),
      rng.below(500),
    ]),
  );
  await insertAll(
    database,
    `INSERT INTO orders (id, customer_id, status, total, gift, created_at)
     SELECT id, customer, status, total, gift, now() - age * interval '1 hour'
     FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::numeric[], $5::boolean[], $6::int[])
       AS rows (id, customer, status, total, gift, age)`,
    state.orders.items.map((order) => [
      order.id,
      order.customer,
      rng.pick(STATUSES),
      amount(rng, 900),
      rng.pick([true, false, null]),
      rng.below(500),
    ]),
  );
  await insertAll(
    database,
    `INSERT INTO line_items (order_id, line_no, product, quantity, unit_price, discount)
     SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::int[], $5::numeric[], $6::numeric[])`,
    state.orders.items.flatMap((order) =>
      order.lines.map((line) => [order.id, line, product(rng), rng.between(1, 9), amount(rng, 100), discount(rng)]),
    ),
  );
  await database.query('ANALYZE');
}
