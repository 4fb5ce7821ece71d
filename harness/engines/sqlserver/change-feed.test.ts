import { expect, test } from 'vitest';
import type { Table } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Row } from '#model/values.ts';
import { openChangeFeed } from './change-feed.ts';

const TABLE: Table = {
  ...{ schema: 'dbo', name: 'items', key: ['id'] },
  columns: ['id', 'name'].map((name) => ({ name, type: 'int', nullable: false, generated: false })),
};
const OWN: Table = { ...TABLE, schema: 'driftlab', name: 'signal' };

const lsn = (n: number): string => `0x000000270000075800${String(n).padStart(2, '0')}`;
const change = (commit: number, seq: number, op: string, k0: string): Row => ({
  lsn: lsn(commit),
  seq: lsn(seq),
  op,
  k0,
});

/** A database whose capture has a tag at commit 10, then at 20, and so on. */
function captured(changes: readonly Row[], { least = 1, start = 1 } = {}) {
  const asked: string[] = [];
  const tags: Row[] = [];
  const answer = (sql: string): readonly Row[] => {
    const tag = /^INSERT INTO \[driftlab\]\.\[tag\].*'([0-9a-f-]{36})'/.exec(sql)?.[1];
    if (tag !== undefined) tags.push({ tag, lsn: lsn(10 * (tags.length + 1)) });
    if (sql.includes('driftlab_tag_CT')) return tags;
    if (sql.includes('cdc.change_tables'))
      return ['items', 'signal'].map((table) => ({
        ...{ schema: table === 'items' ? 'dbo' : 'driftlab', table, instance: table, start: lsn(start), columns: '2' },
      }));
    if (sql.includes('fn_cdc_get_min_lsn')) return [{ lsn: lsn(least) }];
    return sql.includes('[items_CT]') ? changes : [];
  };
  const query = async (sql: string) => {
    asked.push(sql);
    return answer(sql);
  };
  return { asked, database: { query } as unknown as Database };
}

test('what was committed since the last reading is told by transactions, in the order of their commits', async () => {
  const { asked, database } = captured([
    change(12, 3, '2', '1'),
    change(11, 1, '2', '7'),
    change(12, 5, '3', '1'),
    change(12, 5, '4', '1'),
    change(13, 1, '3', '1'),
    change(13, 1, '4', '2'),
    change(14, 1, '1', '2'),
  ]);
  const feed = await openChangeFeed(database, async () => [TABLE, OWN], new Set(['driftlab.signal']));
  const write = (kind: string, id: string) => ({ table: 'dbo.items', key: `["${id}"]`, kind });
  expect(await feed.read()).toEqual([
    { txn: '00000027:00000758:0011', others: 0, writes: [write('insert', '7')] },
    { txn: '00000027:00000758:0012', others: 0, writes: [write('insert', '1'), write('update', '1')] },
    { txn: '00000027:00000758:0013', others: 0, writes: [write('delete', '1'), write('insert', '2')] },
    { txn: '00000027:00000758:0014', others: 0, writes: [write('delete', '2')] },
  ]);
  expect(asked.at(-1)).toContain(`t.[__$start_lsn] > ${lsn(10)} AND t.[__$start_lsn] <= ${lsn(20)}`);
  await feed.read();
  expect(asked.at(-1)).toContain(`t.[__$start_lsn] > ${lsn(20)} AND t.[__$start_lsn] <= ${lsn(30)}`);
});

test('changes that were removed before they were read are an error; what a younger capture never had is none', async () => {
  const gone = captured([], { least: 15 });
  const feed = await openChangeFeed(gone.database, async () => [TABLE]);
  await expect(feed.read()).rejects.toMatchObject({
    code: 'changes-cleaned-up',
    found: 'changes from 00000027:00000758:0015 on',
  });
  const young = captured([], { least: 15, start: 15 });
  expect(await (await openChangeFeed(young.database, async () => [TABLE])).read()).toEqual([]);
});
