import { expect, test } from 'vitest';
import type { EventRef } from '#model/finding.ts';
import type { KeylessEvent } from './keyless-log.ts';
import { rowState, type Standing } from './row-state.ts';

const ref = (offset: number, op = 'create'): EventRef => ({ topic: 't', partition: 0, offset: BigInt(offset), op });
const event = (offset: number, op?: string) => ({ ref: ref(offset, op), row: { v: 'a' } });

/** A log that begins at `start`, and a consumer that stands at `applied` and jumped over the offsets of `skipped`. */
const at =
  (applied: number, { start = 0, skipped = [] as number[] } = {}) =>
  ({ offset }: EventRef): Standing => ({
    expired: offset < BigInt(start),
    consumed: offset < BigInt(applied),
    skipped: skipped.includes(Number(offset)),
  });
const seen = (counts: { source: number; sink: number }, more: object, standing = at(10), all: KeylessEvent[] = []) =>
  rowState(counts, { written: [], removed: [], ...more }, all, standing);

const MISSING = { source: 1, sink: 0 };
const SURPLUS = { source: 0, sink: 1 };

test('a row that is missing and whose event is still to come has not been consumed', () => {
  expect(seen(MISSING, { written: [event(3), event(12)] })).toMatchObject({ last: { offset: 12n }, consumed: false });
  expect(seen(MISSING, { written: [event(3)] })).toMatchObject({ last: { offset: 3n }, consumed: true });
  expect(seen(MISSING, {})).toBeUndefined();
});

test('a row that is missing and whose event the consumer never got is blamed on that one', () => {
  const gone = at(2, { start: 5 });
  expect(seen(MISSING, { written: [event(3)] }, gone)).toMatchObject({ expired: true, consumed: false });
  const jumped = at(10, { skipped: [3] });
  expect(seen(MISSING, { written: [event(3), event(4)] }, jumped)).toMatchObject({
    last: { offset: 3n },
    skipped: true,
  });
});

test('a row too many whose removal is still to come has not been consumed', () => {
  const removed = [event(12, 'update')];
  expect(seen(SURPLUS, { written: [event(3)], removed })).toMatchObject({ last: { op: 'update' }, consumed: false });
  expect(seen(SURPLUS, { written: [event(3)], removed }, at(20))).toMatchObject({ consumed: true });
  // One that does not say which row it takes may take this one.
  const silent = [{ ref: ref(15, 'delete') }];
  expect(seen(SURPLUS, { written: [event(3)] }, at(10), silent)).toMatchObject({
    last: { offset: 15n },
    consumed: false,
  });
  expect(seen(SURPLUS, { written: [event(3)] }, at(20), silent)).toMatchObject({ last: { op: 'create' } });
});
