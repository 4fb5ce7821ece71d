import { expect, test } from 'vitest';
import { ORDERS, order, type ScriptOptions, scriptPipeline } from '#testing/scripted-pipeline.ts';
import { changeSchema } from './change-schema.ts';

const fault = changeSchema({
  table: 'orders',
  adds: { name: 'tier', kind: { kind: 'text' }, nullable: true },
  tell: 'tier',
  operations: 3,
});
const capturing: ScriptOptions['onLook'] = ({ operations, held }) => {
  for (let more = 0; more < 2; more++) {
    const operation = order(operations.length);
    operations.push(operation);
    held.add(operation.key);
  }
};

test('the column is added, the writers told, and changes with it captured', async () => {
  const script = scriptPipeline({ onLook: capturing });
  // Captured before the column was there.
  script.world.operations.push(order(900));
  script.world.held.add(order(900).key);
  const injected = await fault.inject(script.context);
  expect(script.done).toEqual([
    'column tier added to public.orders',
    'writers told tier',
    'wait for rows with the new column to be captured',
  ]);
  expect(script.said).toEqual(['the column public.orders.tier was added at the source; the writers now use it']);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'the column public.orders.tier was added under load; 4 changes to the table were captured right after',
    figures: { changes_captured_after: 4 },
  });
  expect(fault.needs).toEqual(['source-ddl']);
});

test('a column that existed before, or is gone afterwards, is no effect, and the summary says which', async () => {
  const twice = scriptPipeline({ onLook: capturing });
  const column = { name: 'tier', type: 'text', nullable: true, generated: false };
  twice.world.tables = [{ ...ORDERS, columns: [...ORDERS.columns, column] }];
  expect(await (await fault.inject(twice.context)).evidence()).toMatchObject({
    bit: false,
    summary: 'the column public.orders.tier existed before',
  });

  const gone = scriptPipeline({ onLook: capturing });
  const { evidence } = await fault.inject(gone.context);
  gone.world.tables = [ORDERS];
  expect((await evidence()).summary).toBe('the column public.orders.tier is missing at the source');
});

test('changes that are not captured, and those of other tables, do not count', async () => {
  const script = scriptPipeline({
    onLook: ({ operations, held }) => {
      const elsewhere = { ...order(-1), table: 'public.items' };
      operations.push(order(operations.length), elsewhere);
      held.add(elsewhere.key);
    },
  });
  await expect(fault.inject(script.context)).rejects.toMatchObject({ found: '0 of 3' });
});

test('aborted while changes are waited for, it throws the reason', async () => {
  const script = scriptPipeline({ abortIn: 'rows with the new column' });
  await expect(fault.inject(script.context)).rejects.toBe(script.reason);
});
