import { builtin, debeziumJdbc, defineScenario, invariant, shop } from '#lab.ts';
import { backfill } from './backfill.ts';
import { duplicate } from './duplicate.ts';
import { lag } from './lag.ts';
import { restart } from './restart.ts';
import { schema } from './schema.ts';

export const canonical = defineScenario({
  id: '01-canonical-reference',
  aliases: ['canonical'],
  title: 'The canonical reference: five failure modes',
  story: 'The five failures that every CDC pipeline meets, against three ways of applying events and the JDBC sink.',
  workload: shop,
  variants: {
    insert: builtin({ title: 'blind INSERT', mode: 'insert', commit: 'after' }),
    upsert: builtin({ title: 'upsert by key', mode: 'upsert', commit: 'after' }),
    dedup: builtin({ title: 'upsert, dedup table and LSN guard in one transaction', mode: 'dedup', commit: 'with' }),
    'debezium-jdbc': debeziumJdbc('Debezium JDBC sink connector, upsert'),
  },
  invariants: [
    invariant({
      id: 'whole-orders',
      text: 'every line item has its order, and every order its customer',
      sql: `SELECT 'line item' AS what, i.order_id AS id FROM line_items i LEFT JOIN orders o ON o.id = i.order_id WHERE o.id IS NULL
            UNION ALL
            SELECT 'order', o.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id WHERE c.id IS NULL`,
    }),
  ],
  modes: [restart, lag, schema, duplicate, backfill],
});
