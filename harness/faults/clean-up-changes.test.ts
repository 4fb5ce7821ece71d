import { expect, test } from 'vitest';
import { type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { cleanUpChanges } from './clean-up-changes.ts';

const fault = cleanUpChanges({ operations: 5, of: 'own-tables' });
const writing: ScriptOptions['onLook'] = (world) => {
  world.made += 6;
};

test('behind a stopped connector the captured changes go, and it goes on without them', async () => {
  const script = scriptPipeline({ onLook: writing });
  script.world.cleanedUp = 9;
  const injected = await fault.inject(script.context);
  expect(script.done.slice(0, 1)).toEqual(['capture stopped']);
  expect(script.done.at(-1)).toBe('changes of own-tables cleaned up');
  expect(script.said).toEqual(['9 captured changes removed, with 6 operations that the connector had not read']);
  await injected.heal();
  expect(script.done.at(-1)).toBe('capture resumed');
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'the source removed 9 captured changes, with 6 operations that the stopped connector had not read',
    figures: { changes_removed: 9, operations_missed: 6 },
  });
  expect(fault).toMatchObject({ needs: ['change-tables', 'restart'], disturbs: ['connect'] });
});

test('a cleanup that removes less than was missed has no effect to speak of', async () => {
  const script = scriptPipeline({ onLook: writing });
  script.world.cleanedUp = 4;
  const { evidence } = await fault.inject(script.context);
  expect(await evidence()).toMatchObject({ bit: false, figures: { changes_removed: 4 } });
});

test('a cleanup that fails, and an abort while the connector is stopped, let it go on', async () => {
  const refused = new Error('no right');
  const failing = scriptPipeline({ onLook: writing, failing: { 'changes of own-tables cleaned up': refused } });
  await expect(fault.inject(failing.context)).rejects.toBe(refused);
  expect(failing.done.at(-1)).toBe('capture resumed');

  const aborted = scriptPipeline({ onLook: writing, abortIn: 'the connector is stopped' });
  await expect(fault.inject(aborted.context)).rejects.toBe(aborted.reason);
  expect(aborted.done.at(-1)).toBe('capture resumed');
});

test('a source whose changes are in its log alone has none to clean up', async () => {
  const { context } = scriptPipeline({ onLook: writing, changeTables: false });
  await expect(fault.inject(context)).rejects.toThrow('no captured changes');
});
