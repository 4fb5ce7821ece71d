import { constants } from 'node:os';

/** How a container ended, in the words of a process: `SIGKILL` for status 137, which is how its engine reports a signal. */
export function exitWords(status: number): string {
  const signal = Object.entries(constants.signals).find(([, number]) => status === 128 + number)?.[0];
  return signal ?? `exit status ${status}`;
}

/** A time of the engine's, `2026-01-02T03:04:05.678901234Z`, in seconds since the epoch, with all its digits. */
export function secondsOf(time: string): string {
  const fraction = /\.(\d+)/.exec(time)?.[1] ?? '0';
  return `${Math.floor(Date.parse(time) / 1000)}.${fraction}`;
}
