import { expect, test } from 'vitest';
import { bareFacts, diagnose } from '#diagnosis/diagnose.ts';
import { refusedIn } from '#diagnosis/refused-writes.ts';
import { writesRefused } from './refused-writes.ts';

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

test('a writer that failed by it is told the cause: the publication is named, and the replica identity is what to change', () => {
  const refused = [{ table: 'readings', operation: 'UPDATE', count: 2, publications: ['plant_pub'] }] as const;
  const causes = diagnose({ ...bareFacts('none'), refused });
  expect(causes.map(({ code }) => code)).toEqual(['replica-identity-missing']);
  expect(writesRefused(causes, new Error('x'))).toMatchObject({
    exit: 3,
    message: expect.stringContaining('the publication plant_pub publishes its updates'),
    hint: expect.stringContaining('ALTER TABLE readings REPLICA IDENTITY FULL'),
  });
});
