import { expect, test } from 'vitest';
import { recordingDatabase } from '#testing/tsql/recording.ts';
import { openNames, TAG_TABLE, transactionName } from './tags.ts';

/** A database whose capture comes to a commit more with each look. */
function capturing(tags: readonly string[]) {
  const captured: { tag: string; lsn: string }[] = [];
  const asked: string[] = [];
  return {
    asked,
    async query<T extends object>(sql: string): Promise<T[]> {
      asked.push(sql);
      if (!sql.includes('driftlab_tag_CT')) return [];
      const next = tags[captured.length];
      if (next !== undefined)
        captured.push({ tag: next, lsn: `0x0000002700000AC0${String(captured.length + 1).padStart(4, '0')}` });
      const from = /0x(\w+)/.exec(sql)?.[1] ?? '';
      return captured.filter(({ lsn }) => lsn.slice(2).toLowerCase() >= from) as unknown as T[];
    },
  };
}

test('transactions get their names in the order of their commits, read by one reader', async () => {
  const database = capturing(['x', 'b', 'a']);
  const names = openNames(database, { pauseMs: 1 });
  const told: string[] = [];
  await Promise.all(
    ['a', 'b'].map(async (tag) => {
      const name = transactionName(await names.lsnOf(tag));
      told.push(`${tag} ${name}`);
    }),
  );
  expect(told).toEqual(['b 00000027:00000ac0:0002', 'a 00000027:00000ac0:0003']);
  expect(database.asked).toHaveLength(3);
  expect(database.asked.at(-1)).toContain('[__$start_lsn] >= 0x0000002700000ac00002');
});

test('a transaction to which the capture does not come is refused with what the capture says', async () => {
  const names = openNames(recordingDatabase([['dm_server_services', [{ service: 'a', state: 'Stopped' }]]]), {
    ...{ limitMs: 20, pauseMs: 1 },
  });
  await expect(names.lsnOf('a')).rejects.toMatchObject({
    code: 'capture-not-running',
    found: 'SQL Server Agent: Stopped; no scan of the log yet',
  });
});

test('what naming needs is made once', async () => {
  expect(TAG_TABLE).toBe('driftlab.tag');
  const database = recordingDatabase();
  const names = openNames(database);
  await Promise.all([names.ready(), names.ready()]);
  expect(database.asked.filter((sql) => sql.includes('sp_cdc_enable_db'))).toHaveLength(1);
  expect(database.asked.at(-1)).toContain("@source_name = N'tag', @capture_instance = N'driftlab_tag'");
});
