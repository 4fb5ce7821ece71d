import { expect, test } from 'vitest';
import { findingOf, sourceConnector, wrongValue } from '#testing/diagnosis-facts.ts';
import { eventOf, explains, items, named, sourceState, testPlantings } from '#testing/planting.ts';
import { PUBLICATION } from './publication.ts';

const uncaptured = (anomaly: 'lost' | 'stale' | 'orphan' | 'resurrected' | 'corrupt', more = {}) =>
  findingOf(anomaly, { hop: 'source-to-log', ...more });
const fault = (kind: string) => ({ kind, bit: true, figures: {} });
const sources = [sourceConnector({})];
const shop = { table: 'shop.orders' };
/** The row was captured, and went wrong behind the log. */
const captured = { findings: [findingOf('lost', eventOf('create'))] };
const inserts = sourceState({ operations: ['insert', 'delete'] });

testPlantings(PUBLICATION, {
  'publication-lacks-table': {
    facts: { sources, source: sourceState({ tables: ['public.orders'] }), findings: [uncaptured('lost')] },
    advises: 'ALTER PUBLICATION dbz_publication ADD TABLE public.items;',
    control: { source: sourceState() },
    controls: [
      captured,
      { findings: [findingOf('duplicate')] },
      { sources: [] },
      { findings: [findingOf('stalled', { hop: 'source-to-log' })] },
      { sources: [sourceConnector({ 'publication.name': 'other' })] },
      { sources: [sourceConnector({ 'table.include.list': 'public.orders' })] },
      // Two connectors with one slot: the second never starts.
      { sources: ['one', 'two'].map((name) => ({ ...sourceConnector({ 'slot.name': 'shared' }), name })) },
      { source: sourceState({ allTables: true, tables: [] }) },
      { source: sourceState({ tables: [] }, { partitions: { 'public.items': ['public.items_1'] } }) },
      { findings: [{ anomaly: 'lost', hop: 'source-to-log', detail: '' }] },
    ],
    also: {
      'where the hop is not known': { facts: { findings: [{ ...shop, anomaly: 'lost', detail: '' }] } },
      'where it has no table at all': {
        facts: {
          source: sourceState({ tables: [] }),
          findings: [uncaptured('lost'), uncaptured('lost', { key: '["2"]' }), uncaptured('stale', shop)],
        },
        says: [
          'does not contain public.items, shop.orders:',
          'pg_publication_tables lists no table for',
          'ADD TABLE shop.orders;',
        ],
      },
      'of the second connector': {
        facts: {
          sources: [
            sourceConnector({ 'publication.name': 'sound', 'slot.name': 'one' }),
            sourceConnector({ 'slot.name': 'two' }),
          ],
          source: {
            ...sourceState(),
            publications: [
              ...sourceState({ name: 'sound', tables: ['public.items', 'a.b'] }).publications,
              ...sourceState({ tables: ['c.d', 'e.f'] }).publications,
            ],
          },
        },
        says: ['The publication dbz_publication does not', 'lists c.d, e.f for'],
      },
    },
  },
  'publication-row-filter': {
    facts: {
      sources,
      source: sourceState({ filters: { 'public.items': '(tenant = 1)' } }),
      findings: [uncaptured('lost')],
    },
    advises: 'ALTER PUBLICATION dbz_publication SET TABLE public.items; (without WHERE)',
    control: captured,
    controls: [
      { source: sourceState({ filters: { 'public.orders': '(tenant = 1)' } }) },
      { findings: [{ anomaly: 'lost', hop: 'source-to-log', detail: '' }] },
    ],
    also: {
      'with all tables of the publication to name': {
        facts: {
          source: sourceState({ tables: ['public.items', 'a.b'], filters: { 'public.items': '(tenant = 1)' } }),
        },
        says: 'SET TABLE public.items, a.b;',
      },
    },
  },
  'publication-column-list': {
    facts: {
      sources,
      source: sourceState({ columns: { 'public.items': ['id'] } }),
      findings: [findingOf('missing-column', { hop: 'source-to-log', column: 'note' })],
    },
    advises: '(without a column list)',
    control: { source: sourceState({ columns: { 'public.items': ['id', 'note'] } }) },
    controls: [
      { source: sourceState() },
      { source: sourceState({ columns: { 'public.orders': ['id'] } }) },
      { findings: [findingOf('lost', { column: 'note' })] },
      { findings: [wrongValue('id', '1', '2')] },
      { findings: [findingOf('corrupt')] },
    ],
    also: {
      'for wrong values, with the columns of the first table that they show': {
        facts: {
          source: sourceState({
            ...{ tables: ['public.items', 'a.b'], columns: { 'public.items': ['id', 'a'], 'shop.orders': ['id'] } },
          }),
          findings: [
            wrongValue('note', 'x', null),
            findingOf('stale', {
              differs: ['a', 'mail', 'note'].map((column) => ({ column, source: 'x', sink: null })),
            }),
            wrongValue('sum', '1', null, shop),
          ],
        },
        says: ['(id, a), without note, mail.', 'does not contain note, mail', 'SET TABLE public.items, a.b;'],
      },
    },
  },
  'publication-operations': {
    facts: { sources, source: sourceState({ operations: ['insert', 'update'] }), findings: [uncaptured('orphan')] },
    advises: "SET (publish = 'insert, update, delete, truncate');",
    control: { findings: [uncaptured('lost')] },
    controls: [{ findings: [uncaptured('stale')] }, captured, { source: sourceState() }],
    also: {
      'for rows that came back': { facts: { findings: [uncaptured('resurrected')] } },
      'for inserts': {
        facts: { source: sourceState({ operations: [] }), findings: [uncaptured('lost')] },
        says: ['does not publish insert, update, or delete.', 'pg_publication lists no operation for'],
      },
      'for updates': { facts: { source: inserts, findings: [uncaptured('corrupt')] }, says: 'publish update.' },
      'for a TRUNCATE, where a table was emptied': {
        facts: { source: sourceState({ operations: ['insert', 'update', 'delete'] }), fault: fault('truncate') },
        says: 'does not publish truncate.',
      },
    },
  },
  'replica-identity-missing': {
    facts: {
      ...{ sources, source: sourceState(), tables: [items({}, [])], findings: [findingOf('stalled')] },
      words: [
        {
          ...{ from: 'writer', name: 'writer' },
          text: 'error: cannot update table "items" because it does not have a replica identity and publishes updates\n  Hint: To enable updating the table, set REPLICA IDENTITY using ALTER TABLE.',
        },
      ],
    },
    advises: 'ALTER TABLE items REPLICA IDENTITY FULL;',
    control: { words: [{ from: 'writer', name: 'writer', text: 'error: deadlock detected' }] },
    also: {
      'where no finding follows from it, and for two statements on one table': {
        facts: {
          findings: [],
          refused: (['UPDATE', 'DELETE'] as const).map((operation) => ({
            ...{ table: 'items', operation, count: 2, publications: ['dbz_publication'] },
          })),
        },
        says: ['the source refused DELETE on items: 2 ×', '; PostgreSQL refused DELETE on items (2 times)'],
      },
    },
  },
});

test('a TRUNCATE that the publication leaves out is not named where no table was emptied', () => {
  const source = sourceState({ operations: ['insert', 'update', 'delete'] });
  const facts = { sources: [sourceConnector({ 'skipped.operations': 'none' })], source };
  expect(named({ ...facts, findings: [uncaptured('orphan')] })).toEqual([]);
});

test('only what was not captured is explained', () => {
  const findings = [uncaptured('stale'), findingOf('stale', eventOf('u'))];
  expect(explains('publication-operations', { sources, source: inserts, findings })).toEqual(['stale public.items']);
});

test('a table that is not published explains every row of it that was not captured', () => {
  const anomalies = ['orphan', 'corrupt', 'missing-column', 'resurrected', 'partial-transaction'] as const;
  const findings = anomalies.map((anomaly) => findingOf(anomaly, { hop: 'source-to-log' }));
  expect(explains('publication-lacks-table', { sources, source: sourceState({ tables: [] }), findings })).toEqual(
    anomalies.map((anomaly) => `${anomaly} public.items`),
  );
});

test('a statement that the source refused makes no row wrong', () => {
  const refused = [{ table: 'items', operation: 'UPDATE' as const, count: 1, publications: [] }];
  const findings = [findingOf('lost'), findingOf('stalled')];
  expect(explains('replica-identity-missing', { refused, findings })).toEqual(['stalled public.items']);
});
