import { expect, test } from 'vitest';
import { order, type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { narrowRowImage } from './narrow-row-image.ts';

const fault = narrowRowImage({ operations: 2 });
const writing: ScriptOptions['onLook'] = (world) => {
  const id = world.operations.length;
  world.operations.push(order(id, 'insert'), order(id + 1, 'update'), order(id + 2, 'delete'));
};

test('updates and deletes are written with narrow images, which inserts never have; then as before', async () => {
  const script = scriptPipeline({ onLook: writing });
  // Written before it was set.
  script.world.operations.push(order(900), order(901), order(902));
  const injected = await fault.inject(script.context);
  expect(script.done).toEqual(['row image minimal', 'wait for rows to be changed with minimal row images']);
  expect(script.said).toEqual(['2 updates and deletes were logged with minimal row images']);
  await injected.heal();
  expect(script.world.rowImage).toBe('full');
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: '2 updates and deletes were logged with minimal row images',
    figures: { operations_narrow: 2 },
  });
  expect(fault).toMatchObject({ needs: ['binlog', 'source-settings'], disturbs: ['connect'] });
});

test('a server that wrote narrow images before is left as it was, and nothing was broken', async () => {
  const script = scriptPipeline({ onLook: writing });
  script.world.rowImage = 'noblob';
  const injected = await fault.inject(script.context);
  await injected.heal();
  expect(script.world.rowImage).toBe('noblob');
  expect((await injected.evidence()).bit).toBe(false);
});

test.each([
  ['in vain', {}],
  ['until it is aborted', { abortIn: 'rows to be changed' }],
] as const)('where it waits %s, the server logs whole rows again', async (_, options) => {
  const script = scriptPipeline(options);
  await expect(fault.inject(script.context)).rejects.toThrow(/waited in vain|interrupted/);
  expect(script.done).toContain('row image minimal');
  expect(script.world.rowImage).toBe('full');
});
