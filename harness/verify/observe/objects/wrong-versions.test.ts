import { expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import type { EventRef } from '#model/finding.ts';
import { lineOf, objectsInMemory, texts } from '#testing/objects-sink.ts';
import { readStoredChanges } from './stored-changes.ts';
import { type VersionsOptions, wrongVersions } from './wrong-versions.ts';

const { parsePosition } = engineOf({ engine: 'postgres' }).source;

/** What is wrong with objects of these lines, which are named in their order. */
async function wrong(objects: readonly (readonly string[])[], options: Partial<VersionsOptions> = {}) {
  const { sink } = objectsInMemory(new Map(objects.map((lines, index) => [`o${index}`, lines] as const)));
  const changes = (await readStoredChanges(sink)).get('public.customers') ?? [];
  const given = { key: ['id'], lsnOf: ({ lsn }: { lsn: string | null }) => parsePosition(lsn), logged: () => [] };
  return [...wrongVersions(changes, { ...given, applied: new Map(), differs: () => false, ...options })];
}

const event = (offset: bigint): EventRef => ({ topic: 'p.public.customers', partition: 0, offset, op: 'update' });

test('changes that are there once, in their order, are right', async () => {
  const objects = [[lineOf(1, 'c', { id: 1 }), lineOf(2, 'u', { id: 1 })], [lineOf(3, 'd', { id: 1 })]];
  expect(await wrong(objects)).toEqual([]);
});

test('a record that several objects have is repeated, and its place behind a newer one is no fault of its own', async () => {
  const both = [lineOf(1, 'c', { id: 1 }), lineOf(2, 'u', { id: 1 })];
  expect(await wrong([both, both, [lineOf(3, 'u', { id: 1 })]])).toEqual([
    {
      key: texts('1'),
      state: { wrong: 'repeated', event: { ...event(1n), op: 'create', lsn: 1n }, copies: 2, objects: ['o0', 'o1'] },
    },
    {
      key: texts('1'),
      state: { wrong: 'repeated', event: { ...event(2n), lsn: 2n }, copies: 2, objects: ['o0', 'o1'] },
    },
  ]);
});

test('a change behind a newer one of its row is out of order; what the log repeats at a new offset is not', async () => {
  const behind = await wrong([[lineOf(5, 'u', { id: 1 })], [lineOf(4, 'u', { id: 1 }), lineOf(3, 'u', { id: 2 })]]);
  expect(behind).toEqual([
    {
      key: texts('1'),
      state: {
        ...{ wrong: 'behind', event: { ...event(4n), lsn: 4n }, newer: { ...event(5n), lsn: 5n } },
        objects: ['o0', 'o1'],
      },
    },
  ]);
  const resent = lineOf(6, 'u', { id: 1 }).replace('"0/6"', '"0/2"');
  expect(await wrong([[lineOf(5, 'u', { id: 1 }), resent]])).toEqual([]);
});

test('between partitions, the source’s log says which change is the newer', async () => {
  const moved = (lsn: string) => lineOf(1, 'u', { id: 1 }, 1).replace('"0/1"', `"${lsn}"`);
  expect(await wrong([[lineOf(5, 'u', { id: 1 })], [moved('0/9')]])).toEqual([]);
  expect(await wrong([[lineOf(5, 'u', { id: 1 })], [moved('0/3')]])).toMatchObject([{ state: { wrong: 'behind' } }]);
});

test('a change that only the log has is missing, once the consumer is past it and where the row itself is right', async () => {
  const objects = [[lineOf(1, 'c', { id: 1 }), lineOf(3, 'u', { id: 1 })]];
  const logged = () => [event(1n), event(2n), event(3n), event(4n)];
  const applied = new Map([['p.public.customers/0', 4n] as const]);
  expect(await wrong(objects, { logged, applied })).toEqual([
    { key: texts('1'), state: { wrong: 'missing', event: event(2n) } },
  ]);
  expect(await wrong(objects, { logged, applied, differs: () => true })).toEqual([]);
  expect(await wrong(objects, { logged })).toEqual([]);
});

test('a TRUNCATE that objects have is a change of every row, and no row misses it', async () => {
  const objects = [[lineOf(1, 'c', { id: 1 }), lineOf(2, 't', {})]];
  const logged = () => [event(1n), event(2n)];
  const applied = new Map([['p.public.customers/0', 3n] as const]);
  expect(await wrong(objects, { logged, applied })).toEqual([]);
  expect(await wrong([objects[0]?.slice(0, 1) ?? []], { logged, applied })).toMatchObject([
    { state: { wrong: 'missing' } },
  ]);
});

test('of a table without a key only what is repeated can be told, and of a TRUNCATE nothing', async () => {
  const objects = [[lineOf(5, 'c', { id: 1 }), lineOf(4, 'c', { id: 1 })], [lineOf(5, 'c', { id: 1 })]];
  expect(await wrong(objects, { key: [] })).toMatchObject([{ state: { wrong: 'repeated', copies: 2 } }]);
  expect(await wrong([[lineOf(5, 't', {})], [lineOf(5, 't', {})]])).toEqual([]);
});
