import { expect, test } from 'vitest';
import type { Replicas } from '#model/pipeline.ts';
import { scriptPipeline } from '#testing/scripted-pipeline.ts';
import { moveLeaders } from './move-leaders.ts';

const kept = (partition: string, leader: number): Replicas => ({
  ...{ partition, leader, all: [3, 1, 2], inSync: [1, 2, 3] },
});

test('the broker behind the leader is to lead, and elections are asked for until it does', async () => {
  const script = scriptPipeline({
    onLook: (world) => {
      world.replicas = [kept('a/0', 1), kept('a/1', 3)];
    },
  });
  script.world.replicas = [kept('a/0', 3), kept('a/1', 2)];
  const injected = await moveLeaders().inject(script.context);
  expect(script.done).toEqual([
    'kept by a/0 1,2,3; a/1 3,1,2',
    'wait for other brokers to lead the partitions',
    ...['elections of a/0, a/1', 'elections of a/0, a/1'],
    'hold for 3000 ms: writers write to the new leaders',
  ]);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: '2 of 2 partitions got another leader while they were written and read',
    figures: { leaders_moved: 2 },
  });
});
