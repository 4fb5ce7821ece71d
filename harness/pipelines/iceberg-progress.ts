import { type Admin, committedOffsets, logBounds } from '#clients/kafka.ts';
import { type Offsets, topicPartition } from '#model/position.ts';

export interface IcebergProgressOptions {
  readonly admin: Admin;
  /** The group of the sink's tasks. */
  readonly groupId: string;
  readonly topics: readonly string[];
  readonly controlTopic: string;
}

interface Seen {
  readonly offsets: Offsets;
  /** Where the control topic ended after these had been committed. */
  readonly end: bigint;
}

/**
 * What Apache Iceberg's sink has provably written into its tables. A task commits its offsets when its files are written and told of in
 * the control topic; the tables have them only when the coordinator has read that far, which it commits in a group of its own.
 */
export function icebergProgress(options: IcebergProgressOptions): () => Promise<Offsets> {
  const { admin, groupId, topics, controlTopic } = options;
  const place = topicPartition(controlTopic, 0);
  let sure: Offsets = new Map();
  let open: Seen[] = [];
  return async () => {
    const offsets = await committedOffsets(admin, groupId, topics);
    const { ends } = await logBounds(admin, [controlTopic]);
    open.push({ offsets, end: ends.get(place) ?? 0n });
    const done = (await committedOffsets(admin, `${groupId}-coord`, [controlTopic])).get(place) ?? 0n;
    sure = open.findLast(({ end }) => end <= done)?.offsets ?? sure;
    open = open.filter(({ end }) => end > done);
    return sure;
  };
}
