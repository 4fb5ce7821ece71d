import type { LabLags } from '#contracts/lab-stack.ts';
import { optional, shape, text } from '#contracts/schema.ts';
import { isNamed } from '#lab/tools/topic-names.ts';
import { CURSOR, requireKnown, tool, VARIANT } from '../tool.ts';

export const kafkaConsumerLag = tool({
  name: 'kafka_consumer_lag',
  description:
    'How far consumers are behind: of each variant in records and ms, and of each partition the offsets committed, at the end and at the start of the log. Compare with retention_ms (null: kept for ever).',
  args: shape({
    ...VARIANT,
    table: optional(text('only the topic of this table')),
    ...CURSOR,
  }),
  async run({ variant, table }, { lab }, signal) {
    const lags = await lab().get<LabLags>('/api/v1/lag', signal);
    requireKnown(
      'variant',
      variant,
      lags.groups.map((group) => group.variant),
    );
    const groups = lags.groups.filter((group) => variant === undefined || group.variant === variant);
    const topics = [...new Set(groups.flatMap(({ partitions }) => partitions.map(({ topic }) => topic)))];
    if (table !== undefined && !topics.some((topic) => isNamed(topic, table))) requireKnown('table', table, topics);
    return {
      facts: {
        at: lags.at,
        retention_ms: lags.retention_ms,
        groups: groups.map(({ group, variant: name, lag }) => ({ group, variant: name, lag })),
      },
      list: {
        name: 'partitions',
        items: groups.flatMap(({ group, partitions }) =>
          partitions
            .filter(({ topic }) => table === undefined || isNamed(topic, table))
            .map((partition) => ({ group, ...partition })),
        ),
      },
    };
  },
});
