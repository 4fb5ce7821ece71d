import { expect, test } from 'vitest';
import type { Anomaly } from '#model/finding.ts';
import { findingOf, jdbcSink, sourceConnector } from '#testing/diagnosis-facts.ts';
import {
  builtinSubject,
  confluentSubject,
  eventOf,
  explains,
  named,
  programSubject,
  sinkSubject,
  testPlantings,
} from '#testing/planting.ts';
import { SNAPSHOTS } from './snapshots.ts';

const uncaptured = (anomaly: 'lost' | 'stale' | 'orphan', more = {}) =>
  findingOf(anomaly, { hop: 'source-to-log', ...more });
const captured = { findings: [findingOf('lost', eventOf('create')), findingOf('orphan', eventOf('delete'))] };
const having = (config: Record<string, string>) => ({ sources: [sourceConnector(config)] });
const filtering = (condition: string) =>
  sinkSubject({
    transforms: 'only',
    'transforms.only.type': 'io.debezium.transforms.Filter',
    'transforms.only.condition': condition,
  });
/** The row has an event, so its snapshot is not what it lacks. */
const evented = { findings: [uncaptured('lost', eventOf('create'))] };

testPlantings(SNAPSHOTS, {
  'snapshot-initial-only': {
    facts: { ...having({ 'snapshot.mode': 'initial_only' }), findings: [uncaptured('stale')] },
    advises: 'snapshot.mode=initial',
    control: captured,
    controls: [having({ 'snapshot.mode': 'initial' }), having({})],
  },
  'snapshot-skipped': {
    facts: { ...having({ 'snapshot.mode': 'no_data' }), findings: [uncaptured('lost')] },
    advises: 'incremental snapshot',
    control: captured,
    controls: [having({ 'snapshot.mode': 'initial' }), having({}), evented],
  },
  'snapshot-narrowed': {
    facts: {
      ...having({ 'snapshot.select.statement.overrides': 'public.items' }),
      findings: [uncaptured('lost')],
    },
    advises: 'incremental snapshot',
    control: captured,
    controls: [having({}), evented],
    also: {
      'where some of the tables are read': {
        facts: having({ 'snapshot.include.collection.list': 'public.orders' }),
        says: 'in source.json: remove snapshot.include.collection.list',
      },
    },
  },
  'snapshot-when-needed': {
    facts: { ...having({ 'snapshot.mode': 'when_needed' }), findings: [uncaptured('orphan', eventOf('read'))] },
    advises: 'snapshot.mode=initial',
    control: having({ 'snapshot.mode': 'initial' }),
    controls: [captured, { findings: [uncaptured('lost')] }],
  },
  'snapshot-reads-skipped': {
    facts: { subject: filtering("value.op == 'c'"), findings: [findingOf('lost', eventOf('read'))] },
    advises: 'let op r pass',
    control: { subject: filtering("value.after.tenant == '7'") },
    controls: [
      { subject: filtering(`value.op == 'c' || value.op == "r"`) },
      { subject: sinkSubject({ transforms: 'only', 'transforms.only.type': 'org.example.Drop' }) },
      { findings: [findingOf('lost', eventOf('create'))] },
      { findings: [findingOf('lost')] },
      { findings: [findingOf('stale', eventOf('read'))] },
      { findings: [uncaptured('lost', eventOf('read'))] },
      { subject: { ...programSubject(), run: 'loader --offset latest' } },
      { subject: builtinSubject({}) },
    ],
    also: {
      'where the condition names op r': { facts: { subject: filtering("value.op != 'r'") }, says: "(value.op != 'r')" },
      'where a program reads': { facts: { subject: programSubject() }, says: 'handle op r like op c' },
      'where a program is not known by its command line': {
        facts: { subject: { name: 'loader', kind: 'command', connectors: [], lacking: [] } },
        says: 'loader did not apply snapshot events',
      },
    },
  },
  'tombstones-off': {
    facts: {
      ...{ ...having({ 'tombstones.on.delete': 'false' }), subject: confluentSubject({ 'delete.enabled': 'true' }) },
      findings: [findingOf('orphan', eventOf('delete'))],
    },
    advises: 'tombstones.on.delete=true',
    control: having({ 'tombstones.on.delete': 'true' }),
    controls: [
      having({}),
      { subject: sinkSubject() },
      { subject: builtinSubject({}) },
      { findings: [findingOf('orphan', eventOf('update'))] },
      { findings: [findingOf('orphan')] },
      { findings: [findingOf('lost', eventOf('delete'))] },
      { findings: [uncaptured('orphan', eventOf('delete'))] },
    ],
    also: {
      'where a program reads': { facts: { subject: programSubject() }, says: 'let loader apply the delete event' },
      "where one of two connectors is not Debezium's, and a row came back": {
        facts: {
          subject: sinkSubject(
            {},
            { connectors: [jdbcSink(), { ...jdbcSink({ 'connector.class': 'org.example.Sink' }), file: 'b.json' }] },
          ),
          findings: [findingOf('resurrected', eventOf('delete'))],
        },
      },
    },
  },
});

test.each([
  ['snapshot-skipped', ['lost', 'stale']],
  ['snapshot-initial-only', ['lost', 'stale', 'orphan', 'stalled']],
  ['snapshot-narrowed', ['lost', 'stale']],
  ['snapshot-when-needed', ['orphan', 'resurrected']],
] as const)('%s: what is not captured then', (code, anomalies) => {
  const modes = { 'snapshot-initial-only': 'initial_only', 'snapshot-when-needed': 'when_needed' };
  const mode = Object.entries(modes).find(([one]) => one === code)?.[1] ?? 'never';
  const all: readonly Anomaly[] = ['lost', 'stale', 'orphan', 'resurrected', 'stalled', 'duplicate', 'corrupt'];
  const config = { 'snapshot.mode': mode, 'snapshot.include.collection.list': 'public.orders' };
  const findings = all.map((anomaly) => findingOf(anomaly, { hop: 'source-to-log' }));
  const found = explains(code, { ...having(config), findings });
  expect(found.sort()).toEqual(anomalies.map((anomaly) => `${anomaly} public.items`).sort());
});

test.each(['no_data', 'never', 'schema_only', 'recovery', 'schema_only_recovery'])(
  'snapshot.mode=%s reads no rows',
  (mode) => {
    expect(named({ ...having({ 'snapshot.mode': mode }), findings: [uncaptured('lost')] })).toEqual([
      'snapshot-skipped',
    ]);
  },
);
