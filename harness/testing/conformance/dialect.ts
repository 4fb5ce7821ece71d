import { describe, expect, test } from 'vitest';
import { tableId } from '#model/catalog.ts';
import { type Conformance, reading } from './suite.ts';
import { EVERY_KIND, ITEMS, NAMES } from './tables.ts';

/** What an engine's server and its SQL say. */
export function testDialect(suite: Conformance): void {
  const { engine, create } = suite;
  const { name, dialect, server: servers, source, compare } = engine;
  const { tableOf, rowsOf } = reading(engine);

  describe('server and dialect', () => {
    test('names itself, and its server says what it is', async () => {
      expect([name === '', engine.title === '']).toEqual([false, false]);
      expect(await servers.answers(suite.server())).toBe(true);
      expect(await servers.version(suite.server())).toMatch(/^\d+\.\d+/);
    });

    test('quotes any name', async () => {
      const on = await create('names');
      for (const [index, column] of NAMES.entries()) {
        const table = `t${index} ${column}`;
        await on.query(`CREATE TABLE ${dialect.quote(table)} (${dialect.quote(column)} int)`);
        const [found] = (await compare.readCatalog(on)).filter(({ name: one }) => one === table);
        expect(found?.columns.map(({ name: one }) => one)).toEqual([column]);
        await on.query(
          `INSERT INTO ${dialect.quoteTable(tableId({ schema: dialect.defaultSchema, name: table }))} VALUES (${index})`,
        );
      }
      await on.close();
    });

    test('describes its tables: columns, kinds, NULL, keys', async () => {
      const database = await create('described');
      await source.createTables(database, [EVERY_KIND, ITEMS]);
      const items = await tableOf(database, 'items');
      expect([items.schema, items.key]).toEqual([dialect.defaultSchema, ['id', 'line']]);
      expect(items.columns.map(({ name: one, nullable, generated }) => [one, nullable, generated])).toEqual(
        ITEMS.columns.map(({ name: one, nullable }) => [one, nullable === true, false]),
      );
      const every = await tableOf(database, 'every_kind');
      for (const { name: column, kind } of EVERY_KIND.columns) {
        const found = every.columns.find((one) => one.name === column);
        if (found === undefined) throw new Error(`no column ${column}`);
        const read = dialect.kindOf(found);
        // A kind for which the engine has no type of its own may be kept as another that holds the same values.
        expect([column, dialect.typeFor(read)]).toEqual([column, dialect.typeFor(kind)]);
      }
    });

    test('a database is copied with its rows and keys, and dropped with its connections', async () => {
      const template = await create('template');
      await source.createTables(template, [ITEMS]);
      await source.insertRows(
        template,
        ITEMS,
        ['id', 'line', 'name'],
        [
          [1, 1, 'a'],
          [1, 2, null],
        ],
      );
      await template.close();
      const copy = await create('copy', template.name);
      const table = await tableOf(copy, 'items');
      expect([table.key, (await rowsOf(copy, table)).size]).toEqual([['id', 'line'], 2]);
      await servers.drop(suite.server(), copy.name);
      await servers.drop(suite.server(), copy.name);
      await expect(copy.query('SELECT 1')).rejects.toThrow();
      await copy.close();
    });
  });
}
