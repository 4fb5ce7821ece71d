import fc from 'fast-check';
import { expect, test } from 'vitest';
import { overtaken } from './overtaken.ts';

const event = (lsn: number, offset = lsn) => ({
  ref: { topic: 't', partition: 0, offset: BigInt(offset), op: 'update', lsn: BigInt(lsn) },
});

/** A key's log: rising changes, and now and then the connector goes back and sends some again. */
const log = fc
  .array(fc.record({ back: fc.nat(3), goes: fc.boolean() }), { minLength: 1, maxLength: 20 })
  .map((steps) => {
    const sent: number[] = [];
    let next = 1;
    for (const { back, goes } of steps) {
      if (goes) next = Math.max(1, next - back);
      sent.push(next++);
    }
    return sent.map((lsn, offset) => event(lsn, offset));
  });

test('whatever an applier drops, as long as it keeps the log’s order it is not said to have changed it', () => {
  fc.assert(
    fc.property(log, fc.infiniteStream(fc.boolean()), (events, applies) => {
      const effects = events.filter(() => applies.next().value).map(({ ref }) => ref.lsn);
      expect(overtaken(events, effects.at(-1), effects)).toBeUndefined();
    }),
  );
});

test('an older change over a newer one is named by the newest that was there before', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 20 }), fc.nat(), fc.nat(), (count, first, second) => {
      const events = Array.from({ length: count }, (_, index) => event(index + 1));
      const newer = 2 + (first % (count - 1));
      const older = 1 + (second % (newer - 1));
      const effects = events.slice(0, newer).map(({ ref }) => ref.lsn);
      expect(overtaken(events, BigInt(older), [...effects, BigInt(older)])?.lsn).toBe(BigInt(newer));
      // Seen by looking, without the writes in between.
      expect(overtaken(events, BigInt(older), [BigInt(newer)])?.lsn).toBe(BigInt(newer));
    }),
  );
});

test('a row that names no change of the key, or a snapshot’s position, proves nothing', () => {
  const events = [event(1), event(2)];
  expect(overtaken(events, undefined, [2n])).toBeUndefined();
  expect(overtaken(events, 0n, [2n])).toBeUndefined();
  const read = { ref: { ...event(1).ref, op: 'read' } };
  expect(overtaken([read, event(2)], 1n, [2n])).toBeUndefined();
});

test('of what was there before the present row the newest counts, and nothing behind it', () => {
  const events = [event(1), event(2), event(3), event(4)];
  expect(overtaken(events, 1n, [3n, 2n, 1n])?.lsn).toBe(3n);
  expect(overtaken(events, 1n, [2n, 1n, 4n])?.lsn).toBe(2n);
  expect(overtaken(events, 1n, [1n, 4n])).toBeUndefined();
  expect(overtaken(events, 3n, [1n, 3n])).toBeUndefined();
});

test('a change that the log does not have, or has again behind the newer, proves nothing', () => {
  expect(overtaken([event(1)], 1n, [2n])).toBeUndefined();
  expect(overtaken([event(1, 0), event(2, 1), event(1, 2)], 1n, [2n])).toBeUndefined();
});
