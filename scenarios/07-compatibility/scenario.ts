import { builtin, debeziumJdbc, defineScenario, failureMode, shop } from '#lab.ts';
import { compatibilitySteps } from './compatibility.ts';

const demands = {
  BACKWARD:
    'The new schema must read what the old one wrote: a column without a default and a narrower type are refused.',
  FORWARD: 'The old schema must read what the new one writes: a column that is gone and a wider type are refused.',
  FULL: 'Both: nothing passes but what has a default.',
  NONE: 'Everything passes the registry, and what does not fit is met at the sinks.',
};

const modes = (['BACKWARD', 'FORWARD', 'FULL', 'NONE'] as const).map((level) =>
  failureMode({
    id: level.toLowerCase(),
    title: `Compatibility level ${level}`,
    story: demands[level],
    steps: compatibilitySteps(level),
  }),
);

export const compatibility = defineScenario({
  id: '07-compatibility',
  aliases: ['compatibility'],
  title: 'Compatibility levels: which schema changes a registry refuses',
  story:
    'A schema that the registry does not take stops the source connector. Nothing is lost: it waits at the source.',
  topology: { format: 'avro' },
  workload: shop,
  variants: {
    upsert: builtin({ title: 'upsert by key', mode: 'upsert', commit: 'after' }),
    dedup: builtin({ title: 'upsert, dedup table and LSN guard in one transaction', mode: 'dedup', commit: 'with' }),
    ignore: builtin({ title: 'upsert, drops unknown columns', mode: 'upsert', schema: 'ignore' }),
    'debezium-jdbc': debeziumJdbc('Debezium JDBC sink connector, upsert'),
  },
  modes,
});
