import { expect, test } from 'vitest';
import { findingOf, sourceConnector } from '#testing/diagnosis-facts.ts';
import { eventOf, explains, items, named, sourceState, testPlantings } from '#testing/planting.ts';
import { PUBLICATION } from './publication.ts';

const uncaptured = (anomaly: 'lost' | 'stale' | 'orphan', more = {}) =>
  findingOf(anomaly, { hop: 'source-to-log', ...more });
const sources = [sourceConnector({})];
const fault = (kind: string) => ({ kind, bit: true, figures: {} });
/** The row was captured, and went wrong behind the log. */
const captured = { findings: [findingOf('lost', eventOf('create'))] };

testPlantings(PUBLICATION, {
  'publication-lacks-table': {
    facts: { sources, source: sourceState({ tables: ['public.orders'] }), findings: [uncaptured('lost')] },
    advises: 'ALTER PUBLICATION dbz_publication ADD TABLE public.items;',
    control: { source: sourceState() },
  },
  'publication-row-filter': {
    facts: {
      sources,
      source: sourceState({ filters: { 'public.items': '(tenant = 1)' } }),
      findings: [uncaptured('lost')],
    },
    advises: 'ALTER PUBLICATION dbz_publication SET TABLE public.items; (without WHERE)',
    control: captured,
  },
  'publication-column-list': {
    facts: {
      ...{ sources, tables: [items({ note: 'text' })] },
      source: sourceState({ columns: { 'public.items': ['id'] } }),
      findings: [findingOf('missing-column', { hop: 'source-to-log', column: 'note' })],
    },
    advises: '(without a column list)',
    control: { source: sourceState({ columns: { 'public.items': ['id', 'note'] } }) },
  },
  'publication-operations': {
    facts: { sources, source: sourceState({ operations: ['insert', 'update'] }), findings: [uncaptured('orphan')] },
    advises: "SET (publish = 'insert, update, delete, truncate');",
    control: { findings: [uncaptured('lost')] },
    controls: [{ findings: [uncaptured('stale')] }, captured],
    also: {
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
  },
});

test('a TRUNCATE that the publication leaves out is not named where no table was emptied', () => {
  const source = sourceState({ operations: ['insert', 'update', 'delete'] });
  const facts = { sources: [sourceConnector({ 'skipped.operations': 'none' })], source };
  expect(named({ ...facts, findings: [uncaptured('orphan')] })).toEqual([]);
});

test('only what was not captured is explained', () => {
  const facts = { sources, source: sourceState({ operations: ['insert', 'delete'] }) };
  expect(
    explains('publication-operations', { ...facts, findings: [uncaptured('stale'), findingOf('stale', eventOf('u'))] }),
  ).toEqual(['stale public.items']);
});
