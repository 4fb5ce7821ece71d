import { expect, test } from 'vitest';
import { type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { killConnect } from './kill-connect.ts';

const fault = killConnect({ records: 20 });
const capturing: ScriptOptions['onLook'] = (world) => {
  world.records += 15;
};

test('offsets are flushed, records captured behind them, and the worker killed and held down', async () => {
  const script = scriptPipeline({ onLook: capturing });
  const injected = await fault.inject(script.context);
  const injecting = [
    'capture restarted',
    'wait for records captured since the last offset flush',
    'connect killed',
    'hold for 3000 ms: Connect stays down',
  ];
  expect(script.done).toEqual(injecting);
  expect(script.said).toEqual(['Connect killed with 30 records captured since its last offset flush']);
  await injected.heal();
  expect(script.done).toEqual([...injecting, 'connect started', 'capture runs']);
  expect(fault).toMatchObject({ needs: ['kill', 'restart'], disturbs: ['connect'] });
});

test('all workers of the group die together, or one would take over what another had done', async () => {
  const script = scriptPipeline({
    onLook: capturing,
    nodes: ['connect', 'connect-2', 'connect-sink', 'connect-sink-2'],
  });
  const injected = await fault.inject(script.context);
  await injected.heal();
  expect(script.done.filter((step) => /^connect.* (killed|started)$/.test(step))).toEqual([
    ...['connect killed', 'connect-2 killed', 'connect started', 'connect-2 started'],
  ]);
});

test('it had an effect where events were replayed, and none where none were', async () => {
  const script = scriptPipeline({ onLook: capturing });
  const { evidence } = await fault.inject(script.context);
  expect(await evidence()).toEqual({
    bit: false,
    summary: 'no events were replayed',
    figures: { events_replayed: 0, records_unflushed: 30 },
  });
  script.world.replayed += 4;
  expect(await evidence()).toEqual({
    bit: true,
    summary: '4 events were replayed: Connect resumed from its last flushed offset',
    figures: { events_replayed: 4, records_unflushed: 30 },
  });
});

test('where too little is captured the worker is left alone, and the error says how much it was', async () => {
  const script = scriptPipeline();
  await expect(fault.inject(script.context)).rejects.toMatchObject({ code: 'timed-out', found: '0 of 20 records' });
  expect(script.done).not.toContain('connect killed');
});

test('a restart that is aborted leaves no stopped connector', async () => {
  const script = scriptPipeline();
  const context = { ...script.context, signal: AbortSignal.abort(script.reason) };
  await expect(fault.inject(context)).rejects.toBe(script.reason);
  expect(script.done).toEqual(['capture resumed']);
});
