import { findingOf, sourceConnector, wrongValue } from '#testing/diagnosis-facts.ts';
import { items, sourceState, testPlantings } from '#testing/planting.ts';
import { SOURCE_PROPERTIES } from './source-properties.ts';

const uncaptured = (anomaly: 'lost' | 'stale' | 'orphan') => findingOf(anomaly, { hop: 'source-to-log' });
const having = (config: Record<string, string>) => ({ sources: [sourceConnector(config)] });
const tables = [items({ note: 'text', span: 'interval' })];

testPlantings(SOURCE_PROPERTIES, {
  'partition-root': {
    facts: {
      ...having({}),
      source: sourceState({ tables: ['public.items_2026'] }, { partitions: { 'public.items': ['public.items_2026'] } }),
      findings: [uncaptured('lost')],
    },
    advises: 'publish_via_partition_root = true',
    control: { source: sourceState({ viaRoot: true }, { partitions: { 'public.items': ['public.items_2026'] } }) },
  },
  'operations-skipped': {
    facts: { ...having({ 'skipped.operations': 'd,t' }), findings: [uncaptured('orphan')] },
    advises: 'take d out of skipped.operations',
    control: { findings: [uncaptured('lost')] },
  },
  'truncate-skipped': {
    facts: { ...having({}), fault: { kind: 'truncate', bit: true, figures: {} }, findings: [uncaptured('orphan')] },
    advises: 'skipped.operations=none',
    control: { sources: [sourceConnector({ 'skipped.operations': 'none' })] },
  },
  'column-altered-at-capture': {
    facts: {
      ...{ ...having({ 'column.truncate.to.5.chars': 'public.items.note' }), tables },
      findings: [wrongValue('note', 'a long note', 'a lon', { hop: 'source-to-log' })],
    },
    advises: 'take column.truncate.to.5.chars out of source.json',
    control: { findings: [wrongValue('span', '1 day', '2 days', { hop: 'source-to-log' })] },
  },
  'column-excluded': {
    facts: {
      ...{ ...having({ 'column.exclude.list': 'public.items.note' }), tables },
      findings: [findingOf('missing-column', { hop: 'source-to-log', column: 'note' })],
    },
    advises: 'out of column.exclude.list in source.json',
    control: { findings: [findingOf('missing-column', { hop: 'source-to-log', column: 'span' })] },
  },
  'interval-as-number': {
    facts: { ...having({}), tables, findings: [wrongValue('span', '1 mon', '2629800000000')] },
    advises: 'interval.handling.mode=string',
    control: { findings: [wrongValue('note', 'a', 'b')] },
  },
});
