import { expect, test } from 'vitest';
import { type ChangeEvent, type EventRow, UNCHANGED } from '#model/change-event.ts';
import { eventFitting } from './fit-event.ts';

const columns = ['id', 'owner', 'secret'].map((name) => ({ name, connectType: 'string', optional: true }));

function event(op: ChangeEvent['op'], rows: { readonly before?: EventRow; readonly after?: EventRow }): ChangeEvent {
  return {
    ...{
      topic: 't',
      partition: 0,
      offset: 1n,
      timestampMs: 0,
      table: 'public.t',
      op,
      columns,
      snapshot: false,
      bytes: 1,
    },
    key: { owner: 'ann' },
    ...rows,
  };
}

const row = { id: '7', owner: 'ann', secret: 'x' };
const fitted = eventFitting(new Map([['public.t', { key: ['id'], exclude: new Set(['secret']) }]]));

test("an event whose record's key is of other columns is keyed by the table's own", () => {
  expect(fitted(event('update', { after: row })).key).toEqual({ id: '7' });
  // Of a deleted row the log has its key, and NULL for the rest.
  expect(fitted(event('delete', { before: { id: '7', owner: null } })).key).toEqual({ id: '7' });
});

test('an event without the values of that key stays as it came', () => {
  for (const id of [null, UNCHANGED] as const)
    expect(fitted(event('update', { after: { ...row, id } })).key).toEqual({ owner: 'ann' });
  expect(fitted(event('truncate', {})).key).toEqual({ owner: 'ann' });
});

test('columns that nobody compares are neither values nor columns of it; one schema stays one object', () => {
  const seen = fitted(event('update', { before: row, after: row }));
  expect([seen.before, seen.after]).toEqual([
    { id: '7', owner: 'ann' },
    { id: '7', owner: 'ann' },
  ]);
  expect(seen.columns.map(({ name }) => name)).toEqual(['id', 'owner']);
  expect(fitted(event('create', { after: row })).columns).toBe(seen.columns);
});

test('tables of which nothing is known, and those without a key of their own, keep theirs', () => {
  const other = eventFitting(new Map([['public.t', { key: [] }]]));
  expect(other(event('create', { after: row })).key).toEqual({ owner: 'ann' });
  const unknown = event('create', { after: row });
  expect(eventFitting(new Map())(unknown)).toBe(unknown);
});
