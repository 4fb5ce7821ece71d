import { expect, test } from 'vitest';
import { refusedIn, sayRefused, writesRefused } from './refused-writes.ts';

const LINE = (text: string): string => `2026-01-01 10:00:00 UTC [17] pgbench ERROR:  ${text}\n`;

test('statements that a publication makes fail are counted by table and kind', () => {
  const log =
    LINE('cannot update table "readings" because it does not have a replica identity and publishes updates') +
    LINE('cannot update table "readings" because it does not have a replica identity and publishes updates') +
    LINE('cannot delete from table "a ""b" because it does not have a replica identity and publishes deletes') +
    LINE('duplicate key value violates unique constraint "x"');
  expect(refusedIn(log)).toEqual([
    { table: 'readings', operation: 'UPDATE', count: 2 },
    { table: 'a ""b', operation: 'DELETE', count: 1 },
  ]);
});

test('the publication is named, and the replica identity is what to change', () => {
  const refused = { table: 'readings', operation: 'UPDATE', count: 2, publications: ['plant_pub'] } as const;
  expect(sayRefused(refused).said).toContain('the publication plant_pub publishes its updates');
  expect(writesRefused([refused], new Error('x'))).toMatchObject({
    exit: 3,
    hint: expect.stringContaining('ALTER TABLE readings REPLICA IDENTITY FULL'),
  });
});
