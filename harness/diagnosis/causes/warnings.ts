import { NEAR_RETENTION } from '#model/position.ts';
import type { CauseEntry } from '../entry.ts';

const KAFKA = 'https://kafka.apache.org/documentation/';

export function secondsText(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

const retentionNear: CauseEntry = {
  code: 'retention-near',
  title: "The consumer's lag is close to the topics' retention: beyond it, records are deleted before they are read.",
  anomalies: [],
  docs: `${KAFKA}#topicconfigs_retention.ms`,
  warns: true,
  find({ consumerLag, subject }) {
    if (consumerLag === undefined || consumerLag.recordsGone > 0) return undefined;
    const { lagMs, retentionMs } = consumerLag;
    if (lagMs <= NEAR_RETENTION * retentionMs) return undefined;
    return {
      says: `${subject.name} lags by ${secondsText(lagMs)}, and the topics keep records for ${secondsText(retentionMs)}: beyond that, records are deleted before it reads them.`,
      evidence: [
        `its oldest unread record is ${secondsText(lagMs)} old`,
        `the topics have retention.ms=${retentionMs}`,
      ],
      remedy: [
        'raise the retention of the topics now (kafka-configs --alter --add-config retention.ms=…), until the consumers have caught up',
        'add consumers, if there are more partitions than consumers',
      ],
      certainty: 'shown',
      explains: [],
    };
  },
};

export const WARNINGS: readonly CauseEntry[] = [retentionNear];
