import { expect, test } from 'vitest';
import { type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { purgeBinlog } from './purge-binlog.ts';

const fault = purgeBinlog({ operations: 5 });
const writing: ScriptOptions['onLook'] = (world) => {
  world.made += 6;
};

test('behind a stopped connector the log begins a new file, and the older ones go, asked again until none is left', async () => {
  const script = scriptPipeline({ onLook: writing });
  script.world.purges = [
    { removed: 2, left: 1 },
    { removed: 1, left: 0 },
  ];
  const injected = await fault.inject(script.context);
  expect(script.done.slice(3)).toEqual([
    'binlog rotated',
    'wait for the server to remove its older binlog files',
    'binlog before bin.000009 purged',
    'binlog before bin.000009 purged',
  ]);
  expect(script.said).toEqual(['3 binlog files removed, with 6 operations that the connector had not read']);
  await injected.heal();
  expect(script.done.at(-1)).toBe('capture resumed');
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'the server removed 3 binlog files with 6 operations that the stopped connector had not read',
    figures: { binlog_files_removed: 3, operations_missed: 6 },
  });
  expect(fault).toMatchObject({ needs: ['binlog', 'source-settings', 'restart'], disturbs: ['connect'] });
});

test('a server that had nothing to remove makes it no effect', async () => {
  const script = scriptPipeline({ onLook: writing });
  script.world.purges = [{ removed: 0, left: 0 }];
  const { evidence } = await fault.inject(script.context);
  expect(await evidence()).toMatchObject({ bit: false, figures: { binlog_files_removed: 0 } });
});

test('files that the server keeps are waited for in vain, and the connector goes on', async () => {
  const script = scriptPipeline({ onLook: writing });
  script.world.purges = [{ removed: 2, left: 1 }];
  await expect(fault.inject(script.context)).rejects.toMatchObject({ found: '2 files removed' });
  expect(script.done.at(-1)).toBe('capture resumed');
});

test('aborted in the midst of it, it leaves no stopped connector', async () => {
  const script = scriptPipeline({ onLook: writing, abortIn: 'the server to remove' });
  await expect(fault.inject(script.context)).rejects.toBe(script.reason);
  expect(script.done.at(-1)).toBe('capture resumed');
});
