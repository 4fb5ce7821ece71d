import type { EventRef } from '#model/finding.ts';
import type { LogState } from '#model/observation.ts';
import { isRemoval } from '#verify/judge/came-back.ts';
import type { KeylessEvent } from './keyless-log.ts';
import type { RowEvent, RowEvents } from './row-events.ts';

/** Where an event stands to the log and to the consumer. */
export type Standing = Pick<LogState, 'expired' | 'consumed' | 'skipped'>;

interface Counts {
  /** How many such rows the two sides have. */
  readonly source: number;
  readonly sink: number;
}

/**
 * What the log says of a row that no key names and of which one side has more than the other: the event that is to blame.
 * One that the consumer has not passed comes first, for what it does is still to come; then one that it never got.
 */
export function rowState(
  { source, sink }: Counts,
  { written, removed }: RowEvents,
  all: readonly KeylessEvent[],
  standing: (ref: EventRef) => Standing,
): LogState | undefined {
  const blamed = sink < source ? worst(written, standing) : surplus(written, removed, all, standing);
  if (blamed === undefined) return undefined;
  const { ref, row } = blamed;
  return {
    last: ref,
    ...(row === undefined ? {} : { image: row }),
    ...standing(ref),
    skippedEarlier: false,
  };
}

type Blamed = Pick<RowEvent, 'ref'> & Partial<Pick<RowEvent, 'row'>>;

function surplus(
  written: readonly RowEvent[],
  removed: readonly RowEvent[],
  all: readonly KeylessEvent[],
  standing: (ref: EventRef) => Standing,
): Blamed | undefined {
  // A record that does not say which row it changes may be the one that takes this row away.
  const silent = all.find(({ ref, before }) => {
    const takes = ref.op === 'update' || isRemoval(ref.op);
    return takes && before === undefined && isAhead(standing(ref));
  });
  if (silent !== undefined) return { ref: silent.ref };
  const taken = worst(removed, standing);
  return taken === undefined ? worst(written, standing) : { ref: taken.ref };
}

function worst(events: readonly RowEvent[], standing: (ref: EventRef) => Standing): RowEvent | undefined {
  return (
    events.find(({ ref }) => isAhead(standing(ref))) ??
    events.findLast(({ ref }) => isMissed(standing(ref))) ??
    events.at(-1)
  );
}

function isAhead({ consumed, expired }: Standing): boolean {
  return !consumed && !expired;
}

function isMissed({ consumed, expired, skipped }: Standing): boolean {
  return skipped || (expired && !consumed);
}
