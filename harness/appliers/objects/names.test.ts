import { expect, test } from 'vitest';
import type { ObjectFormat, ObjectNames } from '#model/pipeline.ts';
import { tableOfChanges } from '#objects/object-set.ts';
import { objectNames } from './names.ts';

const from = { topic: 'p.public.t', partition: 1, offset: 42n };

async function named(
  names: ObjectNames,
  listed: number,
  nowMs: number,
  format: ObjectFormat = 'jsonl',
): Promise<string> {
  const list = async function* () {
    for (let at = 0; at < listed; at += 1) yield { key: `${at}`, bytes: 0, etag: '' };
  };
  const keyOf = objectNames(names, { format, folder: 'f/', store: { list }, now: () => nowMs });
  return keyOf('public.t', from, new AbortController().signal);
}

test('only a name by the offset is the same when the same records are written again', async () => {
  const twice = async (names: ObjectNames) => [await named(names, 3, 1000), await named(names, 4, 2000)];
  expect(await twice('offsets')).toEqual(Array(2).fill('f/changes/public.t/p.public.t+1+0000000000000000042.jsonl'));
  expect(await twice('times')).toEqual([
    'f/changes/public.t/19700101T000001.000Z-p.public.t+1.jsonl',
    'f/changes/public.t/19700101T000002.000Z-p.public.t+1.jsonl',
  ]);
  expect(await twice('counted')).toEqual([
    'f/changes/public.t/part-00000003.jsonl',
    'f/changes/public.t/part-00000004.jsonl',
  ]);
});

test('every name ends with what the object is', async () => {
  for (const names of ['offsets', 'times', 'counted'] as const)
    expect(await named(names, 0, 0, 'parquet')).toMatch(/\.parquet$/);
});

test('every name says which table the changes are of', async () => {
  for (const names of ['offsets', 'times', 'counted'] as const)
    expect(tableOfChanges('f/', await named(names, 0, 0))).toBe('public.t');
});
