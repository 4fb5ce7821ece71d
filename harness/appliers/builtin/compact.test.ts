import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { EventRow } from '#model/change-event.ts';
import { compactInserts, compactUpserts } from './compact.ts';
import type { Staged } from './entries.ts';
import { staged, UNCHANGED } from './events.fixture.ts';
import { guardQuestions, passGuards } from './guard.ts';
import { MemoryTable, rowByRow } from './sink.fixture.ts';

const text = fc.constantFrom('1', '2', '3', null);
/** Rows that may lack a column (its type had none yet) or leave one unchanged. */
const after: fc.Arbitrary<EventRow> = fc.record(
  { a: text, wide: fc.oneof(text, fc.constant(UNCHANGED)), late: text },
  { requiredKeys: ['a'] },
);
const created: fc.Arbitrary<EventRow> = fc.record({ a: text, wide: text, late: text }, { requiredKeys: ['a'] });
const lsn = fc.bigInt({ min: 1n, max: 12n });
const id = fc.constantFrom('1', '2', '3');

const event: fc.Arbitrary<Staged> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(id, created, lsn).map(([key, row, at]) => staged('create', key, { after: row, lsn: at })),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(id, created, lsn).map(([key, row, at]) => staged('read', key, { after: row, lsn: at })),
  },
  {
    weight: 6,
    arbitrary: fc.tuple(id, after, lsn).map(([key, row, at]) => staged('update', key, { after: row, lsn: at })),
  },
  { weight: 3, arbitrary: fc.tuple(id, lsn).map(([key, at]) => staged('delete', key, { lsn: at })) },
  { weight: 1, arbitrary: lsn.map((at) => staged('truncate', '', { lsn: at })) },
);
/** A history cut into batches. */
const batches = fc.array(fc.array(event, { maxLength: 12 }), { maxLength: 5 });

test('a compacted batch of blind inserts leaves the rows that single events leave, duplicates included', () => {
  fc.assert(
    fc.property(batches, (history) => {
      const table = new MemoryTable();
      for (const batch of history) for (const segment of compactInserts(batch)) table.write(segment);
      expect(table.contents()).toEqual(rowByRow('insert', history.flat()));
    }),
    { numRuns: 2000 },
  );
});

test('a compacted batch of upserts leaves the rows that single events leave', () => {
  fc.assert(
    fc.property(batches, (history) => {
      const table = new MemoryTable();
      for (const batch of history) for (const segment of compactUpserts(batch, false)) table.write(segment);
      expect(table.contents()).toEqual(rowByRow('upsert', history.flat()));
    }),
    { numRuns: 2000 },
  );
});

test('guarded batches leave the rows that single guarded events leave, whatever the order of LSNs', () => {
  fc.assert(
    fc.property(batches, (history) => {
      const table = new MemoryTable();
      for (const batch of history) {
        const passed = passGuards(batch, table.guards(guardQuestions(batch, table.highest)));
        for (const segment of compactUpserts(passed, true)) table.write(segment);
      }
      expect(table.contents()).toEqual(rowByRow('dedup', history.flat()));
    }),
    { numRuns: 2000 },
  );
});

test('a key is written at most once in a segment, however many events it has', () => {
  const events = ['1', '2', '3'].map((a, index) => staged('update', '7', { after: { a }, lsn: BigInt(index) }));
  const [segment] = compactUpserts(events, false);
  expect(segment?.upserts.map((row) => row.values)).toEqual([{ id: '7', a: '3' }]);
});

test('a value that an update left unchanged is taken from the earlier event of the batch', () => {
  const events = [
    staged('create', '7', { after: { a: '1', wide: 'w' } }),
    staged('update', '7', { after: { a: '2', wide: UNCHANGED } }),
  ];
  expect(compactUpserts(events, false)[0]?.upserts[0]?.values).toEqual({ id: '7', a: '2', wide: 'w' });
});

test('a value that an update left unchanged is not set where no event of the batch has it', () => {
  const events = [staged('update', '7', { after: { a: '2', wide: UNCHANGED } })];
  expect(compactUpserts(events, false)[0]?.upserts[0]?.values).toEqual({ id: '7', a: '2' });
});

test('what was written before a delete does not come back after it', () => {
  const events = [
    staged('update', '7', { after: { a: '1', wide: 'w' } }),
    staged('delete', '7'),
    staged('create', '7', { after: { a: '2' } }),
  ];
  const [segment] = compactUpserts(events, false);
  expect(segment?.deletes).toHaveLength(1);
  expect(segment?.upserts[0]?.values).toEqual({ id: '7', a: '2' });
});
