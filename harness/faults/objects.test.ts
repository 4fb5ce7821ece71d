import { expect, test } from 'vitest';
import type { FaultContext } from '#model/fault.ts';
import type { Variant } from '#model/pipeline.ts';
import type { StoreTraffic, StoreTrouble, StoreWay } from '#model/store-way.ts';
import { type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { expireCredentials } from './expire-credentials.ts';
import { killUpload } from './kill-upload.ts';
import { lateLists } from './late-lists.ts';

const QUIET: StoreTraffic = { held: [], refused: 0, shortened: 0, hidden: 0 };
const BOTH: NonNullable<ScriptOptions['consumers']> = {
  raw: { kind: 'objects', crashes: true },
  other: { kind: 'objects', crashes: true },
  dedup: {},
};

/** A pipeline whose variants write objects on a way; what the way has seen is changed by tests. */
function scripted(options: ScriptOptions = {}) {
  const script = scriptPipeline({ consumers: BOTH, ...options });
  const { done } = script;
  const seen: { traffic: StoreTraffic } = { traffic: QUIET };
  const way: StoreWay = {
    endpoint: '',
    trouble: (trouble: StoreTrouble) => void done.push(`trouble: ${Object.values(trouble).slice(0, 2).join(' ')}`),
    clear: () => void done.push('way clear'),
    get traffic() {
      return seen.traffic;
    },
  };
  const { stack, pipeline } = script.context;
  const placed = [...pipeline.variants].map(([name, variant]): readonly [string, Variant] => {
    const objects = variant.spec.kind === 'objects' ? { objects: { place: `lake/p_${name}/` } } : {};
    return [name, { ...variant, ...objects } as unknown as Variant];
  });
  const context: FaultContext = {
    ...script.context,
    stack: { ...stack, objects: { endpoint: '', credentials: { keyId: '', secret: '' }, way } },
    pipeline: { ...pipeline, variants: new Map(placed) },
  };
  return { ...script, context, seen };
}

const held = (...names: readonly string[]): StoreTraffic => ({ ...QUIET, held: names });

test('whoever uploads an object is killed once all do, and started again at the heal', async () => {
  const { context, done, seen, said } = scripted({
    onLook: () => {
      seen.traffic = held('lake/p_raw/changes/a', 'lake/p_other/changes/b');
    },
  });
  seen.traffic = held('lake/p_raw/changes/a');
  const injected = await killUpload({ at: 'body' }).inject(context);
  const injecting = [
    ...['trouble: hold body', 'wait for every variant to upload an object', 'raw killed', 'other killed', 'way clear'],
    'hold for 3000 ms: no variant writes objects',
  ];
  expect(done).toEqual(injecting);
  expect(said).toEqual(['killed in the middle of an upload: raw, other']);
  await injected.heal();
  expect(done.slice(injecting.length)).toEqual(['way clear', 'raw running', 'other running']);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'killed in the middle of an upload: raw, other',
    figures: { writers_killed: 2 },
  });
});

test('one that had failed before is not waited for, and one that uploads nothing is', async () => {
  const one = { ...BOTH, other: { kind: 'objects', state: 'failed' } } as const;
  const { context, seen } = scripted({ consumers: one });
  seen.traffic = held('lake/p_raw/changes/a');
  const injected = await killUpload({ at: 'answer' }).inject(context);
  expect((await injected.evidence()).summary).toBe(
    'killed after an upload and before its answer: raw; other had already failed before the fault',
  );
  const idle = scripted();
  idle.seen.traffic = seen.traffic;
  await expect(killUpload({ at: 'answer' }).inject(idle.context)).rejects.toMatchObject({
    ...{ code: 'timed-out', found: '1 of 2 are uploading' },
  });
  expect(idle.done.slice(-3)).toEqual(['way clear', 'raw running', 'other running']);
});

test('lists are late until one has left out an object; what they left out is the evidence', async () => {
  const { context, done, seen } = scripted({
    onLook: () => {
      seen.traffic = { ...QUIET, shortened: 3, hidden: 2 };
    },
  });
  const injected = await lateLists().inject(context);
  expect(done).toEqual([
    ...['trouble: late-lists', 'hold for 3000 ms: lists leave out the newest objects'],
    'wait for a list that leaves out an object',
  ]);
  await injected.heal();
  expect(done.at(-1)).toBe('way clear');
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: '3 lists left out up to 2 objects that were there',
    figures: { lists_shortened: 3, objects_hidden_max: 2 },
  });
  expect(lateLists()).toMatchObject({ looksMeanwhile: true, needs: ['objects'] });
});

test('uploads are refused until every writer has failed; only who is attended to starts again', async () => {
  const failing = (attended: boolean) => {
    const script = scripted({
      onLook: (world) => {
        for (const name of ['raw', 'other']) world.failed.set(name, 'ExpiredToken');
        script.seen.traffic = { ...QUIET, refused: 2 };
      },
    });
    return { ...script, injecting: expireCredentials({ attended }).inject(script.context) };
  };
  const left = failing(false);
  const injected = await left.injecting;
  expect(left.done).toEqual([
    ...['trouble: refuse 403', 'wait for every variant to be refused'],
    'hold for 3000 ms: the credentials have expired',
  ]);
  await injected.heal();
  expect(left.done.at(-1)).toBe('way clear');
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'the store refused 2 uploads with ExpiredToken, and raw, other failed',
    figures: { uploads_refused: 2, writers_failed: 2 },
  });
  const attended = failing(true);
  await (await attended.injecting).heal();
  expect(attended.done.slice(-3)).toEqual(['way clear', 'raw started again', 'other started again']);
});

test('a writer that is not refused ends the fault, and the way is clear again', async () => {
  const { context, done } = scripted();
  await expect(expireCredentials({}).inject(context)).rejects.toMatchObject({ code: 'timed-out' });
  expect(done.at(-1)).toBe('way clear');
});
