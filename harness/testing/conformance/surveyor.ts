import { beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '#model/pipeline.ts';
import type { Shape } from '#model/shape.ts';
import { keyOf } from '#model/values.ts';
import { type Conformance, commit, feature, reading } from './suite.ts';
import { ANYBODYS, EVERY_COLUMN, EVERY_ROW, fullRowOf, ITEMS, item, VALUES } from './tables.ts';

const [PARENTS, CHILDREN] = ANYBODYS as readonly [(typeof ANYBODYS)[0], (typeof ANYBODYS)[0]];

/** What a writer that knows nothing of the tables is told of them. */
export function testSurveyor(suite: Conformance): void {
  const { engine, create } = suite;
  const { source, dialect } = engine;
  const { tableOf, rowsOf } = reading(engine);
  const fullRow = fullRowOf(dialect);
  let on: Database;
  const shapeOf = async (name: string): Promise<Shape> => {
    const shape = (await source.readShapes(on)).find(({ id }) => id === `${dialect.defaultSchema}.${name}`);
    if (shape === undefined) throw new Error(`no shape of ${name}`);
    return shape;
  };

  describe('surveyor', () => {
    beforeAll(async () => {
      on = await create('surveyor');
      await source.createTables(on, [PARENTS, CHILDREN, ITEMS]);
      await source.insertRows(on, PARENTS, EVERY_COLUMN, EVERY_ROW);
      await commit(engine, on, [item(3, 1, 'c'), item(1, 2, 'b'), item(1, 1, 'a')]);
    });

    test('tells the columns and the keys that the catalog has', async () => {
      const shapes = await source.readShapes(on);
      expect(shapes.map(({ id }) => id.split('.')[1])).toEqual(['children', 'items', 'parents']);
      for (const { name } of [...ANYBODYS, ITEMS]) {
        const [shape, table] = [await shapeOf(name), await tableOf(on, name)];
        expect(shape.key).toEqual(table.key);
        expect(shape.columns.map((column) => [column.name, column.nullable, column.generated])).toEqual(
          table.columns.map((column) => [column.name, column.nullable, column.generated]),
        );
      }
      for (const { name, kind } of (await shapeOf('parents')).columns) {
        const wanted = PARENTS.columns.find((column) => column.name === name)?.kind;
        expect([name, dialect.typeFor(kind)]).toEqual([name, wanted && dialect.typeFor(wanted)]);
      }
    });

    feature('foreign keys', suite, () => {
      test('name their parents by the columns of both', async () => {
        const { foreign } = await shapeOf('children');
        const parent = `${dialect.defaultSchema}.parents`;
        expect(foreign).toEqual([{ columns: ['parent'], parent, parentColumns: ['key'] }]);
      });
    });

    test('reads the first rows by their key, in texts that are taken back', async () => {
      const shape = await shapeOf('items');
      const rows = await source.readRows(on, shape, 2);
      expect(rows.map((row) => keyOf(shape.key, row))).toEqual(['["1","1"]', '["1","2"]']);
      const [full] = await source.readRows(on, await shapeOf('parents'), 1);
      const taken = await engine.compare.canonicalRows(on, await tableOf(on, 'parents'), [full ?? {}]);
      expect(taken).toEqual([fullRow]);
    });

    test('tells the highest number of a column, rounded up, and how many rows there are of any other', async () => {
      const top = async (table: string, name: string): Promise<bigint> => {
        const shape = await shapeOf(table);
        const column = shape.columns.find((one) => one.name === name);
        if (column === undefined) throw new Error(`no column ${name}`);
        return source.top(on, shape, column);
      };
      expect([await top('items', 'id'), await top('items', 'name'), await top('children', 'parent')]).toEqual([
        3n,
        3n,
        0n,
      ]);
      expect([await top('parents', 'amount'), await top('parents', 'big')]).toEqual([-1n, 9223372036854775807n]);
    });

    test('accepts what the columns take, in the texts in which the rows will have it', async () => {
      const shape = await shapeOf('parents');
      const columns = EVERY_COLUMN.map((name) => shape.columns.find((column) => column.name === name)).filter(
        (column) => column !== undefined,
      );
      const full = EVERY_COLUMN.map((name) => fullRow[name] ?? null);
      const nothing = full.map(() => null);
      const candidates = [
        nothing,
        ['7', ...full.slice(1)],
        ['8', ...nothing.slice(1)],
        ['no number', ...nothing.slice(1)],
      ];
      const accepted = await source.accepted(on, shape, columns, candidates, 10);
      expect(accepted).toHaveLength(2);
      const table = await tableOf(on, 'parents');
      expect(await engine.compare.canonicalRows(on, table, accepted)).toEqual([
        { ...fullRow, key: '7' },
        { key: '8', ...Object.fromEntries(VALUES.map(([name]) => [name, null])) },
      ]);
      expect(await source.accepted(on, shape, columns, candidates, 1)).toEqual(accepted.slice(0, 1));
      expect((await rowsOf(on, table)).size).toBe(2);
    });
  });
}
