import { expect, test } from 'vitest';
import { postgres } from '#engines/postgres/engine.ts';
import { type ChangeEvent, type EventRow, UNCHANGED } from '#model/change-event.ts';
import type { Database } from '#model/pipeline.ts';
import { memoryLog } from '#testing/plant-log.ts';
import { keyStates, type StateContext } from './key-states.ts';
import { createPassages } from './passages.ts';
import { plansFor } from './plan.ts';

const columns = ['id', 'value'].map((name) => ({ name, type: 'text', nullable: true, generated: false }));
const TABLE = { schema: 'public', name: 't', columns, key: ['id'] };

test('events that arrive while the versions are made canonical do not shift them', async () => {
  const log = memoryLog();
  let lsn = 0n;
  const append = (id: string, value: string): ChangeEvent =>
    log.append({ table: 'public.t', op: 'update', lsn: ++lsn, txn: '1', key: { id }, after: { id, value }, columns });
  for (const value of ['a1', 'a2']) append('a', value);
  for (const value of ['b1', 'b2']) append('b', value);
  const plans = plansFor(TABLE, TABLE);
  if (plans === undefined) throw new Error('no plan');
  const context: StateContext = {
    table: 'public.t',
    catalog: TABLE,
    plan: plans.sink,
    keyed: true,
    engine: {
      ...postgres,
      compare: {
        ...postgres.compare,
        // As slow as a database: the log goes on in the meantime.
        async canonicalRows(_database, _table, rows) {
          append('a', 'a3');
          return [...rows];
        },
      },
    },
    source: {} as Database,
    log,
    word: () => undefined,
    applied: new Map([['public.t/0', 4n]]),
    starts: new Map(),
    passages: createPassages(),
    gone: () => undefined,
    right: () => undefined,
  };
  const states = await keyStates(
    context,
    ['a', 'b'].map((key) => ({ key: JSON.stringify([key]), source: [], sink: [] })),
  );
  expect(states.map(({ versions, log: known }) => [versions.map((row) => row.value), known?.image?.value])).toEqual([
    [['a1'], 'a2'],
    [['b1'], 'b2'],
  ]);
});

test('a value that the last event left out was never had where the consumer jumped over the event that had it', async () => {
  const log = memoryLog();
  const append = (lsn: bigint, value: EventRow[string]): ChangeEvent =>
    log.append({
      table: 'public.t',
      op: 'update',
      lsn,
      txn: '1',
      key: { id: 'a' },
      after: { id: 'a', value },
      columns,
    });
  append(1n, 'old');
  append(2n, 'wide');
  append(3n, UNCHANGED);
  const plans = plansFor(TABLE, TABLE);
  if (plans === undefined) throw new Error('no plan');
  const passages = createPassages();
  const context: StateContext = {
    ...{ table: 'public.t', catalog: TABLE, plan: plans.sink, keyed: true, source: {} as Database, log, passages },
    engine: {
      ...postgres,
      compare: { ...postgres.compare, canonicalRows: async (_database, _table, rows) => [...rows] },
    },
    ...{ word: () => undefined, gone: () => undefined, right: () => undefined },
    applied: new Map([['public.t/0', 3n]]),
    starts: new Map(),
  };
  const skipped = async () =>
    (await keyStates(context, [{ key: '["a"]', source: [], sink: [] }]))[0]?.log?.skippedValues;
  expect(await skipped()).toBeUndefined();
  // The first event was passed, and the value is not from it.
  passages.noteJumps([{ partition: 'public.t/0', from: 0n, to: 1n }]);
  expect(await skipped()).toBeUndefined();
  passages.noteJumps([{ partition: 'public.t/0', from: 1n, to: 2n }]);
  expect(await skipped()).toEqual(['value']);
});

test('a value that no event is known to have had was gone for both, where the reader and the consumer missed records', async () => {
  const log = memoryLog();
  const after: EventRow = { id: 'a', value: UNCHANGED };
  log.append({ table: 'public.t', op: 'update', lsn: 3n, txn: '1', key: { id: 'a' }, after, columns });
  const plans = plansFor(TABLE, TABLE);
  if (plans === undefined) throw new Error('no plan');
  const passages = createPassages();
  const skipped = async (complete: boolean) => {
    const context: StateContext = {
      ...{ table: 'public.t', catalog: TABLE, plan: plans.sink, keyed: true, source: {} as Database, passages },
      engine: {
        ...postgres,
        compare: { ...postgres.compare, canonicalRows: async (_database, _table, rows) => [...rows] },
      },
      ...{ word: () => undefined, gone: () => undefined, right: () => undefined },
      log: Object.assign(Object.create(log), { complete: () => complete }),
      applied: new Map([['public.t/0', 1n]]),
      starts: new Map(),
    };
    return (await keyStates(context, [{ key: '["a"]', source: [], sink: [] }]))[0]?.log?.skippedValues;
  };
  expect(await skipped(false)).toBeUndefined();
  passages.note(new Map([['public.t/0', 0n]]), new Map([['public.t/0', 1n]]));
  expect(await skipped(true)).toBeUndefined();
  expect(await skipped(false)).toEqual(['value']);
});
