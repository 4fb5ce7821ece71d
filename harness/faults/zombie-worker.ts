import type { Fault } from '#model/fault.ts';
import type { End } from '#model/stack.ts';
import { injection, orUndo } from './injection.ts';
import { againWords, allRun, atWork, busiestWorker, countTasks, groupAt, tookOver } from './tasks.ts';

/**
 * SIGSTOP to the Connect worker that runs most tasks of the group, until it is presumed dead and others run its tasks; then
 * SIGCONT. It goes on where it stood, with what it had in hand, until it learns that nothing of that is its own any more: for a
 * moment there are two of each task.
 */
export function zombieWorker(end: End): Fault {
  return {
    kind: 'zombie-worker',
    needs: ['pause', 'worker-group'],
    disturbs: [groupAt(end)],
    async inject(context) {
      const { pipeline, holdMs, hold, say } = context;
      await atWork(context, end);
      const busiest = await busiestWorker(context, end);
      const { worker, tasks } = busiest;
      const replayedBefore = pipeline.log.replayed;
      return orUndo(
        () => worker.resume(),
        async () => {
          await worker.pause();
          say(`${worker.name} stands still with ${countTasks(tasks)}`);
          const moved = await tookOver(context, end, busiest);
          say(`presumed dead; ${moved.where}`);
          await hold(`${worker.name} stands still`, holdMs);
          const alive = worker.state === 'paused';
          return injection({
            async heal() {
              await worker.resume();
              await allRun(context, end);
            },
            evidence() {
              const replayed = pipeline.log.replayed - replayedBefore;
              return {
                bit: alive && moved.tasks.length > 0,
                summary:
                  moved.tasks.length > 0
                    ? `${moved.workers} ran ${countTasks(moved.tasks)} of ${worker.name}, which was presumed dead and came back with them${againWords(end, replayed)}`
                    : `${worker.name} stood still, which ran no task`,
                figures: { worker: worker.name, tasks_twice: moved.tasks.length, events_replayed: replayed },
              };
            },
          });
        },
      );
    },
  };
}
