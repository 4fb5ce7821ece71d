import type { FaultContext } from '#model/fault.ts';
import { orUndo, unaborted } from './injection.ts';

/** Has the source connector flush its offsets, which its worker holds back: Connect does on the orderly stop of a task. */
export async function flushOffsets({
  pipeline: { capture },
  signal,
}: Pick<FaultContext, 'pipeline' | 'signal'>): Promise<void> {
  // One that had failed must not be left stopped: what becomes of it then, its status tells.
  await orUndo(
    () => capture.resume(unaborted(signal)).catch(() => {}),
    () => capture.restart(signal),
  );
}

const CAPTURE_LIMIT_MS = 60_000;

/** Waits until so many records have been captured from now on. How many it has been then. */
export async function capturedSince(
  { pipeline: { log }, until }: Pick<FaultContext, 'pipeline' | 'until'>,
  records: number,
  what: string,
): Promise<number> {
  const before = log.records;
  await until(what, () => log.records - before >= records, {
    limitMs: CAPTURE_LIMIT_MS,
    saw: () => `${log.records - before} of ${records} records`,
  });
  return log.records - before;
}
