import { expect, test } from 'vitest';
import { type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { pauseConsumers } from './pause-consumers.ts';

const consumers = { dedup: {}, upsert: {} };
const writing: ScriptOptions['onLook'] = (world) => {
  world.end += 12n;
};

test('every consumer is paused until it lags, and goes on when it heals', async () => {
  const script = scriptPipeline({ consumers, onLook: writing });
  const injected = await pauseConsumers().inject(script.context);
  expect(script.done).toEqual([
    'dedup paused',
    'upsert paused',
    'hold for 3000 ms: all consumers are paused',
    'wait for every consumer to fall behind',
  ]);
  expect(script.said).toEqual(['every consumer lags by at least 12 records']);
  expect(script.states()).toEqual({ dedup: 'paused', upsert: 'paused' });
  await injected.heal();
  expect(script.states()).toEqual({ dedup: 'running', upsert: 'running' });
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'every consumer fell behind: by at least 12 records, and by up to 1.2 s',
    figures: { lag_records_min: 12, lag_ms_max: 1200 },
  });
  expect(pauseConsumers().needs).toEqual(['pause']);
});

test.each(['all consumers are paused', 'every consumer to fall behind'])(
  'aborted in "%s", it leaves no consumer paused',
  async (abortIn) => {
    const script = scriptPipeline({ consumers, onLook: writing, abortIn });
    await expect(pauseConsumers().inject(script.context)).rejects.toBe(script.reason);
    expect(script.done.filter((step) => step.endsWith('paused'))).toContain('dedup paused');
    expect(script.states()).toEqual({ dedup: 'running', upsert: 'running' });
  },
);
