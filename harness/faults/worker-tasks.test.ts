import { expect, test } from 'vitest';
import type { TaskPlace } from '#model/pipeline.ts';
import { type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { killWorker } from './kill-worker.ts';
import { zombieWorker } from './zombie-worker.ts';

const nodes = ['connect', 'connect-2', 'connect-sink', 'connect-sink-2'];
const task = (number: number, worker: string, running = true): TaskPlace => ({
  ...{ connector: 'jdbc', task: number, worker, running },
});
/** Records are captured; the other worker runs the tasks, one of them at the second look. */
const takingOver: ScriptOptions['onLook'] = (world) => {
  world.records += 100;
  if (world.records === 200) return;
  const ready = world.tasks.some(({ worker, running }) => worker === 'connect-sink' && !running);
  world.tasks = [task(0, 'connect-sink', ready), task(1, 'connect-sink')];
  world.replayed += 2;
};
const onSecond = [task(0, 'connect-sink-2'), task(1, 'connect-sink-2')];

test('the worker with most tasks is killed, and started again once another one runs all of them', async () => {
  const script = scriptPipeline({ nodes, onLook: takingOver });
  script.world.tasks = onSecond;
  const injected = await killWorker('sink').inject(script.context);
  await injected.heal();
  expect(script.done).toEqual([
    'wait for records to be captured',
    'connect-sink-2 killed',
    'wait for other workers to run its tasks',
    'hold for 3000 ms: connect-sink-2 stays down',
    'connect-sink-2 started',
    'wait for every task to run',
  ]);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'connect-sink-2 was killed: connect-sink took over 2 tasks of it',
    figures: { worker: 'connect-sink-2', tasks_moved: 2, events_replayed: 4 },
  });
  expect(killWorker('sink').disturbs).toEqual(['connect-sink']);
});

test('a source task flushes its offsets first; a worker that ran none is no effect', async () => {
  const script = scriptPipeline({
    nodes,
    onLook(world) {
      world.records += 100;
    },
  });
  const injected = await killWorker('source').inject(script.context);
  expect(script.done.slice(0, 3)).toEqual([
    ...['capture restarted', 'wait for records to be captured', 'connect killed'],
  ]);
  expect(await injected.evidence()).toMatchObject({ bit: false, figures: { tasks_moved: 0 } });
});

test('a zombie stands still until its tasks run elsewhere, and goes on with them', async () => {
  const script = scriptPipeline({ nodes, onLook: takingOver });
  script.world.tasks = onSecond;
  const injected = await zombieWorker('sink').inject(script.context);
  await injected.heal();
  expect(script.done).toEqual([
    'wait for records to be captured',
    'connect-sink-2 paused',
    'wait for other workers to run its tasks',
    'hold for 3000 ms: connect-sink-2 stands still',
    'connect-sink-2 resumed',
    'wait for every task to run',
  ]);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'connect-sink ran 2 tasks of connect-sink-2, which was presumed dead and came back with them',
    figures: { worker: 'connect-sink-2', tasks_twice: 2, events_replayed: 4 },
  });
});

test.each([
  ['killed', killWorker('sink'), 'started'],
  ['paused', zombieWorker('sink'), 'resumed'],
] as const)('a worker that was %s is not left so where nobody takes over', async (_, fault, undone) => {
  const script = scriptPipeline({
    nodes,
    onLook(world) {
      world.records += 100;
    },
  });
  script.world.tasks = onSecond;
  await expect(fault.inject(script.context)).rejects.toMatchObject({
    code: 'timed-out',
    found: '0 of 2 tasks run on other workers',
  });
  expect(script.done.at(-1)).toBe(`connect-sink-2 ${undone}`);
});
