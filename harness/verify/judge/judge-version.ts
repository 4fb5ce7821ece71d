import type { TableId } from '#model/catalog.ts';
import type { EventRef, Finding } from '#model/finding.ts';
import type { VersionObservation } from '#model/observation.ts';
import type { Key } from '#model/values.ts';

/** What is wrong with a change that a sink keeps beside all others: the finding says of which objects. */
export function judgeVersion(table: TableId, key: Key, state: VersionObservation): Finding {
  const { event } = state;
  const common = { table, key, hop: 'log-to-sink', event } as const;
  switch (state.wrong) {
    case 'repeated':
      return {
        ...{ anomaly: 'duplicate', ...common, copies: state.copies },
        detail: `the change ${placeOf(event)} is in the objects ${state.copies} times: ${state.objects.join(', ')}.`,
      };
    case 'behind':
      return {
        ...{ anomaly: 'reordered', ...common },
        detail: `the change ${placeOf(event)} comes behind a newer one of the same row, ${placeOf(state.newer)}: ${state.objects.join(', ')}.`,
      };
    case 'missing':
      return {
        ...{ anomaly: 'lost', ...common },
        detail: `the change ${placeOf(event)} is in no object, though the consumer is past it; the row itself is as its last change left it.`,
      };
  }
}

function placeOf({ topic, partition, offset }: EventRef): string {
  return `${topic}/${partition} at offset ${offset}`;
}
