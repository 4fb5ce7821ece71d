import { expect, test } from 'vitest';
import type { Variant } from '#model/pipeline.ts';
import type { Offsets } from '#model/position.ts';
import { createMemory } from './memory.ts';
import { notePositions } from './note-positions.ts';
import type { Subject } from './subject.ts';

const variant = (name: string, applied: () => Promise<Offsets>) => [name, { name, applied } as Variant] as const;
const event = (offset: bigint) => ({ topic: 't', partition: 0, offset, op: 'update' });

test('what retention has deleted before a consumer went on is known to have passed it, and nothing else', async () => {
  const memory = createMemory();
  await notePositions({
    memory,
    log: { startOffsets: async () => new Map([['t/0', 20n]]) } as unknown as Subject['log'],
    pipeline: {
      variants: new Map([
        variant('behind', async () => new Map([['t/0', 10n]])),
        variant('ahead', async () => new Map([['t/0', 25n]])),
        variant('away', async () => Promise.reject(new Error('its worker is down'))),
      ]),
    } as unknown as Subject['pipeline'],
  });
  const passed = (name: string) => [9n, 10n, 19n, 20n].map((at) => memory.variant(name).passages.passed(event(at)));
  expect(passed('behind')).toEqual([false, true, true, false]);
  expect(passed('ahead')).toEqual([false, false, false, false]);
  expect(passed('away')).toEqual([false, false, false, false]);
});
