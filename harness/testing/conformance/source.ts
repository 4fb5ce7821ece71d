import { beforeAll, describe, expect, test } from 'vitest';
import { tableId } from '#model/catalog.ts';
import { NOW } from '#model/change.ts';
import type { Database } from '#model/pipeline.ts';
import { keyOf } from '#model/values.ts';
import type { Transaction } from '#model/workload.ts';
import { genericWorkload } from '#workloads/generic/generic.ts';
import { transactionName } from '../transaction-name.ts';
import { type Conformance, commit, reading } from './suite.ts';
import { ANYBODYS, ITEMS, item } from './tables.ts';

/** What a database is as a source: written to, and configured to be captured. */
export function testSource(suite: Conformance): void {
  const { engine, create } = suite;
  const { dialect, source, compare } = engine;
  const { tableOf, rowsOf, viewing } = reading(engine);
  let database: Database;

  describe('source', () => {
    beforeAll(async () => {
      database = await create('source');
      await source.createTables(database, [ITEMS]);
    });

    test('a transaction is whole or not at all, and has a name once it has committed', async () => {
      const session = source.openWriterSession(database);
      const begun = await session.begin();
      expect(await session.run(item(1, 1, 'a'))).toMatchObject({ found: 1, changed: 1 });
      await session.run({ change: 'update', table: ITEMS, set: { stock: { add: 3 }, made: NOW }, where: { id: 1 } });
      const first = await transactionName(session.commit(), begun);
      await session.begin();
      await session.run(item(2, 1, 'b'));
      await session.rollback();
      const again = await session.begin();
      await session.run({ change: 'update', table: ITEMS, set: { name: null }, where: { id: 1, line: 1 } });
      const second = await transactionName(session.commit(), again);
      await session.begin();
      const refused = await session.run(item(1, 1, 'twice')).catch((error: unknown) => error);
      expect(session.isRefusal(refused)).toBe(true);
      await session.rollback();
      await session.begin();
      expect(await session.run({ change: 'delete', table: ITEMS, where: { id: 9 } })).toMatchObject({ found: 0 });
      await session.rollback();
      await session.close();
      expect([typeof first, typeof second, first === second]).toEqual(['string', 'string', false]);
      const rows = await rowsOf(database, await tableOf(database, 'items'));
      expect([...rows].map(([key, row]) => [key, row.slice(0, 4)])).toEqual([['["1","1"]', ['1', '1', null, '3']]]);
    });

    test('a writer that knows nothing of the tables writes what they take, and knows which rows there are', async () => {
      const on = await create('anybodys');
      await source.createTables(on, ANYBODYS);
      const generator = await genericWorkload({ name: 'any', install: async () => {} }).openGenerator?.(1, on, source);
      const session = source.openWriterSession(on);
      const there = new Map(ANYBODYS.map((table) => [`${dialect.defaultSchema}.${table.name}`, new Set<string>()]));
      const kinds = new Set<string>();
      const carryOut = async ({ statements, rollback }: Transaction): Promise<void> => {
        await session.begin();
        for (const statement of statements) expect(await session.run(statement)).not.toMatchObject({ found: 0 });
        await (rollback === true ? session.rollback() : session.commit());
        for (const { table, key, kind } of rollback === true ? [] : statements.flatMap(({ writes }) => writes)) {
          kinds.add(`${table.split('.')[1]} ${kind}`);
          if (kind === 'delete') there.get(table)?.delete(key);
          else there.get(table)?.add(key);
        }
      };
      const carryOutMany = async (count: number): Promise<void> => {
        for (let made = 0; made < count && generator !== undefined; made++) await carryOut(generator.next());
      };
      await carryOutMany(150);
      const emptied = generator?.truncate?.(`${dialect.defaultSchema}.children`);
      if (emptied !== undefined) await carryOut(emptied);
      expect(there.get(`${dialect.defaultSchema}.children`)).toEqual(new Set());
      await carryOutMany(50);
      await session.close();
      expect([...kinds].sort()).toEqual(
        expect.arrayContaining([
          'children delete',
          'children insert',
          'children update',
          'parents insert',
          'parents update',
        ]),
      );
      for (const table of await compare.readCatalog(on))
        expect(new Set((await rowsOf(on, table)).keys())).toEqual(there.get(tableId(table)));
      await on.close();
    });

    test('a job reads rows with a position below that of every change that it did not see', async () => {
      const table = await tableOf(database, 'items');
      const { rows, position } = await source.jobRead(database, table, 10);
      expect(rows.map((row) => keyOf(table.key, row))).toEqual(['["1","1"]']);
      await commit(engine, database, [item(7, 1, 'unseen')]);
      expect(position < (await viewing(database, async (view) => view.position))).toBe(true);
    });

    test('a column is added with its default for the rows that are there', async () => {
      const id = tableId(await tableOf(database, 'items'));
      await source.addColumn(database, id, { name: 'tier', kind: { kind: 'text' }, default: "it's std" });
      const table = await tableOf(database, 'items');
      const place = table.columns.findIndex(({ name: column }) => column === 'tier');
      const rows = await rowsOf(database, table);
      expect([...rows.values()].map((row) => row[place])).toEqual([...rows].map(() => "it's std"));
    });

    test('a column gets another type and loses its default, or goes, and rows keep what they hold', async () => {
      if (source.alterColumn === undefined) return;
      const id = tableId(await tableOf(database, 'items'));
      const added = (bits: 32 | 64) => ({ name: 'points', kind: { kind: 'integer', bits } }) as const;
      await source.addColumn(database, id, { ...added(32), default: 7 });
      await source.alterColumn(database, id, { alter: added(64) });
      const table = await tableOf(database, 'items');
      const place = table.columns.findIndex(({ name: one }) => one === 'points');
      expect(table.columns.slice(place).map((column) => dialect.kindOf(column))).toEqual([added(64).kind]);
      const session = source.openWriterSession(database);
      await session.begin();
      await expect(session.run(item(7, 1, 'without'))).rejects.toThrow('points');
      await session.rollback();
      await session.close();
      const rows = await rowsOf(database, table);
      expect([...rows.values()].map((row) => row[place])).toEqual([...rows].map(() => '7'));
      await source.alterColumn(database, id, { drop: added(64) });
      expect((await tableOf(database, 'items')).columns.map(({ name: one }) => one)).not.toContain('points');
    });

    test('a connector is configured for one prefix, and reads topics that no other prefix has', () => {
      const options = { server: suite.server(), database: 'd', tables: ['x.t'], brokers: ['localhost:1'] };
      const [one, other] = ['p', 'q'].map((prefix) => source.connectorConfig({ ...options, prefix }));
      expect([one?.['topic.prefix'], other?.['topic.prefix']]).toEqual(['p', 'q']);
      const id = tableId({ schema: dialect.defaultSchema, name: 't' });
      expect(source.topicOf({ prefix: 'p', database: 'd', table: id })).toMatch(/^p\.[\w.-]+\.t$/);
      expect(source.block.connectors.length).toBeGreaterThan(0);
    });
  });
}
