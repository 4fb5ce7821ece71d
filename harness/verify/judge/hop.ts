import type { Hop } from '#model/finding.ts';
import type { KeyObservation } from '#model/observation.ts';
import { type Difference, differences } from './rows.ts';

/**
 * Where a key went wrong. The first hop at which the truth is missing is the one: a change that the log never held was
 * lost before it; one that it held, but no longer when the consumer got there, in it; all else behind it.
 */
export function hopOf(observation: KeyObservation): Hop {
  const { log, ledger } = observation;
  if (ledger !== undefined && !ledger.captured) return 'source-to-log';
  if (log === undefined) return observation.source === undefined ? 'log-to-sink' : 'source-to-log';
  if (log.skipped || (log.expired && !log.consumed)) return 'log';
  // A consumer that updates in place needs the insert that it never saw.
  if (log.skippedEarlier && observation.sink.length === 0) return 'log';
  return 'log-to-sink';
}

/**
 * Like {@link hopOf}, for wrong values: what the event itself has wrong in just this way, or does not have at all, was
 * altered or left out at the capture.
 */
export function hopOfValues(observation: KeyObservation, wrong: readonly Difference[]): Hop {
  const { log, source } = observation;
  const image = log?.image;
  if (image !== undefined && source !== undefined && log?.consumed === true) {
    const captured = new Map(differences(source, image).map(({ column, sink }) => [column, sink]));
    const atCapture = ({ column, sink }: Difference): boolean =>
      (captured.has(column) && captured.get(column) === sink) || log.omitted?.includes(column) === true;
    if (wrong.every(atCapture)) return 'source-to-log';
    // The last event left these columns out as unchanged, and the one that had them never arrived.
    if (log.skippedEarlier && wrong.every(({ column }) => !(column in image))) return 'log';
  }
  return hopOf(observation);
}
