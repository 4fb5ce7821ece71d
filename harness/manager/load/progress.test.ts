import { expect, test } from 'vitest';
import type { TableLoad } from '../pipeline.ts';
import type { HeldPipeline } from '../state/hold.ts';
import { loadProgress, progressText } from './progress.ts';

const load: TableLoad = { table: 'public.a', claimed: true, loaded: false, rows: 0, rowsExpected: 200 };

test.each([
  [{ rows: 50 }, 'public.a: 50 of about 200 rows, 25 %'],
  [{ rows: 900 }, 'public.a: 900 of about 200 rows, 99 %'],
  [{ rows: 7, rowsExpected: 0 }, 'public.a: 7 rows'],
  [{ rows: 201, loaded: true }, 'public.a: 201 rows, 100 %'],
])('%j reads %s', (more, text) => {
  expect(progressText({ ...load, ...more })).toBe(text);
});

test('rows are persisted and said once a second, and what has not been is by a flush', async () => {
  const written: unknown[] = [];
  const lines: string[] = [];
  const held = {
    changeLoad: async ({ rows }: TableLoad) => void written.push(rows),
    change: async (change: object) => void written.push(change),
  } as unknown as HeldPipeline;
  let now = 0;
  const progress = loadProgress(
    held,
    (line) => lines.push(line),
    [load],
    () => now,
  );
  await progress.add('public.a', 10);
  expect([written, lines]).toEqual([[], []]);
  now = 1000;
  await progress.add('public.a', 20);
  expect(written).toEqual([30, { full_load_rows: 30 }]);
  expect(lines).toEqual(['public.a: 30 of about 200 rows, 15 %']);
  now = 1999;
  await progress.add('public.a', 1);
  await progress.flush();
  await progress.flush();
  expect(written.slice(2)).toEqual([31, { full_load_rows: 31 }]);
  expect(progress.total()).toBe(31);
});
