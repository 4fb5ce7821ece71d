import { findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import { confluentSubject, eventOf, programSubject, sinkSubject, testPlantings } from '#testing/planting.ts';
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

testPlantings(SNAPSHOTS, {
  'snapshot-initial-only': {
    facts: { ...having({ 'snapshot.mode': 'initial_only' }), findings: [uncaptured('stale')] },
    advises: 'snapshot.mode=initial',
    control: captured,
  },
  'snapshot-skipped': {
    facts: { ...having({ 'snapshot.mode': 'no_data' }), findings: [uncaptured('lost')] },
    advises: 'incremental snapshot',
    control: captured,
  },
  'snapshot-narrowed': {
    facts: {
      ...having({ 'snapshot.select.statement.overrides': 'public.items' }),
      findings: [uncaptured('lost')],
    },
    advises: 'incremental snapshot',
    control: captured,
  },
  'snapshot-when-needed': {
    facts: { ...having({ 'snapshot.mode': 'when_needed' }), findings: [uncaptured('orphan', eventOf('read'))] },
    advises: 'snapshot.mode=initial',
    control: having({ 'snapshot.mode': 'initial' }),
  },
  'snapshot-reads-skipped': {
    facts: { subject: filtering("value.op == 'c'"), findings: [findingOf('lost', eventOf('read'))] },
    advises: 'let op r pass',
    control: { subject: filtering("value.after.tenant == '7'") },
  },
  'tombstones-off': {
    facts: {
      ...{ ...having({ 'tombstones.on.delete': 'false' }), subject: confluentSubject({ 'delete.enabled': 'true' }) },
      findings: [findingOf('orphan', eventOf('delete'))],
    },
    advises: 'tombstones.on.delete=true',
    control: having({ 'tombstones.on.delete': 'true' }),
  },
});

testPlantings([SNAPSHOTS.find(({ code }) => code === 'snapshot-reads-skipped') ?? raise()], {
  'snapshot-reads-skipped': {
    facts: { subject: programSubject(), findings: [findingOf('lost', eventOf('read'))] },
    advises: 'handle op r like op c',
    control: { findings: [findingOf('lost', eventOf('create'))] },
  },
});

function raise(): never {
  throw new Error('no such cause');
}
