import { builtin, debeziumJdbc, defineScenario, shop } from '#lab.ts';
import { cleanup } from './cleanup.ts';
import { gap } from './gap.ts';

export const sqlserverSource = defineScenario({
  id: '03-sqlserver-source',
  aliases: ['sqlserver-source'],
  title: 'A SQL Server source: two failure modes of its own',
  story: 'What breaks a capture that is read from change tables. Needs --source sqlserver.',
  workload: shop,
  variants: {
    upsert: builtin({ title: 'upsert by key', mode: 'upsert', commit: 'after' }),
    dedup: builtin({ title: 'upsert, dedup table and LSN guard in one transaction', mode: 'dedup', commit: 'with' }),
    'debezium-jdbc': debeziumJdbc('Debezium JDBC sink connector, upsert'),
  },
  modes: [cleanup, gap],
});
