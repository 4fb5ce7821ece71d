import { expect, test } from 'vitest';
import type { Replicas } from '#model/pipeline.ts';
import { type ScriptedWorld, type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { uncleanElection } from './unclean-election.ts';

const fault = uncleanElection({ records: 20 });
const nodes = ['broker', 'broker-2', 'broker-3'];
const kept = (leader: number, all: number[], inSync: number[]): Replicas[] => [
  { partition: 'lab.orders/0', leader, all, inSync },
];
const whole = kept(2, [1, 2, 3], [1, 2, 3]);

/** What the brokers do, one look at a time; the follower that is elected has what the log had before it died. */
function cluster(lacks: bigint): NonNullable<ScriptOptions['onLook']> {
  const acts: ((world: ScriptedWorld) => void)[] = [
    (world) => (world.replicas = kept(1, [2, 1], [1, 2])),
    (world) => (world.replicas = kept(2, [2, 1], [1, 2])),
    (world) => (world.replicas = kept(2, [2, 1], [2])),
    (world) => (world.end += 25n),
    (world) => {
      world.replicas = kept(1, [2, 1], [1]);
      world.end -= lacks;
    },
    (world) => (world.replicas = whole),
  ];
  return (world) => acts.shift()?.(world);
}

test('what the leader alone has acknowledged is gone with it, and nobody has read it', async () => {
  const script = scriptPipeline({ nodes, onLook: cluster(25n) });
  script.world.replicas = whole;
  const injected = await fault.inject(script.context);
  expect(script.done.filter((step) => !step.startsWith('wait'))).toEqual([
    ...['kept by lab.orders/0 2,1', 'elections of lab.orders/0'],
    'topics: min.insync.replicas=1, unclean.leader.election.enable=true',
    ...['dedup paused', 'reader paused', 'broker killed'],
    ...['capture stopped', 'broker-2 killed', 'broker started'],
    'hold for 3000 ms: broker-2 stays down',
  ]);
  script.done.splice(0);
  await injected.heal();
  expect(script.done.filter((step) => !step.startsWith('wait'))).toEqual([
    ...['broker started', 'broker-2 started', 'kept by lab.orders/0 1,2,3', 'topics: as the broker has them'],
    ...['capture resumed', 'reader goes on', 'dedup running'],
  ]);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'broker was elected out of sync: 25 acknowledged records, which broker-2 alone had, are lost',
    figures: { records_lost: 25 },
  });
});

test('a follower that lacks nothing is no effect', async () => {
  const script = scriptPipeline({ nodes, onLook: cluster(0n) });
  script.world.replicas = whole;
  const injected = await fault.inject(script.context);
  expect(await injected.evidence()).toMatchObject({ bit: false, figures: { records_lost: 0 } });
});

test('where too little is written everything is as it was: brokers, topics, capture and readers', async () => {
  const looks = cluster(25n);
  const script = scriptPipeline({
    nodes,
    onLook(world) {
      if (script.done.some((step) => step.startsWith('wait for records'))) world.replicas = whole;
      else looks(world);
    },
  });
  script.world.replicas = whole;
  await expect(fault.inject(script.context)).rejects.toMatchObject({ code: 'timed-out', found: '0 of 20 records' });
  expect(script.done.slice(-9).filter((step) => !step.startsWith('wait'))).toEqual([
    ...['broker started', 'broker-2 started', 'kept by lab.orders/0 1,2,3', 'topics: as the broker has them'],
    ...['capture resumed', 'reader goes on', 'dedup running'],
  ]);
});
