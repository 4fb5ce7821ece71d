import { builtin, debeziumJdbc, defineScenario, shop } from '#lab.ts';
import { broker } from './broker.ts';
import { unclean } from './unclean.ts';
import { worker } from './worker.ts';
import { zombie } from './zombie.ts';

export const clusters = defineScenario({
  id: '04-clusters',
  aliases: ['clusters'],
  title: 'Clusters: three brokers, two workers in each Connect group',
  story: 'What fails in a cluster while the rest of it goes on. Starts three brokers and two workers.',
  topology: { brokers: 3, workers: 2 },
  workload: shop,
  variants: {
    upsert: builtin({ title: 'upsert by key', mode: 'upsert', commit: 'after' }),
    dedup: builtin({ title: 'upsert, dedup table and LSN guard in one transaction', mode: 'dedup', commit: 'with' }),
    'debezium-jdbc': debeziumJdbc('Debezium JDBC sink connector, upsert, two tasks', { 'tasks.max': '2' }),
  },
  modes: [broker, unclean, worker, zombie],
});
