import { describe, expect, test } from 'vitest';
import { tableId } from '#model/catalog.ts';
import type { CommittedTransaction } from '#model/change-feed.ts';
import type { TableDefinition } from '#model/definition.ts';
import { until } from '#std/wait.ts';
import { type Conformance, commit, feature, reading } from './suite.ts';
import { ITEMS, item } from './tables.ts';

const RELEASE_LIMIT_MS = 10_000;
const PURGE_LIMIT_MS = 20_000;

const counted = (name: string): TableDefinition => ({
  ...{ name, columns: [{ name: 'id', kind: { kind: 'integer', bits: 32 } }], key: ['id'] },
});
const [AUDIT, BEAT] = [counted('audit'), counted('beat')];

/** What the source's own log says of what was written, and what the source notes beside it. */
export function testLog(suite: Conformance): void {
  describe('log', () => {
    feature('change feed', suite, () => testChangeFeed(suite));
    feature('touched rows', suite, () => testTouchRow(suite));
    feature('versions', suite, () => testVersions(suite));
    feature('binary log', suite, () => testBinlog(suite));
    feature('change tables', suite, () => testChangeTables(suite));
  });
}

const written = (transactions: readonly CommittedTransaction[]): string[] =>
  transactions.flatMap(({ writes }) => writes.map(({ table, key, kind }) => `${kind} ${table.split('.')[1]} ${key}`));

function testChangeFeed({ engine, create }: Conformance): void {
  const { source, dialect, compare } = engine;

  test('has what was committed since it was opened, by its name and in its order, and nothing else', async () => {
    const on = await create('feed');
    await source.createTables(on, [ITEMS, AUDIT, BEAT]);
    await source.prepareSignals(on);
    await commit(engine, on, [item(1, 1, 'before')]);
    const ignored = new Set([tableId({ schema: dialect.defaultSchema, name: 'beat' })]);
    const known = async () => (await compare.readCatalog(on)).filter(({ name }) => name !== 'audit');
    await using feed = await source.openChangeFeed(on, known, ignored);
    expect(await feed.read()).toEqual([]);

    const open = source.openWriterSession(on);
    await open.begin();
    await open.run(item(9, 9, 'never'));
    expect(await feed.read()).toEqual([]);
    await open.rollback();
    await open.close();
    const first = await commit(engine, on, [
      item(2, 1, 'a'),
      item(2, 2, 'b'),
      { change: 'update', table: ITEMS, set: { stock: { add: 1 } }, where: { id: 1, line: 1 } },
      { change: 'delete', table: ITEMS, where: { id: 2, line: 1 } },
      { change: 'insert', table: AUDIT, columns: ['id'], rows: [[1], [2]] },
      { change: 'insert', table: BEAT, columns: ['id'], rows: [[1]] },
    ]);
    const second = await commit(engine, on, [
      { change: 'update', table: ITEMS, set: { line: 7 }, where: { id: 2, line: 2 } },
    ]);
    const read = (await feed.read()).filter(({ writes }) => writes.length > 0);
    // Change tables have nothing of a table that nobody captures.
    const others = source.cleanUp === undefined ? 2 : 0;
    expect(read.map((one) => [one.txn, one.others])).toEqual([
      [first, others],
      [second, 0],
    ]);
    expect(written(read)).toEqual([
      'insert items ["2","1"]',
      'insert items ["2","2"]',
      'update items ["1","1"]',
      'delete items ["2","1"]',
      'delete items ["2","2"]',
      'insert items ["2","7"]',
    ]);
    expect(written(await feed.read())).toEqual([]);
    await source.release(on, RELEASE_LIMIT_MS);
    await on.close();
  });
}

function testTouchRow({ engine, create }: Conformance): void {
  const { source, compare } = engine;
  const { tableOf, rowsOf } = reading(engine);

  test('the log gets a change of a row that stays as it is, under the name that was told', async () => {
    const on = await create('touched');
    await source.createTables(on, [ITEMS]);
    await source.prepareSignals(on);
    await commit(engine, on, [item(1, 1, `it's "ü"`), item(2, 1, null)]);
    const table = await tableOf(on, 'items');
    const before = await rowsOf(on, table);
    await using feed = await source.openChangeFeed(on, () => compare.readCatalog(on));
    const name = await source.touchRow(on, table, '["1","1"]');
    expect(typeof name).toBe('string');
    const changes = (await feed.read()).filter(({ writes }) => writes.length > 0);
    expect(changes.map(({ txn }) => txn)).toEqual([name]);
    expect(new Set(changes.flatMap(({ writes }) => writes.map(({ key }) => key)))).toEqual(new Set(['["1","1"]']));
    expect(await rowsOf(on, table)).toEqual(before);
    expect(await source.touchRow(on, table, '["3","1"]')).toBeUndefined();
    expect(written(await feed.read())).toEqual([]);
    await source.release(on, RELEASE_LIMIT_MS);
    await on.close();
  });
}

function testVersions({ engine, create }: Conformance): void {
  const { source, compare } = engine;
  const { tableOf, planOf, rowsBy } = reading(engine);

  test('every version of a row from then on is there, if its transaction was committed', async () => {
    const on = await create('versions');
    await source.createTables(on, [ITEMS]);
    await commit(engine, on, [item(1, 1, 'first')]);
    const table = await tableOf(on, 'items');
    await source.keepVersions(on, [table]);
    await commit(engine, on, [
      { change: 'update', table: ITEMS, set: { name: 'second' }, where: { id: 1, line: 1 } },
      item(2, 1, 'new'),
    ]);
    const session = source.openWriterSession(on);
    await session.begin();
    await session.run(item(3, 1, 'never'));
    await session.rollback();
    await session.close();
    await commit(engine, on, [
      { change: 'update', table: ITEMS, set: { name: 'first' }, where: { id: 1, line: 1 } },
      { change: 'delete', table: ITEMS, where: { id: 2, line: 1 } },
    ]);
    const versions = await rowsBy(on, planOf(source.versionsOf(table)));
    expect(versions.map(([, row]) => row.slice(0, 3).join()).sort()).toEqual([
      '1,1,first',
      '1,1,first',
      '1,1,second',
      '2,1,new',
    ]);
    // What the lab keeps for itself is no table of somebody's.
    const theirs = (await compare.readCatalog(on)).filter(({ schema }) => schema !== source.ownSchema);
    expect(theirs.map(({ name }) => name)).toEqual(['items']);
    await on.close();
  });
}

function testBinlog({ engine, create }: Conformance): void {
  const { source } = engine;
  const binlog = () => {
    if (source.binlog === undefined) throw new Error('an engine without a binary log is to say so');
    return source.binlog;
  };

  test('files before one that was begun are removed, and no more', async () => {
    const on = await create('binlog');
    const first = await binlog().rotate(on);
    const second = await binlog().rotate(on);
    expect(first === second).toBe(false);
    let removed = 0;
    // The server keeps for a while what it would itself need after a crash.
    await until(
      async () => {
        const purged = await binlog().purge(on, second);
        removed += purged.removed;
        return purged.left === 0;
      },
      { what: 'the older files to be removed', limitMs: PURGE_LIMIT_MS },
    );
    expect(removed).toBeGreaterThan(0);
    expect(await binlog().purge(on, second)).toEqual({ removed: 0, left: 0 });
    await on.close();
  });

  test('row images are as narrow as they are told to be, and what they were before is told', async () => {
    const on = await create('images');
    const before = await binlog().setRowImage(on, 'minimal');
    expect(await binlog().setRowImage(on, before)).toBe('minimal');
    expect(await binlog().setRowImage(on, before)).toBe(before);
    await on.close();
  });

  test('a connector keeps the history of definitions in a topic of its own', () => {
    const options = { server: { host: 'h', port: 1, user: 'u', password: 'p', engine: engine.name }, prefix: 'p' };
    const config = source.connectorConfig({ ...options, database: 'd', tables: ['x.t'], brokers: ['localhost:1'] });
    const topic = binlog().historyTopic(config);
    expect(source.connectorTopics(config)).toContain(topic);
  });
}

function testChangeTables({ engine, create }: Conformance): void {
  const { source } = engine;
  const { tableOf } = reading(engine);

  test('captured changes are removed, those of one table or of all, and how many', async () => {
    const { cleanUp } = source;
    if (cleanUp === undefined) throw new Error('an engine without change tables is to say so');
    const on = await create('cleanup');
    await source.createTables(on, [ITEMS, AUDIT]);
    await source.prepareSignals(on);
    const audit = { change: 'insert', table: AUDIT, columns: ['id'], rows: [[1]] } as const;
    await commit(engine, on, [item(1, 1, 'a'), item(2, 1, 'b'), audit]);
    const items = new Set([tableId(await tableOf(on, 'items'))]);
    expect(await cleanUp(on, items)).toBe(2);
    expect(await cleanUp(on, items)).toBe(0);
    // Beside the row of the other table what the engine itself has captured.
    expect(await cleanUp(on)).toBeGreaterThan(0);
    await source.release(on, RELEASE_LIMIT_MS);
    await on.close();
  });
}
