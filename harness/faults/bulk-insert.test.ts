import { expect, test } from 'vitest';
import { scriptPipeline } from '#testing/scripted-pipeline.ts';
import { bulkInsert } from './bulk-insert.ts';

const fault = bulkInsert({ rows: 40, businessTime: { table: 'orders', column: 'ordered_at' } });

test.each([
  ['with a zone', '2020-01-01 00:00:00+00', '2020-01-11 12:00:00+00', 10],
  ['without one, in UTC', '2020-01-01 00:00:00.25', '2020-01-10 23:00:00+00', 9],
  ['with another', '2020-01-01 02:00:00.5+02', '2020-01-02 00:00:01+00', 1],
])('how old the oldest row is comes from times as databases print them: %s', async (_, value, received, days) => {
  const script = scriptPipeline();
  script.world.first = { value, received };
  const injected = await fault.inject(script.context);
  expect(script.done).toEqual(['40 rows inserted']);
  expect(script.said).toEqual(['40 historical rows inserted at the source']);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary:
      '40 historical rows were captured among live changes; at the sinks, business time (ordered_at) is up to ' +
      `${days} days before CDC time (_cdc_received)`,
    figures: { rows_inserted: 40, business_time_behind_cdc_time_days_max: days },
  });
  expect(fault.needs).toEqual([]);
});

test('rows that were not all captured make it no effect, and a sink without such a row tells no age', async () => {
  const script = scriptPipeline();
  const { evidence } = await fault.inject(script.context);
  expect((await evidence()).bit).toBe(true);
  script.world.records -= 1;
  expect(await evidence()).toMatchObject({ bit: false, figures: { business_time_behind_cdc_time_days_max: 0 } });
});

test('an abort while rows are inserted is thrown', async () => {
  const script = scriptPipeline();
  const context = { ...script.context, signal: AbortSignal.abort(script.reason) };
  await expect(fault.inject(context)).rejects.toBe(script.reason);
  expect(script.done).toEqual([]);
});
