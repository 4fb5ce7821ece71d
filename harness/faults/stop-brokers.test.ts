import { expect, test } from 'vitest';
import { scriptPipeline } from '#testing/scripted-pipeline.ts';
import { stopBrokers } from './stop-brokers.ts';

const nodes = ['broker', 'broker-2', 'broker-3', 'connect'];

test('all brokers are killed, held down and started again before anybody asks them', async () => {
  const script = scriptPipeline({
    nodes,
    onLook(world) {
      world.records += 100;
      world.read = world.end;
    },
  });
  script.world.read -= 1n;
  script.world.replicas = [{ partition: 'a/0', leader: 1, all: [1, 2, 3], inSync: [1, 2, 3] }];
  const injected = await stopBrokers().inject(script.context);
  const all = nodes.slice(0, 3);
  expect(script.done).toEqual([
    ...['capture restarted', 'wait for records to be captured'],
    ...all.map((name) => `${name} killed`),
    'hold for 3000 ms: no broker runs',
    ...all.map((name) => `${name} started`),
  ]);
  await injected.heal();
  expect(script.done.slice(-2)).toEqual([
    ...['wait for every replica to be in sync', 'wait for all that read the log to read it again'],
  ]);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'all 3 brokers were killed at once: 1 partitions had no leader until they were back',
    figures: { brokers_killed: 3, partitions_without_leader: 1 },
  });
});
