import { expect, test } from 'vitest';
import type { ChangeEvent } from '#model/change-event.ts';
import { KEYLESS } from '#model/values.ts';
import { createLogIndex } from './log-index.ts';

function logOf() {
  const index = createLogIndex();
  const ends = [0n, 0n];
  let atMs = 0;
  const send = (txn: string, lsn: bigint, after: Record<string, string>, more: Partial<ChangeEvent> = {}): void => {
    const { partition = 0 } = more;
    const offset = ends[partition] ?? 0n;
    ends[partition] = offset + 1n;
    index.add(
      {
        ...{ topic: 't', partition, offset, timestampMs: ++atMs, table: 'public.t', op: 'create', key: {}, after },
        ...{ columns: [], lsn, txn, snapshot: false, bytes: 1 },
        ...more,
      },
      KEYLESS,
    );
  };
  const wait = (ms: number): void => {
    atMs += ms;
  };
  return { index, send, wait };
}

test('rows that no key names are no replays of one another, in whatever order their transactions commit', () => {
  const { index, send } = logOf();
  send('2', 20n, { v: 'a' });
  send('1', 10n, { v: 'b' });
  send('1', 30n, { v: 'c' });
  send('3', 40n, { v: 'a' });
  send('4', 50n, { v: 'd' }, { partition: 1 });
  send('0', 5n, { v: 'x' }, { op: 'read' });
  send('0', 5n, { v: 'x' }, { op: 'read' });
  expect(index.replayed).toBe(0);
});

test('equal rows of one COPY are no replays; what a connector sends again is, wherever it stands', () => {
  const { index, send, wait } = logOf();
  for (let row = 0; row < 3; row++) send('1', 10n, { v: 'same' });
  expect(index.replayed).toBe(0);
  send('2', 20n, { v: 'one' });
  wait(5000);
  send('1', 10n, { v: 'same' }, { partition: 1 });
  send('2', 20n, { v: 'one' });
  expect(index.replayed).toBe(2);
});

test('a transaction is there once any of its changes is, and a row has no history of its own', () => {
  const { index, send } = logOf();
  send('1', 10n, { v: 'a' });
  send('2', 20n, { v: 'b' });
  expect([index.holds('public.t', KEYLESS, '1'), index.holds('public.t', KEYLESS, '3')]).toEqual([true, false]);
  expect(index.history('public.t', KEYLESS)).toBeUndefined();
  expect(index.touched(0).keys.size).toBe(0);
  expect(index.keyless.events('public.t').map(({ after }) => after)).toEqual([{ v: 'a' }, { v: 'b' }]);
});
