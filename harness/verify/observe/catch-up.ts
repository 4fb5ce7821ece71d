import type { Offsets } from '#model/position.ts';
import type { LogHistory } from './log-history.ts';

/**
 * Waits until the verifier's own reader has seen every record below `ends`. A reader that gets on is waited for however
 * much lies before it, a snapshot of everything, say: false once it has seen nothing new for `idleMs`.
 */
export async function catchesUp(
  log: Pick<LogHistory, 'records' | 'awaitCaughtUp'>,
  ends: Offsets,
  idleMs: number,
  signal?: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const before = log.records;
    if (await log.awaitCaughtUp(ends, idleMs, signal)) return true;
    if (log.records === before) return false;
  }
}
