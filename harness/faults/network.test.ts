import { describe, expect, test } from 'vitest';
import type { Fault } from '#model/fault.ts';
import type { Between, Network, Traffic, Trouble } from '#model/network.ts';
import { scriptPipeline } from '#testing/scripted-pipeline.ts';
import { networkCut } from './network-cut.ts';
import { networkSlow, slowed } from './network-slow.ts';

const NOTHING: Traffic = { passed: 0, stopped: 0, reset: 0, accepted: 0, answered: 0, delaysMs: [] };

/** A network that counts what it is told to have counted, and notes what is done to it. */
function scriptedNetwork(traffic: Partial<Traffic>, since: Partial<Traffic> = {}) {
  const done: string[] = [];
  const network: Network = {
    whyNot: () => undefined,
    async trouble(between: Between, trouble: Trouble, oneWay = false) {
      done.push(`${trouble.kind} ${between.join(oneWay ? '→' : '↔')}`);
      return {
        traffic: async () => ({ ...NOTHING, ...traffic }),
        since: async () => ({ ...NOTHING, ...since }),
        heal: async () => void done.push('healed'),
      };
    },
  };
  return { network, done };
}

async function injected(fault: Fault, network: Network, abortIn?: string) {
  const script = scriptPipeline({ consumers: {}, ...(abortIn === undefined ? {} : { abortIn }) });
  const context = { ...script.context, stack: { ...script.context.stack, network } };
  return { script, inject: () => fault.inject(context) };
}

describe('a network that is cut', () => {
  test('stays so until something was stopped, and proves that nothing went through', async () => {
    const { network, done } = scriptedNetwork({ stopped: 512 });
    const { script, inject } = await injected(networkCut({ between: ['source', 'connect'], oneWay: true }), network);
    const injection = await inject();
    expect(done).toEqual(['hold source→connect']);
    // A connector that may start again reads on from what it has flushed.
    expect(script.done).toEqual([
      'capture restarted',
      'hold for 3000 ms: the network is cut: source → connect',
      'wait for data to be stopped on source → connect',
    ]);
    await injection.heal();
    expect(done).toEqual(['hold source→connect', 'healed']);
    expect(await injection.evidence()).toEqual({
      bit: true,
      summary: 'source → connect: 512 bytes were held back and none went through until it healed',
      figures: { bytes_stopped: 512, bytes_passed: 0 },
    });
  });

  test('has not bitten where something went through all the same', async () => {
    const { network } = scriptedNetwork({ stopped: 512, passed: 7 });
    const { inject } = await injected(networkCut({ between: ['source', 'connect'] }), network);
    expect(await (await inject()).evidence()).toMatchObject({ bit: false });
  });

  test.each(['the network is cut', 'data to be stopped'])('aborted in "%s", it is healed', async (abortIn) => {
    const { network, done } = scriptedNetwork({ stopped: 0 });
    const { script, inject } = await injected(networkCut({ between: ['broker', 'consumer'] }), network, abortIn);
    await expect(inject()).rejects.toBe(script.reason);
    expect(done).toEqual(['hold broker↔consumer', 'healed']);
  });

  test('names the nodes whose rebalances may follow from it', () => {
    expect(networkCut({ between: ['connect', 'source'] }).disturbs).toEqual(['connect']);
    expect(networkCut({ between: ['sink', 'consumer'] }).disturbs).toEqual(['connect-sink']);
    expect(networkCut({ between: ['broker', 'broker'] }).disturbs).toContain('broker');
  });
});

describe('connections that are reset', () => {
  test('leave a connector something to replay', async () => {
    const { network, done } = scriptedNetwork({ reset: 1 }, { accepted: 1, passed: 1 });
    const script = scriptPipeline({
      consumers: {},
      onLook: (world) => {
        world.records += 60;
      },
    });
    const stack = { ...script.context.stack, network };
    await networkCut({ between: ['source', 'connect'], how: 'reset' }).inject({ ...script.context, stack });
    expect(script.done.slice(0, 2)).toEqual([
      'capture restarted',
      'wait for records captured since the last offset flush',
    ]);
    expect(done).toEqual(['reset source↔connect']);
  });

  test('prove that they came back', async () => {
    const { network, done } = scriptedNetwork({ reset: 3 }, { accepted: 2, passed: 100 });
    const { inject } = await injected(networkCut({ between: ['sink', 'consumer'], how: 'reset' }), network);
    const evidence = await (await inject()).evidence();
    expect(done).toEqual(['reset sink↔consumer']);
    expect(evidence).toEqual({
      bit: true,
      summary: 'sink ↔ consumer: 3 connections were reset, and 2 came back after it healed',
      figures: { connections_reset: 3, connections_back: 2, bytes_since: 100 },
    });
  });

  test('have not bitten where none came back', async () => {
    const { network } = scriptedNetwork({ reset: 3 });
    const { inject } = await injected(networkCut({ between: ['sink', 'consumer'], how: 'reset' }), network);
    expect(await (await inject()).evidence()).toMatchObject({ bit: false });
  });
});

describe('a network that is slow', () => {
  test('proves by the median that data came as late as was asked for', async () => {
    const { network, done } = scriptedNetwork({ passed: 90, delaysMs: [130, 101, 100] });
    const { inject } = await injected(networkSlow({ between: ['consumer', 'sink'], latencyMs: 100 }), network);
    const evidence = await (await inject()).evidence();
    expect(done).toEqual(['slow consumer↔sink']);
    expect(evidence).toEqual({
      bit: true,
      summary: 'consumer ↔ sink: 90 bytes went through 101 ms late (median; at most 130 ms; asked for: 100 ms)',
      figures: { delay_ms_median: 101, delay_ms_max: 130, latency_ms_asked: 100, pieces: 3, bytes_passed: 90 },
    });
  });

  test.each([
    ['no data', {}, { delaysMs: [], passed: 0 }, false],
    ['data that came too early', {}, { delaysMs: [20, 30, 200], passed: 3 }, false],
    ['a narrow line that was never full', { latencyMs: 0, bytesPerSecond: 9 }, { delaysMs: [1, 2], passed: 3 }, false],
    ['a narrow line that was full', { latencyMs: 0, bytesPerSecond: 9 }, { delaysMs: [1, 60], passed: 3 }, true],
  ])('%s', (_, options, traffic, bit) => {
    expect(slowed({ between: ['consumer', 'sink'], latencyMs: 100, ...options }, traffic).bit).toBe(bit);
  });
});
