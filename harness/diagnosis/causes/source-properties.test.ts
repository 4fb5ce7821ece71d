import { expect, test } from 'vitest';
import type { Anomaly } from '#model/finding.ts';
import { findingOf, sourceConnector, wrongValue } from '#testing/diagnosis-facts.ts';
import { explains, items, sourceState, testPlantings } from '#testing/planting.ts';
import { SOURCE_PROPERTIES } from './source-properties.ts';

const uncaptured = (anomaly: Anomaly, table = 'public.items') => findingOf(anomaly, { hop: 'source-to-log', table });
const captured = (anomaly: Anomaly) => ({ findings: [findingOf(anomaly)] });
const having = (config: Record<string, string>) => ({ sources: [sourceConnector(config)] });
const atCapture = { hop: 'source-to-log' } as const;
const tables = [items({ note: 'text', span: 'interval', lag: 'interval(3)' })];
const partitions = (parts: readonly string[] = ['public.items_2026']) => ({ 'public.items': parts });
const truncated = { fault: { kind: 'truncate', bit: true, figures: {} } };
const NOTE = { 'column.truncate.to.5.chars': 'public.items.note' };
/** A row that is wrong in two columns. */
const twice = findingOf('corrupt', {
  ...atCapture,
  differs: [
    { column: 'span', source: '1 mon', sink: '2629800000000' },
    { column: 'note', source: 'a long note', sink: 'a lon' },
    { column: 'lag', source: '1 day', sink: '86400000000' },
  ],
});

testPlantings(SOURCE_PROPERTIES, {
  'partition-root': {
    facts: {
      ...having({}),
      source: sourceState({ tables: ['public.items_2026'] }, { partitions: partitions() }),
      findings: [uncaptured('lost')],
    },
    advises: 'publish_via_partition_root = true',
    control: { source: sourceState({ viaRoot: true }, { partitions: partitions() }) },
    controls: [
      { source: sourceState({}, { partitions: { 'public.others': ['public.items'] } }) },
      having({ 'publication.name': 'another' }),
      captured('lost'),
    ],
    also: {
      'where somebody else created the publication': {
        facts: {
          ...having({ 'publication.name': 'own', 'publication.autocreate.mode': 'disabled' }),
          source: sourceState(
            { name: 'own' },
            {
              publications: [
                ...sourceState({ viaRoot: true }).publications,
                ...sourceState({ name: 'own', tables: ['public.items_1'] }).publications,
              ],
              partitions: partitions(),
            },
          ),
        },
        says: ['it was created without publish_via_partition_root.', 'ALTER PUBLICATION own SET'],
        omits: 'in source.json',
      },
      'for two tables with many partitions, beside one that is captured': {
        facts: {
          source: sourceState(
            {},
            {
              partitions: {
                'public.items': ['i_1', 'i_2', 'i_3'],
                'public.orders': ['o_1', 'o_2', 'o_3', 'o_4'],
                'public.captured': ['c_1'],
              },
            },
          ),
          findings: [uncaptured('stale'), uncaptured('orphan', 'public.orders'), uncaptured('lost', 'public.orders')],
        },
        says: [
          'the changes of public.items, public.orders under',
          'public.items has the partitions i_1, i_2, i_3\n',
          'o_1, o_2, o_3 …',
        ],
        omits: ['o_4', 'c_1'],
      },
      'of two connectors for the second, which captures it': {
        facts: {
          sources: [
            sourceConnector({ 'table.exclude.list': 'public.items' }),
            { ...sourceConnector({}), file: 'second.json' },
          ],
        },
        says: 'in second.json: publish.via.partition.root=true',
      },
    },
  },
  'operations-skipped': {
    facts: { ...having({ 'skipped.operations': 'd,t' }), findings: [uncaptured('orphan')] },
    advises: 'remove d from skipped.operations',
    control: { findings: [uncaptured('lost')] },
    controls: [having({ 'skipped.operations': 't' }), having({}), captured('orphan')],
    also: {
      'where they are two': {
        facts: { ...having({ 'skipped.operations': 'c, u' }), findings: [uncaptured('lost'), uncaptured('stale')] },
        says: ['every insert and update is skipped', 'remove c and u from skipped.operations'],
      },
    },
  },
  'truncate-skipped': {
    facts: { ...having({}), ...truncated, findings: [uncaptured('orphan')] },
    advises: 'skipped.operations=none',
    control: having({ 'skipped.operations': 'none' }),
    controls: [{ fault: { kind: 'none', bit: true, figures: {} } }, { findings: [uncaptured('lost')] }],
    also: {
      'where the property says so': {
        facts: having({ 'skipped.operations': 'u, t' }),
        says: 'skipped.operations=u, t',
      },
    },
  },
  'column-altered-at-capture': {
    facts: { ...{ ...having(NOTE), tables }, findings: [wrongValue('note', 'a long note', 'a lon', atCapture)] },
    advises: 'remove column.truncate.to.5.chars',
    control: { findings: [wrongValue('span', '1 day', '2 days', atCapture)] },
    controls: [
      having({ 'column.include.list': 'public.items.note' }),
      having({ 'some.column.mask.of': 'public.items.note' }),
      { findings: [wrongValue('note', 'a', 'b')] },
      { findings: [findingOf('stale', atCapture)] },
      { findings: [findingOf('corrupt', atCapture)] },
    ],
    also: {
      'where one of several properties names one of several columns': {
        facts: {
          ...having({
            'column.mask.with.10.chars': 'public.people.name',
            ...NOTE,
            'column.mask.hash.SHA-256.with.salt.s': 'public.others.*, .*[.]note',
          }),
          findings: [twice],
        },
        says: 'remove column.truncate.to.5.chars and column.mask.hash.SHA-256.with.salt.s',
        omits: 'column.mask.with.10.chars',
      },
    },
  },
  'column-excluded': {
    facts: {
      ...{ ...having({ 'column.exclude.list': 'public.items.note' }), tables },
      findings: [findingOf('missing-column', { ...atCapture, column: 'note' })],
    },
    advises: 'in source.json: remove them from column.exclude.list',
    control: { findings: [findingOf('missing-column', { ...atCapture, column: 'span' })] },
    controls: [
      having({}),
      { findings: [findingOf('missing-column', { ...atCapture, column: 'note', table: 'public.others' })] },
      { findings: [findingOf('missing-column')] },
      { findings: [findingOf('lost', { ...atCapture, column: 'note' })] },
    ],
    also: {
      'where rows are stale or corrupt in it': {
        facts: { findings: [wrongValue('note', 'a', null), { ...twice, anomaly: 'stale' }] },
      },
    },
  },
  'interval-as-number': {
    facts: { ...having({}), tables, findings: [wrongValue('span', '1 mon', '2629800000000')] },
    advises: 'interval.handling.mode=string',
    control: { findings: [wrongValue('note', 'a', 'b')] },
    controls: [
      having({ 'interval.handling.mode': 'string' }),
      { findings: [{ ...twice, anomaly: 'stale' }] },
      { tables: [] },
    ],
    also: {
      'where another column is wrong too': {
        facts: { findings: [twice, wrongValue('lag', '1 day', '86400000000')] },
        says: '- span is 1 mon at the source and 2629800000000 at the sink\nRemedy',
      },
      'with a precision, where numbers are wanted': {
        facts: {
          ...having({ 'interval.handling.mode': 'numeric' }),
          findings: [wrongValue('lag', '1 day', '86400000000')],
        },
        says: 'interval.handling.mode=numeric in source.json',
      },
    },
  },
});

test('each operation that is skipped explains what it leaves behind', () => {
  const findings = (['lost', 'stale', 'orphan', 'duplicate'] as const).map((anomaly) => uncaptured(anomaly));
  const left = (letters: string) =>
    explains('operations-skipped', { ...having({ 'skipped.operations': letters }), findings });
  expect(left('c')).toEqual(['lost public.items']);
  expect(left('u')).toEqual(['stale public.items']);
  expect(left('c,u,d')).toEqual(['lost public.items', 'stale public.items', 'orphan public.items']);
});
