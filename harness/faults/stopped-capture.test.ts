import { expect, test } from 'vitest';
import { OperatorError } from '#std/errors.ts';
import { type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { binlogOf, resumeCapture, whileStopped } from './stopped-capture.ts';

const writing: ScriptOptions['onLook'] = (world) => {
  world.made += 9;
};

test('the harm is done once the connector is stopped and enough was written behind it', async () => {
  const script = scriptPipeline({ onLook: writing });
  let before = -1;
  const made = await whileStopped(script.context, 15, async () => {
    before = script.done.length;
  });
  expect(made).toBe(18);
  const done = [
    'capture stopped',
    'hold for 3000 ms: the connector is stopped',
    'wait for 15 operations to be written while the connector is stopped',
  ];
  expect(script.done).toEqual(done);
  expect(before).toBe(done.length);
});

test('a harm that fails, and an abort while it is stopped, let the connector go on', async () => {
  const failing = scriptPipeline({ onLook: writing });
  await expect(whileStopped(failing.context, 1, () => Promise.reject(new Error('no')))).rejects.toThrow(/^no$/);
  expect(failing.done.at(-1)).toBe('capture resumed');

  const aborted = scriptPipeline({ onLook: writing, abortIn: 'the connector is stopped' });
  await expect(whileStopped(aborted.context, 1, async () => {})).rejects.toBe(aborted.reason);
  expect(aborted.done.at(-1)).toBe('capture resumed');
});

test('writers that stand are waited for in vain, and the error says how far they came', async () => {
  const { context } = scriptPipeline();
  await expect(whileStopped(context, 5, async () => {})).rejects.toMatchObject({ found: '0 of 5 operations' });
});

test('a connector that fails as it goes on is the effect of the fault; a worker that does not answer is not', async () => {
  const failing = (error: Error) => scriptPipeline({ failing: { 'capture resumed': error } }).context;
  await resumeCapture(failing(new OperatorError({ code: 'connector-failed', message: 'no' })));
  await expect(resumeCapture(failing(new Error('no answer')))).rejects.toThrow('no answer');
});

test('a source without a binary log has none to break', () => {
  expect(() => binlogOf(scriptPipeline({ binlog: false }).context.pipeline)).toThrow('no binary log');
});
