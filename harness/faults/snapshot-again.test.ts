import { expect, test } from 'vitest';
import { ORDERS, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { snapshotAgain } from './snapshot-again.ts';

const ITEMS = { ...ORDERS, name: 'items' };

test('every table is read again while nobody writes, and the verifier has read all of it', async () => {
  const script = scriptPipeline({
    onLook: (world) => {
      world.read += 30n;
      world.snapshotReads += 30;
    },
  });
  Object.assign(script.world, { tables: [ORDERS, ITEMS], end: 150n });
  const injected = await snapshotAgain().inject(script.context);
  expect(script.done).toEqual([
    'writers paused',
    'capture reads public.orders, public.items again',
    'writers go on',
    'wait for the verifier to read the second snapshot',
  ]);
  expect(script.said).toEqual(['the connector read 2 tables again: 60 rows']);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: '60 rows of 2 tables were read and sent a second time',
    figures: { rows_read_again: 60 },
  });
  expect(snapshotAgain().needs).toEqual([]);
});

test('a snapshot that sent no row is no effect', async () => {
  const { evidence } = await snapshotAgain().inject(scriptPipeline().context);
  expect(await evidence()).toMatchObject({ bit: false, figures: { rows_read_again: 0 } });
});

test('a connector that does not read again, and an abort, end it with their own words', async () => {
  const failing = scriptPipeline({ failing: { 'capture reads public.orders again': new Error('no signal table') } });
  await expect(snapshotAgain().inject(failing.context)).rejects.toThrow('no signal table');
  expect(failing.done.at(-1)).toBe('writers go on');
  const aborted = scriptPipeline({ abortIn: 'the verifier' });
  await expect(snapshotAgain().inject(aborted.context)).rejects.toBe(aborted.reason);
});
