import { expect, test } from 'vitest';
import type { OffsetsFile } from './offsets.ts';
import { type RestoreFacts, restoreWarnings } from './restorable.ts';

const file: OffsetsFile = {
  ...{
    version: 1,
    connector: 'shop',
    type: 'source',
    exported_at: '2026-01-02T03:04:05.000Z',
    kafka_cluster_id: 'one',
  },
  offsets: [{ partition: { server: 'shop' }, offset: { lsn_proc: 90, lsn: 100, lsn_commit: 80 } }],
};
const sinkFile: OffsetsFile = {
  ...{ ...file, type: 'sink' },
  offsets: [{ partition: { kafka_topic: 'a.b', kafka_partition: 0 }, offset: { kafka_offset: 6 } }],
};
const facts: RestoreFacts = { name: 'shop', type: 'source', config: {}, cluster: 'one', begun: true };
const slot = (confirmedLsn: string): Pick<RestoreFacts, 'slot'> => ({
  slot: {
    name: 'shop',
    found: { slot: 'shop', active: false, retainedBytes: 0, unconfirmedBytes: 0, restartLsn: '1', confirmedLsn },
  },
});
const positions = {
  parsePosition: (text: string | null | undefined) => BigInt(text ?? 0),
  formatPosition: (position: bigint) => `${position}`,
};
const elsewhere = { cluster: 'two' };
const history = {
  historyRecords: 0n,
  config: { 'schema.history.internal.kafka.topic': 'history', 'snapshot.mode': 'initial' },
};

test.each([
  ['a slot that was confirmed up to the offsets', file, slot('100'), []],
  ['a slot that is further, in the same cluster', file, slot('101'), [/does not send again what lies from 100 to 101/]],
  ['a slot that was not read', file, {}, []],
  ['no history, where it is made anew', file, { ...history, config: { 'snapshot.mode': 'Recovery' } }, []],
  ['a history that is there', file, { ...history, historyRecords: 1n }, []],
  ['a sink in its own cluster', sinkFile, { type: 'sink' }, []],
  ['a sink whose topics have what it has read', sinkFile, { type: 'sink', ends: new Map([['a.b/0', 6n]]) }, []],
])('%s', (_, read, more: Partial<RestoreFacts>, warnings) => {
  const said = restoreWarnings(read, { ...facts, ...more }, positions);
  expect(said).toEqual(warnings.map((warning) => expect.stringMatching(warning)));
});

test.each([
  ['a sink for a source', 'offsets-other-type', file, { type: 'sink' }],
  ['a slot that is not there', 'no-slot', file, { slot: { name: 'shop', found: 'none' as const } }],
  ['a slot that is further, in another cluster', 'slot-further', file, { ...elsewhere, ...slot('101') }],
  ['a slot that is further, where it never ran', 'slot-further', file, { begun: false, ...slot('101') }],
  ['no schema history', 'no-schema-history', file, history],
  ['a sink in another cluster', 'offsets-other-cluster', sinkFile, { type: 'sink', ...elsewhere }],
  ['a sink that never ran there', 'offsets-unchecked', sinkFile, { type: 'sink', begun: false }],
  ['a topic that is shorter', 'offsets-past-end', sinkFile, { type: 'sink', ends: new Map([['a.b/0', 5n]]) }],
  ['a topic that is not there', 'offsets-past-end', sinkFile, { type: 'sink', begun: false, ends: new Map() }],
])('%s is refused', (_, code, read, more: Partial<RestoreFacts>) => {
  expect(() => restoreWarnings(read, { ...facts, ...more }, positions)).toThrow(expect.objectContaining({ code }));
});
