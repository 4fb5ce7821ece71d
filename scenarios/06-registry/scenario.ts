import { builtin, debeziumJdbc, defineScenario, shop } from '#lab.ts';
import { emptied } from './emptied.ts';
import { killed } from './killed.ts';
import { killedConsumers } from './killed-consumers.ts';
import { refuses } from './refuses.ts';
import { renumbered } from './renumbered.ts';
import { slow } from './slow.ts';

export const registry = defineScenario({
  id: '06-registry',
  aliases: ['registry'],
  title: 'The schema registry: killed, emptied, slow, refusing',
  story:
    'Converters remember schemas, so a registry that fails is noticed late: when a task starts again. Records are in Avro.',
  topology: { format: 'avro' },
  workload: shop,
  variants: {
    insert: builtin({ title: 'blind INSERT', mode: 'insert', commit: 'after' }),
    upsert: builtin({ title: 'upsert by key', mode: 'upsert', commit: 'after' }),
    dedup: builtin({ title: 'upsert, dedup table and LSN guard in one transaction', mode: 'dedup', commit: 'with' }),
    'debezium-jdbc': debeziumJdbc('Debezium JDBC sink connector, upsert'),
  },
  modes: [killed, killedConsumers, emptied, renumbered, slow, refuses],
});
