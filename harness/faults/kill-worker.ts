import type { Fault } from '#model/fault.ts';
import type { End } from '#model/stack.ts';
import { injection, orUndo } from './injection.ts';
import { againWords, allRun, atWork, busiestWorker, countTasks, groupAt, tookOver } from './tasks.ts';

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
          say(moved.where);
          await hold(`${worker.name} stays down`, holdMs);
          return injection({
            async heal() {
              await worker.start(signal);
              await allRun(context, end);
            },
            evidence() {
              const replayed = pipeline.log.replayed - replayedBefore;
              return {
                bit: moved.tasks.length > 0,
                summary:
                  moved.tasks.length > 0
                    ? `${worker.name} was killed: ${moved.workers} took over ${countTasks(moved.tasks)} of it${againWords(end, replayed)}`
                    : `${worker.name} was killed, which ran no task`,
                figures: { worker: worker.name, tasks_moved: moved.tasks.length, events_replayed: replayed },
              };
            },
          });
        },
      );
    },
  };
}
