import { expect, test } from 'vitest';
import type { Variant } from '#model/pipeline.ts';
import type { Offsets } from '#model/position.ts';
import { lineOf, objectsInMemory } from '#testing/objects-sink.ts';
import { openSide } from './sides.ts';

const SOURCE = { engine: 'postgres' };
const PARTITION = 'p.public.customers/0';

/** What a consumer counts as having applied whose objects have these lines, where its group has committed `applied`. */
async function appliedOf(applied: Offsets, ...lines: readonly string[]) {
  const { sink } = objectsInMemory(new Map(lines.length === 0 ? [] : [['o', lines]]));
  const variant = { name: 'raw', sink: SOURCE, objects: sink, applied: async () => applied } as unknown as Variant;
  const side = await openSide(variant, SOURCE, undefined);
  if ('failure' in side) throw new Error(side.failure);
  return { applied: side.applied, tables: [...side.catalog.keys()] };
}

test('objects that no list shows yet are not applied yet, whatever the group has committed', async () => {
  const committed = new Map([[PARTITION, 9n]]);
  const seen = await appliedOf(committed, lineOf(3, 'c', { id: 1 }), lineOf(4, 'c', { id: 2 }));
  expect(seen).toEqual({ applied: new Map([[PARTITION, 5n]]), tables: ['public.customers'] });
  expect((await appliedOf(committed)).applied).toEqual(new Map([[PARTITION, 0n]]));
});

test('what objects have and the group has not committed is not applied either: it may be written again', async () => {
  const { applied } = await appliedOf(new Map([[PARTITION, 4n]]), lineOf(4, 'c', { id: 1 }));
  expect(applied).toEqual(new Map([[PARTITION, 4n]]));
});

test('a sink that cannot be read says why', async () => {
  const variant = {
    sink: SOURCE,
    objects: objectsInMemory(new Map([['o', ['{']]])).sink,
    applied: async () => new Map(),
  };
  const side = await openSide(variant as unknown as Variant, { ...SOURCE }, undefined);
  expect(side).toMatchObject({ failure: expect.stringContaining('line 1 of o is no change'), variant });
});
