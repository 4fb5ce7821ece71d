import { beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '#engines/row-digest.ts';
import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import { type Conformance, commit, reading } from './suite.ts';
import { EVERY_COLUMN, EVERY_KIND, EVERY_ROW, FULL_KEY, fullRowOf, ITEMS, item, RANGED } from './tables.ts';

/** How values are read so that they can be compared: with those of another database, and of another engine. */
export function testCompare(suite: Conformance): void {
  const { engine, create } = suite;
  const { source, compare } = engine;
  const { tableOf, planOf, acrossOf, rowsOf } = reading(engine);
  const full = fullRowOf(engine.dialect);
  let database: Database;

  describe('compare', () => {
    beforeAll(async () => {
      database = await create('compare');
      await source.createTables(database, [EVERY_KIND, ITEMS]);
      await source.insertRows(database, EVERY_KIND, EVERY_COLUMN, EVERY_ROW);
      await commit(engine, database, [item(1, 1, 'there')]);
    });

    test('a value of each kind is read in its canonical text, and so is what an event has for it', async () => {
      const table = await tableOf(database, 'every_kind');
      const rows = await rowsOf(database, table);
      const order = table.columns.map(({ name }) => name);
      expect(rows.get(FULL_KEY)).toEqual(order.map((name) => full[name]));
      expect(rows.get('["2"]')).toEqual(EVERY_ROW[1]?.map((value) => (value === 2 ? '2' : null)));
      expect(await compare.canonicalRows(database, table, [full])).toEqual([full]);
    });

    test('a view sees one moment, and its position lies between what came before and after', async () => {
      const table = await tableOf(database, 'items');
      await using before = await compare.openReadView(database);
      await commit(engine, database, [item(5, 1, 'later')]);
      await using after = await compare.openReadView(database);
      expect(await before.byKeys(planOf(table), ['["5","1"]'])).toEqual([]);
      expect((await after.byKeys(planOf(table), ['["5","1"]', '["6","6"]'])).map(({ key }) => key)).toEqual([
        '["5","1"]',
      ]);
      expect(before.position < after.position).toBe(true);
      for (const { position } of [before, after]) {
        expect(source.parsePosition(source.formatPosition(position))).toBe(position);
        expect(source.parsePosition(String(position))).toBe(position);
      }
      expect([await before.count(table, { exact: true }), await after.count(table, { exact: true })]).toEqual([1, 2]);
    });

    test("rows come ordered by the bytes of their keys' texts", async () => {
      const kind: Kind = { kind: 'text', length: 20 };
      const definition = { name: 'words', columns: [{ name: 'w', kind }], key: ['w'] };
      await source.createTables(database, [definition]);
      const words = ['b', 'a', 'a b', 'é', 'z', '10', '9', '😀', 'ab', '"q"', '_'];
      await source.insertRows(
        database,
        definition,
        ['w'],
        words.map((word) => [word]),
      );
      const keys = [...(await rowsOf(database, await tableOf(database, 'words'))).keys()];
      const expected = words.map((word) => JSON.stringify([word]));
      expect(keys).toEqual(expected.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    });

    test('a range of integer keys is the same rows on every engine, and comes to the same', async () => {
      await source.createTables(database, [RANGED]);
      const rows = Array.from({ length: 25 }, (_, n) => [Math.floor(n / 2) * 5 - 20, n % 2, `é "${n}"\\\n`]);
      await source.insertRows(database, RANGED, ['id', 'line', 'name'], rows);
      const keys = rows.map(([id, line]) => JSON.stringify([String(id), String(line)]));
      const plan = acrossOf(planOf(await tableOf(database, 'ranged')));
      expect(plan.key.map((pair) => compare.ordersAlike(pair))).toEqual([true, true]);
      await using view = await compare.openReadView(database);
      expect(await view.everyNthKey(plan, undefined, 10, 100)).toEqual({ keys: [keys[9], keys[19]], ended: true });
      expect(await view.everyNthKey(plan, keys[3], 5, 10)).toEqual({ keys: [keys[8], keys[13]], ended: false });
      expect(await view.everyNthKey(plan, keys[24], 5, 10)).toEqual({ keys: [], ended: true });
      const bounds = [undefined, keys[9], keys[19], undefined];
      const pieces = await Promise.all(bounds.slice(1).map((upTo, n) => view.range(plan, bounds[n], upTo)));
      expect(pieces.map((piece) => piece.map(({ key }) => key).sort())).toEqual(
        [keys.slice(0, 10), keys.slice(10, 20), keys.slice(20)].map((piece) => piece.sort()),
      );
      expect(await view.digests(plan, bounds, false)).toEqual(pieces.map(digestOf));
      expect(await view.digests(plan, [keys[24], undefined], false)).toEqual([digestOf([])]);
      // A bound that no column here has room for.
      const beyond = ['["-9223372036854775808","0"]', '["9223372036854775807","0"]'];
      expect(await view.digests(plan, beyond, false)).toEqual([digestOf(pieces.flat())]);
    });

    test('a digest is that of the rows as they are read, whatever kinds they have', async () => {
      const plan = acrossOf(planOf(await tableOf(database, 'every_kind')));
      await using view = await compare.openReadView(database);
      const rows = await view.range(plan, undefined, undefined);
      expect(rows).toHaveLength(2);
      expect(await view.digests(plan, [undefined, undefined], false)).toEqual([digestOf(rows)]);
      for (const pair of plan.columns) {
        const alone = { ...plan, columns: [pair] };
        const read = await view.range(alone, undefined, undefined);
        const [digest] = await view.digests(alone, [undefined, undefined], false);
        expect([pair.source.name, digest]).toEqual([pair.source.name, digestOf(read)]);
      }
    });
  });
}
