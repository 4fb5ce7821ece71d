import type { Fault } from '#model/fault.ts';
import { capturedSince, flushOffsets } from './captured.ts';
import { injection } from './injection.ts';
import { killAll, nodesOf, startAll } from './nodes.ts';

export interface KillConnectOptions {
  /** Records that must have been captured since the offsets were last flushed: these are replayed. */
  readonly records: number;
}

/**
 * SIGKILL to all workers of the source connector, which hold back its offsets: the one that it runs on dies after producing
 * records and before committing where it was, so that it reads from an older position when it comes back. The others die with it,
 * or one of them would take the work over at once.
 *
 * Connect flushes offsets on an orderly stop of a task, so the task is restarted first: what is replayed is then what
 * was captured since, and never nothing.
 */
export function killConnect({ records }: KillConnectOptions): Fault {
  return {
    kind: 'kill-connect',
    needs: ['kill', 'restart'],
    disturbs: ['connect'],
    async inject(context) {
      const { stack, pipeline, holdMs, signal, hold, say } = context;
      const workers = nodesOf(stack, 'connect');
      const { capture, log } = pipeline;
      await flushOffsets(context);
      const replayedBefore = log.replayed;
      const unflushed = await capturedSince(context, records, 'records captured since the last offset flush');
      await killAll(workers);
      say(`Connect killed with ${unflushed} records captured since its last offset flush`);
      await hold('Connect stays down', holdMs);
      return injection({
        async heal() {
          await startAll(workers, signal);
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
