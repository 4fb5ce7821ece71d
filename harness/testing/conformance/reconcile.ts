import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Database } from '#model/pipeline.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import { requestFor } from '../two-databases.ts';
import { type Conformance, feature, reading } from './suite.ts';
import { EVERY_COLUMN, EVERY_KIND, EVERY_ROW, RANGED } from './tables.ts';

/** What `driftlab reconcile` asks of two databases of an engine. */
export function testReconcile(suite: Conformance): void {
  const { engine, create } = suite;
  const { source, server } = engine;
  const { tableOf, rowsOf } = reading(engine);
  const ranged = Array.from({ length: 2500 }, (_, n) => [n >> 1, n % 2, n % 7 === 0 ? null : `é "${n}"\\\n`]);

  const fill = async (on: Database, rows: typeof ranged): Promise<void> => {
    await source.createTables(on, [RANGED, EVERY_KIND]);
    await source.insertRows(on, RANGED, ['id', 'line', 'name'], rows);
    await source.insertRows(on, EVERY_KIND, EVERY_COLUMN, EVERY_ROW);
    await source.analyze(on);
  };

  feature('reconcile', suite, () => {
    const folder = mkdtempSync(join(tmpdir(), 'driftlab-reconcile-'));
    afterAll(() => rmSync(folder, { recursive: true }));

    test('differences are found, row by row, and its statements for repair leave none', async () => {
      const [ours, theirs] = [await create('ours'), await create('theirs')];
      await fill(ours, ranged);
      // One missing, one more, one altered.
      const altered = ranged.filter((_, n) => n !== 1000).map((row, n) => (n === 400 ? [...row.slice(0, 2), ''] : row));
      await fill(theirs, [...altered, [5000, 0, 'more']]);
      const repairFile = join(folder, 'repair.sql');
      const compare = () => {
        const tables = [{ source: 'ranged' }, { source: 'every_kind' }];
        const request = { ...requestFor(ours.url, theirs.url, tables), repairFile };
        return reconcile(request, { signal: new AbortController().signal });
      };
      const report = await compare();
      expect([report.status, report.tables_mismatched]).toEqual(['FAIL', 1]);
      const watch = { signal: new AbortController().signal, limitMs: 60_000 };
      await server.runSql(theirs, [{ file: repairFile, sql: readFileSync(repairFile, 'utf8') }], watch);
      expect((await compare()).status).toBe('PASS');
      const [left, right] = [await tableOf(ours, 'ranged'), await tableOf(theirs, 'ranged')];
      expect(await rowsOf(theirs, right)).toEqual(await rowsOf(ours, left));
      await ours.close();
      await theirs.close();
    });

    test('a side describes its tables as the catalog has them, and names one that is near what it has not', async () => {
      const on = await create('described_side');
      await fill(on, ranged.slice(0, 10));
      await using side = await engine.reconcile.connect(on.url, { connections: 1 });
      const table = await tableOf(on, 'ranged');
      const described = await side.describe('ranged');
      expect([described.key, described.indexes]).toEqual([table.key, [table.key]]);
      expect(described.columns.map(({ name, nullable, generated }) => [name, nullable, generated])).toEqual(
        table.columns.map(({ name, nullable, generated }) => [name, nullable, generated]),
      );
      expect(described.columns.slice(0, 2).map(({ order }) => order)).toEqual(['integer', 'integer']);
      await expect(side.describe('rangd')).rejects.toMatchObject({
        ...{ code: 'no-such-table', exit: 1, hint: expect.stringContaining('ranged') },
      });
      await on.close();
    });
  });
}
