import { expect } from 'vitest';
import type { TestedPipeline } from '#testing/subject.ts';

/** What is sound of a pipeline from MariaDB or MySQL has converged, with rows of both tables. */
export function expectConverged(ran: TestedPipeline): void {
  expect(ran.report.reason).toBeUndefined();
  for (const subject of ['warehouse', 'dedup'])
    expect(ran.cell('none', subject)).toMatchObject({ survived: true, change: [] });
  const tables = ran.report.modes[0]?.variants.warehouse?.tables ?? [];
  expect(tables.map(({ table }) => table)).toEqual(['db.accounts', 'db.tickets']);
  for (const { source_rows, sink_rows } of tables) {
    expect(source_rows).toBeGreaterThan(3);
    expect(sink_rows).toBe(source_rows);
  }
}
