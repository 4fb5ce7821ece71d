import { expect, test } from 'vitest';
import { type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { loseHistory } from './lose-history.ts';

const fault = loseHistory({ operations: 5 });
const writing: ScriptOptions['onLook'] = (world) => {
  world.made += 6;
};

test('the topic is deleted behind a stopped connector, which then goes on', async () => {
  const script = scriptPipeline({ onLook: writing });
  const injected = await fault.inject(script.context);
  expect(script.done[0]).toBe('capture stopped');
  expect(script.done.at(-1)).toBe('schema history deleted');
  expect(script.said).toEqual(['the schema history topic was deleted while 6 operations waited to be captured']);
  await injected.heal();
  expect(script.done.at(-1)).toBe('capture resumed');
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'the schema history topic was deleted while the connector was stopped and 6 operations waited',
    figures: { operations_waiting: 6 },
  });
  expect(fault).toMatchObject({ needs: ['binlog', 'restart'], disturbs: ['connect'] });
});

test('a topic that cannot be deleted, and an abort before it is, let the connector go on', async () => {
  const failing = scriptPipeline({
    onLook: writing,
    failing: { 'schema history deleted': new Error('no such topic') },
  });
  await expect(fault.inject(failing.context)).rejects.toThrow('no such topic');
  expect(failing.done.at(-1)).toBe('capture resumed');

  const aborted = scriptPipeline({ onLook: writing, abortIn: '5 operations' });
  await expect(fault.inject(aborted.context)).rejects.toBe(aborted.reason);
  expect(aborted.done).not.toContain('schema history deleted');
  expect(aborted.done.at(-1)).toBe('capture resumed');
});
