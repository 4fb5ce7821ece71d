import type { CauseEntry } from '../entry.ts';

const KAFKA = 'https://kafka.apache.org/documentation/';

/** Part of the retention from which on a lag is one. */
const NEAR_RETENTION = 0.8;

export function secondsText(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}

const retentionNear: CauseEntry = {
  code: 'retention-near',
  title: "The consumer lags by nearly the topic's retention: past it, records are deleted before they are read.",
  anomalies: [],
  docs: `${KAFKA}#topicconfigs_retention.ms`,
  warns: true,
  find({ consumerLag, subject }) {
    if (consumerLag === undefined || consumerLag.recordsGone > 0) return undefined;
    const { lagMs, retentionMs } = consumerLag;
    if (lagMs <= NEAR_RETENTION * retentionMs) return undefined;
    return {
      says: `${subject.name} lags by ${secondsText(lagMs)} of the ${secondsText(retentionMs)} for which the topics keep records: past that, records are deleted before it has read them.`,
      evidence: [`its oldest unread record is ${secondsText(lagMs)} old`, `retention.ms=${retentionMs} of the topics`],
      remedy: [
        'give the topics a longer retention now (kafka-configs --alter --add-config retention.ms=…), and let the consumers go on',
        'add consumers, where there are partitions for them',
      ],
      certainty: 'shown',
      explains: [],
    };
  },
};

export const WARNINGS: readonly CauseEntry[] = [retentionNear];
