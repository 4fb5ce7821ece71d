import { builtin, debeziumJdbc, defineScenario, shop } from '#lab.ts';
import { binlog } from './binlog.ts';
import { history } from './history.ts';
import { rowImage } from './row-image.ts';

export const mariadbSource = defineScenario({
  id: '02-mariadb-source',
  aliases: ['mariadb-source'],
  title: 'A MariaDB or MySQL source: three failure modes of its own',
  story: 'What breaks the capture of a binary log and not of a replication slot. Needs --source mariadb or mysql.',
  workload: shop,
  variants: {
    upsert: builtin({ title: 'upsert by key', mode: 'upsert', commit: 'after' }),
    dedup: builtin({ title: 'upsert, dedup table and LSN guard in one transaction', mode: 'dedup', commit: 'with' }),
    'debezium-jdbc': debeziumJdbc('Debezium JDBC sink connector, upsert'),
  },
  modes: [binlog, history, rowImage],
});
