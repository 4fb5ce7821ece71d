import { expect, test } from 'vitest';
import { type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { passRetention } from './pass-retention.ts';

const consumers = { dedup: {}, upsert: {} };
const fault = passRetention({ records: 5 });
/** Each look finds more written, and the oldest records gone. */
const expiring: ScriptOptions['onLook'] = (world) => {
  world.end += 8n;
  world.start = world.end - 1n;
};

test('topics drop what paused consumers have not read, and then keep records as before', async () => {
  const script = scriptPipeline({ consumers, onLook: expiring });
  const injected = await fault.inject(script.context);
  expect(script.done).toEqual([
    'dedup paused',
    'upsert paused',
    'hold for 3000 ms: all consumers are paused',
    'wait for every consumer to fall behind',
    'topics: retention.ms=1500, segment.ms=200',
    'wait for retention to delete records that no consumer has read',
    'topics: as the broker has them',
  ]);
  expect(script.said).toEqual(['retention deleted 7 records that no consumer had read']);
  await injected.heal();
  expect(script.states()).toEqual({ dedup: 'running', upsert: 'running' });
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'retention deleted at least 7 records that each consumer had not read yet',
    figures: { expired_records_dedup: 7, expired_records_upsert: 7 },
  });
  expect(fault.needs).toEqual(['pause', 'topic-config']);
});

test('records that every consumer had read are no loss: the wait is in vain, and says what was lost', async () => {
  const script = scriptPipeline({
    consumers,
    onLook: (world) => {
      world.end += 8n;
      world.start = world.applied;
    },
  });
  await expect(fault.inject(script.context)).rejects.toMatchObject({ found: 'dedup 0, upsert 0' });
});

test.each(['all consumers are paused', 'retention to delete'])(
  'aborted in "%s", it leaves neither short topics nor paused consumers',
  async (abortIn) => {
    const script = scriptPipeline({ consumers, onLook: expiring, abortIn });
    await expect(fault.inject(script.context)).rejects.toBe(script.reason);
    expect(script.done.findLast((step) => step.startsWith('topics'))).toBe('topics: as the broker has them');
    expect(script.states()).toEqual({ dedup: 'running', upsert: 'running' });
  },
);
