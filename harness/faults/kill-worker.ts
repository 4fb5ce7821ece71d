import type { Fault } from '#model/fault.ts';
import type { End } from '#model/stack.ts';
import { injection, orUndo } from './injection.ts';
import { allRun, atWork, busiestWorker, countTasks, groupAt, tookOver } from './tasks.ts';

/**
 * SIGKILL to the Connect worker that runs most tasks of the group. The others miss it when its session ends, and share its tasks:
 * these begin at the offsets that were flushed last. It comes back while they run.
 */
export function killWorker(end: End): Fault {
  return {
    kind: 'kill-worker',
    needs: ['kill', 'restart', 'worker-group'],
    disturbs: [groupAt(end)],
    async inject(context) {
      const { pipeline, holdMs, signal, hold, say } = context;
      await atWork(context, end);
      const busiest = await busiestWorker(context, end);
      const { worker, tasks } = busiest;
      const replayedBefore = pipeline.log.replayed;
      return orUndo(
        () => worker.start(signal),
        async () => {
          await worker.kill();
          say(`${worker.name} killed with ${countTasks(tasks)}`);
          const moved = await tookOver(context, end, busiest);
          say(moved.map((one) => `task ${one.task} of ${one.connector} runs on ${one.worker}`).join(', '));
          await hold(`${worker.name} stays down`, holdMs);
          return injection({
            async heal() {
              await worker.start(signal);
              await allRun(context, end);
            },
            evidence() {
              const replayed = pipeline.log.replayed - replayedBefore;
              const others = [...new Set(moved.map((one) => one.worker))].join(', ');
              const events = end === 'source' ? `; ${replayed} events were captured a second time` : '';
              return {
                bit: moved.length > 0,
                summary:
                  moved.length > 0
                    ? `${worker.name} was killed: ${others} took over ${countTasks(moved)} of it${events}`
                    : `${worker.name} was killed, which ran no task`,
                figures: { worker: worker.name, tasks_moved: moved.length, events_replayed: replayed },
              };
            },
          });
        },
      );
    },
  };
}
