import { expect, test } from 'vitest';
import { scriptPipeline } from '#testing/scripted-pipeline.ts';
import { truncate } from './truncate.ts';

test('the table that is named, or one that the writers choose, is emptied', async () => {
  const script = scriptPipeline({ truncates: (table) => ({ table: table ?? 'public.events', rows: 12 }) });
  const injected = await truncate().inject(script.context);
  expect(script.said).toEqual(['TRUNCATE public.events: 12 rows']);
  expect(await injected.evidence()).toEqual({
    bit: true,
    summary: 'TRUNCATE of public.events removed 12 rows at the source',
    figures: { rows_truncated: 12 },
  });
  await truncate('public.log').inject(script.context);
  expect(script.said).toContain('TRUNCATE public.log: 12 rows');
  expect(truncate().needs).toEqual(['source-ddl']);
});

test('a table that was empty already makes it no effect', async () => {
  const { context } = scriptPipeline({ truncates: () => ({ table: 'public.events', rows: 0 }) });
  expect(await (await truncate().inject(context)).evidence()).toMatchObject({ bit: false });
});

test('writers that know no such table, or cannot truncate at all, are wrong usage', async () => {
  const knowsNone = scriptPipeline({ truncates: () => undefined }).context;
  await expect(truncate('public.log').inject(knowsNone)).rejects.toThrow('no rows of public.log to truncate');
  await expect(truncate().inject(scriptPipeline().context)).rejects.toMatchObject({
    code: 'nothing-to-truncate',
    message: 'the writers have no table with rows to truncate',
  });
});
