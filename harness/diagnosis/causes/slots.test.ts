import type { SourceLog } from '#model/source-log.ts';
import { findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import { eventOf, sourceState, testPlantings } from '#testing/planting.ts';
import { SLOTS } from './slots.ts';

const MB = 1024 * 1024;
const uncaptured = { findings: [findingOf('lost', { hop: 'source-to-log' })] };
const captured = { findings: [findingOf('lost', eventOf('create'))] };
const having = (config: Record<string, string>) => ({ sources: [sourceConnector(config)] });

const kept = { slot: 'cdc', active: false, restartLsn: '0/1', confirmedLsn: '0/2', retainedBytes: 9 * MB };
const grown: SourceLog = {
  ...{ slots: [{ ...kept, unconfirmedBytes: 8 * MB }], writtenBytes: 9 * MB },
  unbounded: ['cdc'],
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
      sources: [
        sourceConnector({ 'slot.name': 'cdc' }),
        { ...sourceConnector({ 'slot.name': 'cdc' }), file: 'b.json' },
      ],
      ...uncaptured,
    },
    advises: 'a slot.name (and a publication.name) of its own',
    control: { sources: [sourceConnector({ 'slot.name': 'cdc' }), sourceConnector({ 'slot.name': 'other' })] },
  },
  'slot-lost': {
    facts: { ...having({ 'slot.name': 'cdc' }), ...slots(slot('cdc', { walStatus: 'lost' })), ...uncaptured },
    advises: 'max_slot_wal_keep_size',
    control: slots(slot('cdc', { walStatus: 'extended' })),
  },
  'slot-dropped-on-stop': {
    facts: { ...having({ 'slot.drop.on.stop': 'true' }), ...uncaptured },
    advises: 'slot.drop.on.stop=false',
    control: captured,
  },
  'heartbeat-missing': {
    facts: { ...having({ 'slot.name': 'cdc' }), sourceLog: grown },
    advises: 'heartbeat.action.query',
    control: { sourceLog: bounded },
  },
  'slot-wal-grows': {
    facts: { ...having({ 'slot.name': 'cdc', ...beating }), sourceLog: grown },
    advises: 'heartbeat.action.query does not fail',
    control: { sourceLog: bounded },
  },
  'slot-inactive': {
    facts: { ...having({ 'slot.name': 'cdc' }), ...slots(slot('cdc'), slot('left_behind')) },
    advises: "pg_drop_replication_slot('left_behind')",
    control: slots(slot('cdc'), slot('left_behind', { grew: false })),
  },
});
