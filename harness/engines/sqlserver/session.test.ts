import { expect, test } from 'vitest';
import { openWriterSession } from './session.ts';

const ITEMS = { name: 'items', columns: [] };

/** A database whose connections answer what they are told, and whose capture names every transaction. */
function scripted(answers: readonly { rows?: readonly (readonly string[])[]; affected?: readonly number[] }[]) {
  const ran: string[] = [];
  const released: string[] = [];
  let tag = '';
  const answering = [...answers];
  const connection = {
    async run(sql: string) {
      ran.push(sql.replace(/'[0-9a-f-]{36}'/, "'…'"));
      tag = /'([0-9a-f-]{36})'/.exec(sql)?.[1] ?? tag;
      if (/^(SET XACT_ABORT|INSERT INTO \[driftlab\]|COMMIT|IF @@)/.test(sql)) return { rows: [], affected: [1] };
      const { rows = [], affected = [] } = answering.shift() ?? {};
      if (affected[0] === -1) throw Object.assign(new Error('deadlock'), { number: 1205 });
      return { rows, affected };
    },
  };
  const database = {
    query: async (sql: string) => (sql.includes('driftlab_tag_CT') ? [{ tag, lsn: '0x00000027000007580005' }] : []),
    session: async (work: (one: typeof connection) => Promise<unknown>) =>
      work(connection).then(
        () => released.push('kept'),
        () => released.push('destroyed'),
      ),
  };
  return { session: openWriterSession(database as never), ran, released };
}

test('a transaction writes its tag first, and is named by the commit that the capture has of it', async () => {
  const { session, ran, released } = scripted([
    { affected: [2] },
    { rows: [['1']], affected: [1, 0] },
    { affected: [3, 4] },
  ]);
  expect(await session.begin()).toBeUndefined();
  const rows = [[1], [2]];
  expect(await session.run({ change: 'insert', table: ITEMS, columns: ['id'], rows })).toEqual({
    found: 2,
    changed: 2,
  });
  const update = { change: 'update', table: ITEMS, set: { n: 1 }, where: { id: 1 } } as const;
  expect(await session.run(update)).toEqual({ found: 1, changed: 0 });
  expect(await session.run({ sql: 'EXEC p', params: [] })).toEqual({ found: 7, changed: 7 });
  expect(await session.run({ change: 'truncate', table: ITEMS })).toEqual({ found: -1, changed: -1 });
  const { transaction, named } = await session.commit();
  expect([transaction, await named]).toEqual([undefined, '00000027:00000758:0005']);
  expect(released).toEqual(['kept']);
  expect([ran[0], ran[1], ran.at(-1)]).toEqual([
    'SET XACT_ABORT ON;\nBEGIN TRANSACTION',
    "INSERT INTO [driftlab].[tag] ([tag]) VALUES (CONVERT(uniqueidentifier, '…'))",
    'COMMIT TRANSACTION',
  ]);
});

test('what the server refuses is a refusal, after which the session goes on; a broken connection is none', async () => {
  const { session, ran, released } = scripted([{ affected: [-1] }]);
  await session.begin();
  const refused = await session.run({ sql: 'x', params: [] }).catch((error: unknown) => error);
  expect(session.isRefusal(refused)).toBe(true);
  expect(session.isRefusal(new Error('Connection lost'))).toBe(false);
  await session.rollback();
  expect(ran.at(-1)).toBe('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION');
  await session.rollback();
  await session.begin();
  await session.close();
  expect(released).toEqual(['kept', 'destroyed']);
  await expect(session.commit()).rejects.toThrow('no transaction has begun');
});
