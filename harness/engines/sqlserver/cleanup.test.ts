import { expect, test } from 'vitest';
import type { Database } from '#model/pipeline.ts';
import type { Row } from '#model/values.ts';
import { openChangeFeed } from './change-feed.ts';
import { cleanUp } from './cleanup.ts';

const lsn = (n: number): string => `0x000000270000075800${String(n).padStart(2, '0')}`;

/** A database whose first tag is captured at commit 10, the next at 20, and whose captures have changes at these commits. */
function captured(changes: Readonly<Record<string, readonly number[]>>, starts: Readonly<Record<string, number>> = {}) {
  const kept = new Map(Object.entries(changes).map(([instance, commits]) => [instance, [...commits]]));
  const cleaned: string[] = [];
  const tags: Row[] = [];
  const commitIn = (sql: string): number => Number(/(?:= |< )0x\w*(\d\d)\b/.exec(sql)?.[1]);
  const answer = (sql: string): readonly Row[] => {
    const tag = /^INSERT INTO \[driftlab\]\.\[tag\].*'([0-9a-f-]{36})'/.exec(sql)?.[1];
    if (tag !== undefined) tags.push({ tag, lsn: lsn(10 * (tags.length + 1)) });
    if (sql.includes('SELECT COUNT_BIG') && sql.includes('_CT]')) {
      const instance = /\[(\w+)_CT\]/.exec(sql)?.[1] ?? '';
      return [{ n: String(kept.get(instance)?.filter((commit) => commit < commitIn(sql)).length) }];
    }
    if (sql.includes('driftlab_tag_CT')) return tags;
    if (sql.includes('cdc.change_tables'))
      return [...kept.keys()].map((instance) => ({
        ...{ schema: instance.split('_')[0] ?? '', table: instance.split('_')[1] ?? '', instance, columns: '2' },
        start: lsn(starts[instance] ?? 1),
      }));
    if (!sql.includes('sp_cdc_cleanup_change_table')) return [];
    const instance = /@capture_instance = N'(\w+)'/.exec(sql)?.[1] ?? '';
    const below = commitIn(sql);
    cleaned.push(`${instance} below ${below}`);
    kept.set(instance, kept.get(instance)?.filter((commit) => commit >= below) ?? []);
    return [];
  };
  return { cleaned, database: { query: async (sql: string) => answer(sql) } as unknown as Database };
}

const CHANGES = { dbo_orders: [3, 5, 12], dbo_lines: [4], driftlab_tag: [10] };

test('a cleanup removes what every capture has below a transaction that commits behind all others', async () => {
  const { cleaned, database } = captured(CHANGES);
  expect(await cleanUp(database)).toBe(3);
  expect(cleaned).toEqual(['dbo_orders below 10', 'dbo_lines below 10', 'driftlab_tag below 10']);
});

test('of some tables it leaves all others alone', async () => {
  const { cleaned, database } = captured(CHANGES);
  expect(await cleanUp(database, new Set(['dbo.lines']))).toBe(1);
  expect(cleaned).toEqual(['dbo_lines below 10']);
});

test('a capture that has nothing older is left alone: a lower mark would be an error', async () => {
  const { cleaned, database } = captured(CHANGES, { dbo_orders: 10 });
  expect(await cleanUp(database)).toBe(1);
  expect(cleaned).toEqual(['dbo_lines below 10', 'driftlab_tag below 10']);
});

test('what an open feed has not read yet is kept; once it has ended nothing is', async () => {
  const { cleaned, database } = captured(CHANGES);
  const feed = await openChangeFeed(database, async () => []);
  expect(await cleanUp(database, new Set(['dbo.orders']))).toBe(2);
  const other = await openChangeFeed(database, async () => []);
  await other.read();
  await feed[Symbol.asyncDispose]();
  expect(await cleanUp(database, new Set(['dbo.orders']))).toBe(1);
  expect(cleaned).toEqual(['dbo_orders below 10', 'dbo_orders below 40']);
});
