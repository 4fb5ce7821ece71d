import { beforeAll, describe, expect, test } from 'vitest';
import type { RowWrite, Segment, Sink, SinkTable } from '#engines/port/sink.ts';
import { type Table, type TableId, tableId } from '#model/catalog.ts';
import type { Database } from '#model/pipeline.ts';
import type { Row, Text } from '#model/values.ts';
import { plansFor } from '#verify/observe/plan.ts';
import { type Conformance, feature, reading } from './suite.ts';
import { ANYBODYS, EVERY_KIND, FULL_KEY, fullRowOf, ITEMS } from './tables.ts';

type Write = Partial<Pick<RowWrite, 'lsn' | 'guard'>>;

const row = (values: RowWrite['values'], { lsn, ...guard }: Write = {}): RowWrite => ({
  ...{ key: 'key' in values ? ['key'] : ['id', 'line'], values, op: 'u', lsn, ...guard },
  ...{ capturedAtMs: 1_700_000_000_000, receivedAtMs: 1_700_000_001_000 },
});
const item = (id: number, name: string | null, write: Write = {}): RowWrite =>
  row({ id: String(id), line: '1', name, stock: '0', made: '2024-01-01 00:00:00+00' }, write);
const keyed = (id: number) => ({ columns: ['id', 'line'], values: [String(id), '1'] });
const nothing: Segment = { deletes: [], updates: [], upserts: [], inserts: [], tombstones: new Map() };

interface SinkOptions {
  readonly keyed?: boolean;
  readonly widePositions?: boolean;
}

/** A sink of its own beside a source with {@link EVERY_KIND} and {@link ITEMS}. */
async function openSink(
  { engine, create }: Conformance,
  source: Database,
  name: string,
  { keyed: keyedTables = true, widePositions = false }: SinkOptions = {},
) {
  const { compare, sink: port } = engine;
  const database = await create(`sink_${name}`);
  const theirs = new Map((await compare.readCatalog(source)).map((table) => [table.name, table]));
  for (const table of theirs.values()) {
    expect(await port.createTable(database, table, { keyed: keyedTables, widePositions })).toEqual([]);
    // Harmless where it exists.
    await port.createTable(database, table, { keyed: keyedTables, widePositions });
  }
  const sink = port.open({ url: database.url, consumer: name, widePositions });
  await sink.prepare();
  const idOf = (table: string): TableId => tableId(theirs.get(table) as Table);
  const need = async (table: string, guarded = false): Promise<SinkTable> => {
    const found = await sink.table(idOf(table), guarded);
    if (found === undefined) throw new Error(`the sink has no table ${table}`);
    return found;
  };
  return {
    ...{ database, sink, idOf, need },
    async write(segment: Partial<Segment>, table = 'items'): Promise<void> {
      const on = await need(table);
      await sink.transaction((transaction) => transaction.write(on, { ...nothing, ...segment }));
    },
    /** The rows as they are compared with the source's. */
    async rows(table = 'items'): Promise<[key: string, row: Text[]][]> {
      const ours = theirs.get(table) as Table;
      const written = (await compare.readCatalog(database)).find(({ name: one }) => one === table) as Table;
      const plans = plansFor(keyedTables ? ours : { ...ours, key: [] }, written);
      if (plans === undefined) throw new Error(`${table} cannot be compared`);
      return reading(engine).rowsBy(database, plans.sink);
    },
    async names(): Promise<string[]> {
      return (await this.rows()).map(([, [id, , name]]) => `${id}=${name}`).sort();
    },
    async [Symbol.asyncDispose]() {
      await sink[Symbol.asyncDispose]();
      await database.close();
    },
  };
}

/** What a database is as a sink: its tables are made after a source's, and written in transactions. */
export function testSink(suite: Conformance): void {
  const { engine, create } = suite;
  feature('sink', suite, () => {
    let source: Database;
    beforeAll(async () => {
      source = await create('sink');
      await engine.source.createTables(source, [EVERY_KIND, ITEMS]);
    });
    const open: Open = (name, options) => openSink(suite, source, name, options);

    describe('rows', () => testRows(fullRowOf(engine.dialect), open));
    describe('bookkeeping', () => testBookkeeping(suite, open));
    describe('tables', () => testTables(suite, open));
  });
}

type Open = (name: string, options?: SinkOptions) => ReturnType<typeof openSink>;

function testRows(full: Row, open: Open): void {
  test('a value of each kind is written as an event has it, and found again in its canonical text', async () => {
    await using it = await open('values');
    await it.write({ upserts: [row(full)] }, 'every_kind');
    const order = EVERY_KIND.columns.map(({ name }) => full[name]);
    expect(await it.rows('every_kind')).toEqual([[FULL_KEY, order]]);
    await it.write({ upserts: [row(full), row({ key: '2' })] }, 'every_kind');
    expect(await it.rows('every_kind')).toEqual([
      [FULL_KEY, order],
      ['["2"]', ['2', ...order.slice(1).map(() => null)]],
    ]);
  });

  test('a segment is carried out in its order, and columns that it does not set keep their value', async () => {
    await using it = await open('segment');
    await it.write({ upserts: [item(1, 'a'), item(2, 'b')] });
    await it.write({
      deletes: [keyed(1), keyed(9)],
      updates: [row({ id: '2', line: '1', stock: '5' }), row({ id: '9', line: '1', stock: '5' })],
      upserts: [item(1, 'again'), item(3, null)],
    });
    expect(await it.names()).toEqual(['1=again', '2=b', '3=null']);
    expect((await it.rows()).map(([, [, , , stock]]) => stock)).toEqual(['0', '5', '0']);
    await it.write({ truncate: {}, upserts: [item(4, 'd')] });
    expect(await it.names()).toEqual(['4=d']);
  });

  test('in a table without a key an insert is blind, and updates and deletes reach every copy', async () => {
    await using it = await open('keyless', { keyed: false });
    for (const _ of [1, 2]) await it.write({ inserts: [item(1, 'a'), item(2, 'b')] });
    expect(await it.names()).toEqual(['1=a', '1=a', '2=b', '2=b']);
    await it.write({ deletes: [keyed(2)], updates: [row({ id: '1', line: '1', name: 'new' })] });
    expect(await it.names()).toEqual(['1=new', '1=new']);
  });

  test('a value that a column cannot hold is refused as data, and nothing of its transaction is kept', async () => {
    await using it = await open('refused');
    const bad = { ...item(2, 'b'), values: { ...item(2, 'b').values, stock: 'many' } };
    const refused = await it.write({ upserts: [item(1, 'a'), bad] }).catch((error: unknown) => error);
    expect(it.sink.failureOf(refused)).toBe('data');
    expect(await it.names()).toEqual([]);
  });
}

function testBookkeeping({ engine }: Conformance, open: Open): void {
  test('positions and what was applied above them are kept with the rows, for each consumer', async () => {
    await using it = await open('positions');
    const range = { topic: 'x', partition: 0, from: 0n, next: 5n };
    const ahead = { ...range, from: 7n, next: 9n };
    const table = await it.need('items');
    const failed = it.sink.transaction(async (transaction) => {
      await transaction.write(table, { ...nothing, upserts: [item(1, 'never')] });
      await transaction.remember([range]);
      throw new Error('on purpose');
    });
    await expect(failed).rejects.toThrow('on purpose');
    expect([await it.names(), await it.sink.positions()]).toEqual([[], new Map()]);
    await it.sink.transaction(async (transaction) => {
      await transaction.lock();
      await transaction.write(table, { ...nothing, upserts: [item(1, 'a')] });
      await transaction.remember([range]);
    });
    expect([await it.names(), await it.sink.positions()]).toEqual([['1=a'], new Map([['x/0', 5n]])]);
    const seen = await it.sink.transaction((transaction) => transaction.seen([{ ...range, from: 4n, next: 9n }]));
    expect(seen.positions).toEqual(new Map([['x/0', 5n]]));
    expect(seen.applied.some(({ from, next }) => from <= 4n && next === 5n)).toBe(true);
    expect(seen.applied.some(({ from }) => from === ahead.from)).toBe(false);
    await using other: Sink = engine.sink.open({ url: it.database.url, consumer: 'another' });
    expect(await other.positions()).toEqual(new Map());
  });

  test.each([
    ['numbers', false],
    ['texts', true],
  ])(
    'a row that is guarded, by %s, is not overwritten by an older change, nor brought back after it was deleted',
    async (by, widePositions) => {
      await using it = await open(`guards_${by}`, { widePositions });
      const table = await it.need('items', true);
      const ask = (lsn: bigint) => ({ id: '["1","1"]', lsn, ...keyed(1) });
      await it.sink.transaction(async (transaction) => {
        await transaction.write(table, { ...nothing, upserts: [item(1, 'new', { lsn: 20n, guard: 20n })] });
        await transaction.write(table, { ...nothing, upserts: [item(1, 'old', { lsn: 10n, guard: 10n })] });
        expect((await transaction.guards(table, () => [ask(20n)])).keys).toEqual(new Map([['["1","1"]', 20n]]));
        expect((await transaction.guards(table, () => [ask(21n)])).keys.size).toBe(0);
        const tombstones = new Map([['["1","1"]', 30n]]);
        await transaction.write(table, { ...nothing, deletes: [keyed(1)], tombstones });
        expect((await transaction.guards(table, () => [ask(25n)])).keys).toEqual(new Map([['["1","1"]', 30n]]));
      });
      expect(await it.names()).toEqual([]);
    },
  );

  test('what was written to a row is noted, with its position and in its order', async () => {
    await using it = await open('effects');
    const [table] = (await engine.compare.readCatalog(it.database)).filter(({ name }) => name === 'items');
    await engine.sink.noteEffects(it.database, table as Table);
    await engine.sink.noteEffects(it.database, table as Table);
    for (const lsn of [5n, 3n, 3n]) await it.write({ upserts: [item(1, 'a', { lsn })] });
    await it.write({ deletes: [keyed(1)], upserts: [item(2, 'b', { lsn: 9n })] });
    const keys = ['["1","1"]', '["3","1"]'];
    expect(await engine.sink.effectsOf(it.database, it.idOf('items'), keys)).toEqual(
      new Map([['["1","1"]', [5n, 3n, 3n, 0n]]]),
    );
  });
}

function testTables({ engine, create }: Conformance, open: Open): void {
  const { sink: port, compare } = engine;

  test('are like those of the source, and their state tells them', async () => {
    await using it = await open('like');
    const table = await it.need('items');
    expect(table.key).toEqual(['id', 'line']);
    expect([...table.columns.keys()]).toEqual(expect.arrayContaining(ITEMS.columns.map(({ name }) => name)));
    expect(await it.sink.table(it.idOf('items').replace('items', 'none'), false)).toBeUndefined();
    const state = await port.state(it.database);
    expect(state.tables.map(({ name }) => name)).toEqual(expect.arrayContaining(['every_kind', 'items']));
    expect(state.constraints.filter(({ kind, table: on }) => kind === 'primary-key' && on === table.id)).toEqual([
      expect.objectContaining({ columns: ['id', 'line'] }),
    ]);
  });

  test('take a column that an event has, with the default for the rows that are there', async () => {
    await using it = await open('added');
    await it.write({ upserts: [item(1, 'a')] });
    const tier = { name: 'tier', connectType: 'string', optional: false, default: "it's std" };
    await it.sink.addColumns(it.idOf('items'), [tier]);
    it.sink.forget(it.idOf('items'));
    expect((await it.need('items')).columns.has('tier')).toBe(true);
    const texts = engine.dialect.textOf('tier');
    const asked = `SELECT ${texts} AS tier FROM ${engine.dialect.quoteTable(it.idOf('items'))}`;
    expect(await it.database.query(asked)).toEqual([{ tier: "it's std" }]);
  });

  test('of somebody’s own say what an INSERT must name, lose what spans their rows, and go with the rest', async () => {
    const on = await create('sink_own');
    await engine.source.createTables(on, [...ANYBODYS, ITEMS]);
    const { defaultSchema: schema } = engine.dialect;
    expect(await port.demandedColumns(on, tableId({ schema, name: 'items' }))).toEqual(['id', 'line']);
    await port.dropSpanning(on);
    const orphan = [[99, '2024-01-01T00:00:00Z', '1']];
    await engine.source.insertRows(on, ANYBODYS[1] as (typeof ANYBODYS)[0], ['parent', 'at', 'amount'], orphan);
    await port.empty(on);
    expect(await compare.readCatalog(on)).toEqual([]);
    await on.close();
  });

  test('pass over what is done to one row, of the kinds that can be passed over', async () => {
    await using it = await open('passed');
    const { kinds, whyNot, prepare, begin, end } = port.passOver;
    expect(kinds.size < 3).toBe(whyNot !== undefined);
    await prepare(it.database, [{ table: it.idOf('items'), column: 'id' }]);
    await it.write({ upserts: [item(1, 'a'), item(2, 'b')] });
    await begin(it.database, it.idOf('items'), 1);
    await it.write({ updates: [item(1, 'new'), item(2, 'new')] });
    expect(await it.names()).toEqual([kinds.has('update') ? '1=a' : '1=new', '2=new']);
    await end(it.database, it.idOf('items'), 1);
    await it.write({ updates: [item(1, 'late')] });
    expect(await it.names()).toEqual(['1=late', '2=new']);
  });
}
