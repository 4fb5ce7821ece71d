import { expect, test } from 'vitest';
import type { Replicas } from '#model/pipeline.ts';
import { scriptPipeline } from '#testing/scripted-pipeline.ts';
import { killBroker } from './kill-broker.ts';

const BROKERS = ['broker', 'broker-2', 'broker-3'];
const kept = (partition: string, leader: number | undefined, inSync = [1, 2, 3]): Replicas => ({
  ...{ partition, leader, inSync },
  all: [1, 2, 3],
});
const whole = [kept('a/0', 2), kept('a/1', 1), kept('b/0', 2)];
const without = [kept('a/0', 3, [3, 1]), kept('a/1', 1, [3, 1]), kept('b/0', 1, [3, 1])];

test('the broker that leads most is killed, and held down once others lead; it is back when all is in sync', async () => {
  const script = scriptPipeline({
    nodes: BROKERS,
    onLook: (world) => {
      if (world.records === 100) world.records = 200;
      else world.replicas = world.replicas === without ? whole : without;
    },
  });
  script.world.replicas = whole;
  const injected = await killBroker().inject(script.context);
  expect(script.said).toEqual([
    'broker-2 killed, the leader of 2 of 3 partitions',
    'others lead its partitions, 3 are under-replicated',
  ]);
  await injected.heal();
  expect(script.done).toEqual([
    ...['capture restarted', 'wait for records to be captured'],
    'broker-2 killed',
    'wait for other brokers to lead its partitions',
    'hold for 3000 ms: broker-2 stays down',
    'broker-2 started',
    'wait for every replica to be in sync',
    'wait for all that read the log to read it again',
  ]);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'broker-2 was killed: 2 partitions got another leader, 3 were under-replicated until it was back',
    figures: { broker: 'broker-2', leaders_moved: 2, partitions_under_replicated: 3 },
  });
});

test('partitions that nobody leads are waited for, and the broker is started again where that is in vain', async () => {
  const script = scriptPipeline({
    nodes: BROKERS,
    onLook: (world) => {
      world.records += 100;
      world.replicas = script.done.includes('broker-2 killed') ? [kept('a/0', undefined, [2])] : whole;
    },
  });
  script.world.replicas = whole;
  await expect(killBroker().inject(script.context)).rejects.toMatchObject({ code: 'timed-out' });
  expect(script.done.at(-1)).toBe('broker-2 started');
});
