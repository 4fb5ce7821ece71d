import { expect, test } from 'vitest';
import { scriptPipeline } from '#testing/scripted-pipeline.ts';
import { crashConsumers } from './crash-consumers.ts';

const consumers = { jdbc: { kind: 'connect-sink' }, program: { kind: 'command', crashes: true }, dedup: {} } as const;

test('the worker of the sink connectors and every program are killed; the worker is started again', async () => {
  const script = scriptPipeline({
    consumers,
    onLook: (world) => {
      world.end += 6n;
    },
  });
  const injected = await crashConsumers().inject(script.context);
  const injecting = [
    'connect-sink killed',
    'program killed',
    'hold for 3000 ms: all consumers are down',
    'wait for new records in the log',
  ];
  expect(script.done).toEqual(injecting);
  expect(script.said).toEqual(['killed: jdbc, program']);
  await injected.heal();
  expect(script.done).toEqual([...injecting, 'connect-sink started', 'jdbc running']);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'the consumers of jdbc, program were killed with SIGKILL, up to 6 records behind',
    figures: { consumers_killed: 2, lag_records_max: 6 },
  });
  expect(crashConsumers()).toMatchObject({ needs: ['kill', 'restart'], disturbs: ['connect-sink'] });
});

test('all workers of the sink connectors are killed, and no other', async () => {
  const nodes = ['connect', 'connect-2', 'connect-sink', 'connect-sink-2'];
  const script = scriptPipeline({ consumers: { jdbc: { kind: 'connect-sink' } }, nodes });
  script.world.end += 1n;
  const injected = await crashConsumers().inject(script.context);
  await injected.heal();
  expect(script.done.filter((step) => /killed|started/.test(step))).toEqual([
    ...['connect-sink killed', 'connect-sink-2 killed', 'connect-sink started', 'connect-sink-2 started'],
  ]);
});

test('where no consumer is a process of its own nothing is killed, and that is no effect', async () => {
  const script = scriptPipeline({ consumers: { dedup: {} } });
  script.world.end += 1n;
  const injected = await crashConsumers().inject(script.context);
  await injected.heal();
  expect(script.done.filter((step) => /killed|started/.test(step))).toEqual([]);
  expect(await injected.evidence()).toMatchObject({ bit: false, figures: { consumers_killed: 0 } });
});

test('aborted while they are down, it says so and starts no server that is about to end', async () => {
  const script = scriptPipeline({ consumers, abortIn: 'all consumers are down' });
  await expect(crashConsumers().inject(script.context)).rejects.toBe(script.reason);
  expect(script.done).not.toContain('connect-sink started');
});
