import { expect, test } from 'vitest';
import type { Anomaly } from '#model/finding.ts';
import type { SourceLog } from '#model/source-log.ts';
import { findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import { eventOf, explains, sourceState, testPlantings } from '#testing/planting.ts';
import { SLOTS } from './slots.ts';

const MB = 1024 * 1024;
const uncaptured = { findings: [findingOf('lost', { hop: 'source-to-log' })] };
const captured = { findings: [findingOf('lost', eventOf('create'))] };
const having = (config: Record<string, string>) => ({ sources: [sourceConnector(config)] });
const two = (first: Record<string, string>, second: Record<string, string>) => ({
  sources: [sourceConnector(first), { ...sourceConnector(second), file: 'b.json' }],
});
const unnamed = { findings: [{ anomaly: 'stalled', hop: 'source-to-log', detail: '' } as const] };

const kept = { slot: 'cdc', active: false, restartLsn: '0/1', confirmedLsn: '0/2', retainedBytes: 9 * MB };
const grown: SourceLog = {
  ...{ slots: [{ ...kept, unconfirmedBytes: 8 * MB }], writtenBytes: 9 * MB },
  unbounded: ['cdc'],
};
const both: SourceLog = {
  ...grown,
  slots: [
    ...grown.slots,
    { ...kept, slot: 'b', unconfirmedBytes: 7 * MB },
    { ...kept, slot: 'c', unconfirmedBytes: 1 },
  ],
  unbounded: ['cdc', 'b'],
};
const bounded: SourceLog = { ...grown, slots: [{ ...kept, unconfirmedBytes: 1024 }], unbounded: [] };
const beating = { 'heartbeat.interval.ms': '1000', 'heartbeat.action.query': 'INSERT INTO beat VALUES (now())' };

const slot = (name: string, more = {}) => ({
  ...{ name, active: false, plugin: 'pgoutput', retainedBytes: 64 * MB, grew: true, walStatus: 'reserved' },
  ...more,
});
const slots = (...all: readonly ReturnType<typeof slot>[]) => ({ source: sourceState({}, { slots: all }) });

testPlantings(SLOTS, {
  'slot-shared': {
    facts: {
      ...two({ 'slot.name': 'cdc' }, { 'slot.name': 'cdc' }),
      ...uncaptured,
    },
    advises: 'its own slot.name and publication.name',
    control: two({ 'slot.name': 'cdc' }, { 'slot.name': 'other' }),
    controls: [
      captured,
      having({ 'slot.name': 'cdc' }),
      two({ 'table.exclude.list': 'public.items' }, { 'table.include.list': 'public.orders' }),
    ],
    also: {
      'where both have the slot that is the default, behind one that has its own': {
        facts: { sources: [sourceConnector({ 'slot.name': 'own' }), ...two({}, { 'slot.name': 'debezium' }).sources] },
        says: ['source.json and b.json share the replication slot debezium', 'slot.name is not set in source.json'],
      },
      'where another two share one, and capture nothing of what is lost': {
        facts: {
          sources: [
            ...two(
              { 'slot.name': 'a', 'table.include.list': 'public.b' },
              { 'slot.name': 'a', 'table.include.list': 'public.b' },
            ).sources,
            ...two({ 'slot.name': 'cdc' }, { 'slot.name': 'cdc' }).sources,
          ],
        },
        says: 'share the replication slot cdc',
      },
    },
  },
  'slot-lost': {
    facts: { ...having({ 'slot.name': 'cdc' }), ...slots(slot('cdc', { walStatus: 'lost' })), ...uncaptured },
    advises: 'max_slot_wal_keep_size',
    control: slots(slot('cdc', { walStatus: 'extended' })),
    controls: [slots(slot('other', { walStatus: 'lost' })), captured, having({ 'slot.name': 'other' })],
    also: {
      'where the slot is the default one, and its limit is known': {
        facts: {
          ...having({}),
          source: sourceState(
            {},
            { slots: [slot('debezium', { walStatus: 'lost' })], settings: { max_slot_wal_keep_size: '1GB' } },
          ),
        },
        says: ["pg_drop_replication_slot('debezium')", 'max_slot_wal_keep_size is 1GB'],
      },
    },
  },
  'slot-dropped-on-stop': {
    facts: { ...having({ 'slot.drop.on.stop': 'true' }), ...uncaptured },
    advises: 'slot.drop.on.stop=false',
    control: captured,
    controls: [having({ 'slot.drop.on.stop': 'false' }), having({})],
  },
  'heartbeat-missing': {
    facts: { ...having({ 'slot.name': 'cdc' }), sourceLog: grown },
    advises: 'heartbeat.action.query',
    control: { sourceLog: bounded },
    controls: [having(beating), two({}, beating)],
    also: {
      'for two slots, of connectors with half a heartbeat each': {
        facts: {
          sourceLog: both,
          ...two({ 'heartbeat.interval.ms': '1000' }, { ...beating, 'heartbeat.interval.ms': '0' }),
        },
        says: [
          'the slot cdc, b:',
          'heartbeat.action.query is not set in source.json',
          'heartbeat.interval.ms=0 in b.json',
          'in source.json, b.json: heartbeat',
        ],
        omits: ['heartbeat.interval.ms is not set', 'heartbeat.action.query is not set in b.json'],
      },
      "where the connector is the lab's": { facts: { sources: [] }, says: 'in the source connector: heartbeat' },
    },
  },
  'slot-wal-grows': {
    facts: { ...having({ 'slot.name': 'cdc', ...beating }), sourceLog: grown },
    advises: 'heartbeat.action.query succeeds',
    control: { sourceLog: bounded },
    controls: [having({})],
  },
  'slot-inactive': {
    facts: { ...having({ 'slot.name': 'cdc' }), ...slots(slot('cdc'), slot('left_behind')) },
    advises: "pg_drop_replication_slot('left_behind')",
    control: slots(slot('cdc'), slot('left_behind', { grew: false })),
    controls: [
      slots(slot('cdc'), slot('left_behind', { active: true })),
      { sources: [] },
      { ...having({}), ...slots(slot('debezium')) },
    ],
    also: {
      'where there are two': {
        facts: slots(slot('old'), slot('older', { walStatus: 'extended' })),
        says: ['Replication slots have no consumer, so the source keeps WAL without bound: old, older.', "('older')"],
      },
    },
  },
});

test.each([
  ['slot-lost', ['stalled', 'lost', 'stale', 'orphan']],
  [
    'slot-dropped-on-stop',
    ['lost', 'stale', 'resurrected', 'orphan', 'corrupt', 'missing-column', 'partial-transaction'],
  ],
  ['slot-shared', ['stalled', 'lost', 'stale', 'orphan']],
] as const)('%s: what is not captured then', (code, anomalies) => {
  const others: readonly Anomaly[] = ['duplicate', 'extra-column'];
  const findings = [...anomalies, ...others].map((anomaly) => findingOf(anomaly, { hop: 'source-to-log' }));
  const facts = {
    ...two({ 'slot.name': 'cdc', 'slot.drop.on.stop': 'true' }, { 'slot.name': 'cdc' }),
    ...slots(slot('cdc', { walStatus: 'lost' })),
    findings: [...findings, ...anomalies.map((anomaly) => findingOf(anomaly))],
  };
  expect(explains(code, facts)).toEqual(anomalies.map((anomaly) => `${anomaly} public.items`));
});

test('a consumer that stalls on the way from the source concerns all its tables', () => {
  expect(explains('slot-shared', { ...two({}, {}), ...unnamed })).toEqual(['stalled the pipeline']);
});
