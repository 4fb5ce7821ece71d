/** How often the writers look at what is due. */
export const TICK_MS = 5;
/** A tick that comes so late shows that this process has no time left. */
const LATE_MS = 25;
/** Transactions per second that any machine has time for: up to here it is others that keep this process waiting. */
const UNPACED = 300;

/**
 * How much of the rate that is asked for this process has time for: halved when its ticks come late, and raised again
 * little by little. Without it a rate that no machine can write would leave no time for anything else.
 */
export function openPace(): { allowed(rate: number, sinceLastMs: number): number } {
  let most = Number.POSITIVE_INFINITY;
  return {
    allowed(rate, sinceLastMs) {
      const wasAllowed = Math.min(rate, most);
      if (sinceLastMs > TICK_MS + LATE_MS) most = Math.max(UNPACED, wasAllowed / 2);
      else if (most < rate) most *= 1.01;
      return Math.min(rate, most);
    },
  };
}
