import { beforeEach, expect, test } from 'vitest';
import type { FaultContext } from '#model/fault.ts';
import type { Pipeline, RunStatus, Variant } from '#model/pipeline.ts';
import type { Node } from '#model/stack.ts';
import { OperatorError } from '#std/errors.ts';
import { allBehind } from './consumers.ts';
import { crashConsumers } from './crash-consumers.ts';
import { killConnect } from './kill-connect.ts';
import { passRetention } from './pass-retention.ts';
import { pauseConsumers } from './pause-consumers.ts';

/** What was done, in order. */
let done: string[];
beforeEach(() => {
  done = [];
});

const failure = (name: string): OperatorError =>
  new OperatorError({ code: 'connector-failed', message: `the connector ${name} failed`, exit: 3 });

/** A sink connector; one that has failed can be told to pause and to resume, and never gets there. */
function consumer(name: string, first: RunStatus['state'] = 'running'): Variant {
  let state = first;
  const become = (wanted: 'paused' | 'running') => async (): Promise<void> => {
    done.push(`${name} ${wanted}`);
    if (state === 'failed') throw failure(name);
    state = wanted;
  };
  return {
    ...{ name, spec: { kind: 'connect-sink', title: name }, jumps: [] },
    status: async () => ({ state }),
    pause: become('paused'),
    resume: become('running'),
    applied: async () => new Map(),
  } as unknown as Variant;
}

function context(variants: readonly Variant[], { lag }: { readonly lag: number }): FaultContext {
  const pipeline = {
    variants: new Map(variants.map((one) => [one.name, one])),
    log: {
      endOffsets: async () => new Map(),
      startOffsets: async () => new Map([['t/0', 1000n]]),
      lag: () => ({ records: lag, ms: 1 }),
    },
    configureTopics: async (config: object) => {
      done.push(`topics ${Object.keys(config).length}`);
    },
  } as unknown as Pipeline;
  const worker = {
    start: async () => done.push('worker started'),
    kill: async () => done.push('worker killed'),
  } as unknown as Node;
  return {
    ...{ pipeline, stack: { nodes: new Map([['connect-sink', worker]]) }, holdMs: 0, say: () => {} },
    signal: new AbortController().signal,
    hold: async () => {},
    until: async (what: string, condition: () => boolean | Promise<boolean>) => {
      if (!(await condition())) throw new OperatorError({ code: 'timed-out', message: `waited in vain for ${what}` });
    },
  } as unknown as FaultContext;
}

test('a consumer that has failed stands still anyway: the others are paused, go on, and the evidence says so', async () => {
  const [broken, sound] = [consumer('broken', 'failed'), consumer('sound')];
  const injected = await pauseConsumers().inject(context([broken, sound], { lag: 5 }));
  expect((await sound.status()).state).toBe('paused');
  await injected.heal();
  expect((await sound.status()).state).toBe('running');
  expect(await injected.evidence()).toMatchObject({
    bit: true,
    summary: expect.stringContaining('broken had already failed'),
  });
});

test('one that fails while it is being paused is no reason either; one that cannot be paused has all go on', async () => {
  const failing = consumer('failing');
  let status: RunStatus['state'] = 'running';
  const late = Object.assign(failing, {
    status: async () => ({ state: status }),
    pause: async () => {
      status = 'failed';
      throw failure('failing');
    },
  });
  const { evidence } = await pauseConsumers().inject(context([late, consumer('sound')], { lag: 5 }));
  expect((await evidence()).summary).toContain('failing had already failed');

  const sound = consumer('sound');
  const stubborn = Object.assign(consumer('stubborn'), { pause: () => Promise.reject(new Error('no')) });
  await expect(pauseConsumers().inject(context([stubborn, sound], { lag: 5 }))).rejects.toThrow('no');
  expect((await sound.status()).state).toBe('running');
});

test.each([
  ['pause-consumers', pauseConsumers(), 'every consumer to fall behind', ['a paused', 'a running']],
  ['crash-consumers', crashConsumers(), 'new records in the log', ['worker killed', 'worker started', 'a running']],
  [
    'pass-retention',
    passRetention({ records: 5 }),
    'every consumer to fall behind',
    ['a paused', 'topics 0', 'a running'],
  ],
])('%s that waits in vain is undone before it throws', async (_, fault, waited, steps) => {
  await expect(fault.inject(context([consumer('a')], { lag: 0 }))).rejects.toThrow(waited);
  expect(done).toEqual(steps);
});

test('a crash of consumers heals although one of them had failed, and what cannot be undone is no finding', async () => {
  const variants = [consumer('broken', 'failed'), consumer('sound')];
  const injected = await crashConsumers().inject(context(variants, { lag: 5 }));
  await injected.heal();
  expect((await injected.evidence()).summary).toContain('broken had already failed');

  const gone = Object.assign(consumer('gone'), { resume: () => Promise.reject(new Error('no answer')) });
  const error = await pauseConsumers()
    .inject(context([gone], { lag: 0 }))
    .catch((thrown: unknown) => thrown);
  expect(error).not.toBeInstanceOf(OperatorError);
  expect(String(error)).toMatch(/every consumer to fall behind.* could not be undone: no answer/);
});

test('a source connector that cannot be restarted in order is not left stopped', async () => {
  const of = context([], { lag: 0 });
  const capture = {
    restart: async () => {
      done.push('stopped');
      throw failure('source');
    },
    resume: async () => {
      done.push('resumed');
    },
  };
  const stack = { nodes: new Map([['connect', {}]]) };
  const injected = killConnect({ records: 1 }).inject({
    ...of,
    stack,
    pipeline: { ...of.pipeline, capture },
  } as unknown as FaultContext);
  await expect(injected).rejects.toThrow('the connector source failed');
  expect(done).toEqual(['stopped', 'resumed']);
});

/** Consumers that have applied so much of a partition that has grown from 5 to 9, and of one that has not. */
function behind(applied: Readonly<Record<string, readonly [bigint, bigint]>>, records: number, patienceMs: number) {
  const variants = Object.entries(applied).map(([name, [grown, still]]) =>
    Object.assign(consumer(name), {
      applied: async () =>
        new Map([
          ['grown/0', grown],
          ['still/0', still],
        ]),
    }),
  );
  const of = context(variants, { lag: 0 });
  const log = {
    endOffsets: async () =>
      new Map([
        ['grown/0', 9n],
        ['still/0', 3n],
      ]),
    lag: (at: ReadonlyMap<string, bigint>) => ({ records: Math.max(0, Number(9n - (at.get('grown/0') ?? 0n))), ms: 1 }),
  };
  const since = new Map([
    ['grown/0', 5n],
    ['still/0', 3n],
  ]);
  const pipeline = { ...of.pipeline, log } as unknown as Pipeline;
  return allBehind({ pipeline, until: of.until }, { since, records, limitMs: 1, patienceMs });
}
const NEVER_READ = 2n ** 62n;

test('who reads only what nobody writes to has nothing to lag behind: after a while the others are enough', async () => {
  const consumers = { reads: [5n, 3n], other: [NEVER_READ, 3n] } as const;
  await expect(behind(consumers, 4, 60_000)).rejects.toThrow('every consumer to fall behind');
  const { lags, quiet } = await behind(consumers, 4, 0);
  expect([...lags.keys()]).toEqual(['reads']);
  expect([...quiet]).toEqual(['other']);
  // Less than was asked for is enough for one beside others, and not for all.
  expect([...(await behind({ reads: [5n, 3n], slow: [8n, 3n] }, 4, 0)).lags.keys()]).toEqual(['reads', 'slow']);
  await expect(behind({ slow: [8n, 3n] }, 4, 0)).rejects.toThrow('every consumer to fall behind');
});

test('who keeps up although it is paused, and a log in which nothing is written, prove nothing', async () => {
  await expect(behind({ reads: [5n, 3n], awake: [9n, 3n] }, 1, 0)).rejects.toThrow('every consumer to fall behind');
  await expect(behind({ other: [NEVER_READ, 3n] }, 1, 0)).rejects.toThrow('every consumer to fall behind');
});
