import type { Fault } from '#model/fault.ts';
import { injection, orUndo, unaborted } from './injection.ts';

export interface KillConnectOptions {
  /** Records that must have been captured since the offsets were last flushed: these are replayed. */
  readonly records: number;
}

const CAPTURE_LIMIT_MS = 60_000;

/**
 * SIGKILL to the worker of the source connector, which holds back its offsets: it dies after producing records and
 * before committing where it was, so that it reads from an older position when it comes back.
 *
 * Connect flushes offsets on an orderly stop of a task, so the task is restarted first: what is replayed is then what
 * was captured since, and never nothing.
 */
export function killConnect({ records }: KillConnectOptions): Fault {
  return {
    kind: 'kill-connect',
    needs: ['kill', 'restart'],
    disturbs: ['connect'],
    async inject({ stack, pipeline, holdMs, signal, until, hold, say }) {
      const worker = stack.nodes.get('connect');
      if (worker === undefined) throw new Error('the stack has no node "connect"');
      const { capture, log } = pipeline;
      // One that had failed must not be left stopped: what becomes of it then, its status tells.
      await orUndo(
        () => capture.resume(unaborted(signal)).catch(() => {}),
        () => capture.restart(signal),
      );
      const replayedBefore = log.replayed;
      const recordsBefore = log.records;
      await until('records captured since the last offset flush', () => log.records - recordsBefore >= records, {
        limitMs: CAPTURE_LIMIT_MS,
        saw: () => `${log.records - recordsBefore} of ${records} records`,
      });
      const unflushed = log.records - recordsBefore;
      await worker.kill();
      say(`Connect killed with ${unflushed} records captured since its last offset flush`);
      await hold('Connect stays down', holdMs);
      return injection({
        async heal() {
          await worker.start(signal);
          await capture.awaitRunning(signal);
        },
        evidence() {
          const replayed = log.replayed - replayedBefore;
          return {
            bit: replayed > 0,
            summary:
              replayed > 0
                ? `${replayed} events were replayed: Connect resumed from its last flushed offset`
                : 'no events were replayed',
            figures: { events_replayed: replayed, records_unflushed: unflushed },
          };
        },
      });
    },
  };
}
