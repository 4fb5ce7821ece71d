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
  const { log } = observation;
  if (log?.image !== undefined && log.consumed && observation.source !== undefined) {
    const { image } = log;
    const isWrong = wrongInEvent(observation);
    if (wrong.every((one) => isWrong(one) || log.omitted?.includes(one.column) === true)) return 'source-to-log';
    // The last event left these columns out as unchanged, and the one that had them never arrived.
    const neverHad = (column: string): boolean =>
      (log.skippedEarlier && !(column in image)) || log.skippedValues?.includes(column) === true;
    if (wrong.every(({ column }) => neverHad(column))) return 'log';
  }
  return hopOf(observation);
}

/** Says of a wrong value at the sink whether the last event has it too. */
function wrongInEvent({ log, source = {} }: KeyObservation): (wrong: Difference) => boolean {
  const captured = new Map(differences(source, log?.image ?? {}).map(({ column, sink }) => [column, sink]));
  return ({ column, sink }) => captured.has(column) && captured.get(column) === sink;
}

/**
 * Whether the sink's row is what the event of the row's last change says, wrong values and all. An earlier event may have
 * said the same, of values that the capture alters alike: the row is no older for that.
 */
export function isAsCaptured(observation: KeyObservation, wrong: readonly Difference[]): boolean {
  const { log, ledger } = observation;
  if (log === undefined || !log.consumed || ledger?.captured !== true) return false;
  const isLastChange = log.changeLsn === undefined || (log.last.lsn !== undefined && log.last.lsn >= log.changeLsn);
  return isLastChange && wrong.every(wrongInEvent(observation));
}
