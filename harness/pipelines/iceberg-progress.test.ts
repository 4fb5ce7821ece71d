import { expect, test } from 'vitest';
import type { Admin } from '#clients/kafka.ts';
import { icebergProgress } from './iceberg-progress.ts';

/** An admin client that knows one partition of a topic, the end of the control topic, and how far the coordinator is in it. */
function scripted() {
  const at = { task: '0', end: '0', coordinator: '-1' };
  const admin = {
    fetchTopicOffsets: async () => [{ partition: 0, low: '0', high: at.end }],
    fetchOffsets: async ({ groupId, topics: [topic] }: { groupId: string; topics: string[] }) => [
      { topic, partitions: [{ partition: 0, offset: groupId.endsWith('-coord') ? at.coordinator : at.task }] },
    ],
  } as unknown as Admin;
  const applied = icebergProgress({ admin, groupId: 'g', topics: ['t'], controlTopic: 'c' });
  return { at, applied: async () => (await applied()).get('t/0') };
}

test('offsets that a task has committed count once the coordinator is past where the control topic ended then', async () => {
  const { at, applied } = scripted();
  Object.assign(at, { task: '10', end: '4' });
  expect(await applied()).toBeUndefined();
  Object.assign(at, { task: '20', end: '8', coordinator: '4' });
  expect(await applied()).toBe(10n);
  at.coordinator = '7';
  expect(await applied()).toBe(10n);
  at.coordinator = '9';
  expect(await applied()).toBe(20n);
});

test('what was sure stays so while the coordinator stands still', async () => {
  const { at, applied } = scripted();
  Object.assign(at, { task: '10', end: '4', coordinator: '4' });
  expect(await applied()).toBe(10n);
  Object.assign(at, { task: '30', end: '12' });
  expect(await applied()).toBe(10n);
  expect(await applied()).toBe(10n);
});
