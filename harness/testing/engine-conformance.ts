import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ColumnPair, ReadPlan, ReadView } from '#engines/port/compare.ts';
import type { Engine } from '#engines/port/engine.ts';
import { digestOf } from '#engines/row-digest.ts';
import { type Table, tableId } from '#model/catalog.ts';
import { NOW } from '#model/change.ts';
import type { TableDefinition } from '#model/definition.ts';
import type { Kind } from '#model/kind.ts';
import type { Database } from '#model/pipeline.ts';
import { keyOf, type Row, type Text } from '#model/values.ts';
import type { Transaction } from '#model/workload.ts';
import { plansFor } from '#verify/observe/plan.ts';
import { genericWorkload } from '#workloads/generic/generic.ts';
import type { TestServer } from './database-server.ts';
import { transactionName } from './transaction-name.ts';

type Tested = Pick<TestServer, 'server'> & AsyncDisposable;

/** Names that SQL could take for something else. */
const NAMES = ['plain', 'with space', "quote'd", 'dou"ble', 'back`tick', 'select', 'Ünï', 'a.b', 'semi;colon'];

/**
 * A value of each kind as a workload writes it, and its canonical text: the same on every engine. What an event of the
 * capture would have for it is in the same terms. A time of day is left out: MariaDB's `time` is a span, and named as one.
 */
const VALUES: readonly (readonly [name: string, kind: Kind, written: string | number | boolean, canonical: string])[] =
  [
    ['small', { kind: 'integer', bits: 16 }, -32768, '-32768'],
    ['big', { kind: 'integer', bits: 64 }, '9223372036854775807', '9223372036854775807'],
    ['amount', { kind: 'decimal', precision: 12, scale: 2 }, '-1.5', '-1.50'],
    ['ratio', { kind: 'float', bits: 64 }, '0.30000000000000004', '0.30000000000000004'],
    ['yes', { kind: 'boolean' }, true, 'true'],
    ['no', { kind: 'boolean' }, false, 'false'],
    ['words', { kind: 'text' }, ` té😀"'\\\n\t `, ` té😀"'\\\n\t `],
    ['empty', { kind: 'text' }, '', ''],
    ['short', { kind: 'text', length: 9 }, 'ab ', 'ab '],
    ['day', { kind: 'date' }, '2024-02-29', '2024-02-29'],
    ['at', { kind: 'instant', digits: 6 }, '2024-02-29T23:59:59.120000Z', '2024-02-29 23:59:59.12+00'],
    ['local', { kind: 'local-timestamp', digits: 6 }, '2024-02-29 23:59:59.000001', '2024-02-29 23:59:59.000001'],
    ['id', { kind: 'uuid' }, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
  ];

const EVERY_KIND: TableDefinition = {
  name: 'every_kind',
  columns: [
    { name: 'key', kind: { kind: 'integer', bits: 32 } },
    ...VALUES.map(([name, kind]) => ({ name, kind, nullable: true as const })),
  ],
  key: ['key'],
};

const ITEMS: TableDefinition = {
  name: 'items',
  columns: [
    { name: 'id', kind: { kind: 'integer', bits: 64 } },
    { name: 'line', kind: { kind: 'integer', bits: 32 } },
    { name: 'name', kind: { kind: 'text', length: 40 }, nullable: true, default: "it's new" },
    { name: 'stock', kind: { kind: 'integer', bits: 32 }, default: 0 },
    { name: 'made', kind: { kind: 'instant', digits: 6 }, default: NOW },
  ],
  key: ['id', 'line'],
};

/** Tables of somebody's, for a writer that knows nothing of them; between them a column of each kind that it makes values of. */
const ANYBODYS: readonly TableDefinition[] = [
  { ...EVERY_KIND, name: 'parents' },
  {
    name: 'children',
    columns: [
      { name: 'parent', kind: { kind: 'integer', bits: 32 } },
      { name: 'at', kind: { kind: 'instant', digits: 6 } },
      { name: 'amount', kind: { kind: 'decimal', precision: 9, scale: 2 } },
    ],
    key: ['parent', 'at'],
    foreign: [{ columns: ['parent'], table: 'parents', references: ['key'] }],
  },
];

const RANGED: TableDefinition = {
  name: 'ranged',
  columns: [
    { name: 'id', kind: { kind: 'integer', bits: 32 } },
    { name: 'line', kind: { kind: 'integer', bits: 16 } },
    { name: 'name', kind: { kind: 'text', length: 40 }, nullable: true },
  ],
  key: ['id', 'line'],
};

/**
 * What any database engine must do, whatever it is: run against servers of the lab's own in CI, and against one of
 * somebody's with `npm run test:engine`. A new engine is right when this passes.
 */
export function testEngine(engine: Engine, start: () => Promise<Tested>): void {
  const { name, dialect, server: servers, source, compare } = engine;
  let server: Tested;
  let database: Database;
  const made: string[] = [];

  const create = async (label: string, template?: string): Promise<Database> => {
    const own = `conformance_${process.pid}_${label}`;
    made.push(own);
    return servers.create(server.server, own, template);
  };
  const tableOf = async (on: Database, wanted: string): Promise<Table> => {
    const found = (await compare.readCatalog(on)).find((table) => table.name === wanted);
    if (found === undefined) throw new Error(`no table ${wanted}`);
    return found;
  };
  const planOf = (table: Table): ReadPlan => {
    const plans = plansFor(table, table);
    if (plans === undefined) throw new Error(`${tableId(table)} cannot be read`);
    return plans.source;
  };
  /** The plan as it would be beside another engine's. */
  const acrossOf = (plan: ReadPlan): ReadPlan => {
    const across = (pair: ColumnPair): ColumnPair => ({ ...pair, as: dialect.kindOf(pair.source) });
    return { ...plan, key: plan.key.map(across), columns: plan.columns.map(across) };
  };
  const viewing = async <T>(on: Database, work: (view: ReadView) => Promise<T>): Promise<T> => {
    await using view = await compare.openReadView(on);
    // Awaited here: the view ends with this function.
    return await work(view);
  };
  /** The compared rows, by their keys. */
  const rowsOf = (on: Database, table: Table): Promise<Map<string, Text[]>> =>
    viewing(on, async (view) => {
      const rows = new Map<string, Text[]>();
      for await (const batch of view.stream(planOf(table)))
        for (const { key, row } of batch) rows.set(key, JSON.parse(row) as Text[]);
      return rows;
    });
  const insert = (id: number, line: number, text: string | null) => ({
    ...({ change: 'insert', table: ITEMS, columns: ['id', 'line', 'name'], rows: [[id, line, text]] } as const),
  });

  describe(`the engine ${name}`, () => {
    beforeAll(async () => {
      server = await start();
      database = await create('main');
      await source.createTables(database, [EVERY_KIND, ITEMS]);
    });
    afterAll(async () => {
      await database?.close();
      for (const own of made) await servers.drop(server.server, own).catch(() => {});
      await server?.[Symbol.asyncDispose]();
    });

    test('names itself, and its server says what it is', async () => {
      expect([name === '', engine.title === '']).toEqual([false, false]);
      expect(await servers.answers(server.server)).toBe(true);
      expect(await servers.version(server.server)).toMatch(/^\d+\.\d+/);
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

    test('a value of each kind is read in its canonical text, and so is what an event has for it', async () => {
      const columns = ['key', ...VALUES.map(([column]) => column)];
      const nothing = VALUES.map(() => null);
      await source.insertRows(database, EVERY_KIND, columns, [
        [1, ...VALUES.map(([, , written]) => written)],
        [2, ...nothing],
      ]);
      const table = await tableOf(database, 'every_kind');
      const rows = await rowsOf(database, table);
      // Of an engine without a type for them UUIDs are texts, which differ by case.
      const keeps = dialect.kindOf({ type: dialect.typeFor({ kind: 'uuid' }) ?? '' }).kind === 'text';
      const texts = VALUES.map(([id, kind, as, text]) => [id, keeps && kind.kind === 'uuid' ? as : text]);
      const canonical: Row = { key: '1', ...Object.fromEntries(texts) };
      const order = table.columns.map(({ name: column }) => column);
      expect(rows.get(keyOf(['key'], canonical))).toEqual(order.map((column) => canonical[column]));
      expect(rows.get('["2"]')).toEqual(['2', ...nothing]);
      expect(await compare.canonicalRows(database, table, [canonical])).toEqual([canonical]);
    });

    test('a transaction is whole or not at all, and has a name once it has committed', async () => {
      const session = source.openWriterSession(database);
      const begun = await session.begin();
      expect(await session.run(insert(1, 1, 'a'))).toMatchObject({ found: 1, changed: 1 });
      await session.run({ change: 'update', table: ITEMS, set: { stock: { add: 3 }, made: NOW }, where: { id: 1 } });
      const first = await transactionName(session.commit(), begun);
      await session.begin();
      await session.run(insert(2, 1, 'b'));
      await session.rollback();
      const again = await session.begin();
      await session.run({ change: 'update', table: ITEMS, set: { name: null }, where: { id: 1, line: 1 } });
      const second = await transactionName(session.commit(), again);
      await session.begin();
      const refused = await session.run(insert(1, 1, 'twice')).catch((error: unknown) => error);
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

    test('a view sees one moment, and its position lies between what came before and after', async () => {
      const table = await tableOf(database, 'items');
      await using before = await compare.openReadView(database);
      const session = source.openWriterSession(database);
      await session.begin();
      await session.run(insert(5, 1, 'later'));
      await session.commit();
      await session.close();
      await using after = await compare.openReadView(database);
      expect(await before.byKeys(planOf(table), ['["5","1"]'])).toEqual([]);
      expect((await after.byKeys(planOf(table), ['["5","1"]', '["6","6"]'])).map(({ key }) => key)).toEqual([
        '["5","1"]',
      ]);
      expect(before.lsn < after.lsn).toBe(true);
      for (const { lsn } of [before, after]) {
        expect(source.parsePosition(source.formatPosition(lsn))).toBe(lsn);
        expect(source.parsePosition(String(lsn))).toBe(lsn);
      }
      expect([await before.count(table, { exact: true }), await after.count(table, { exact: true })]).toEqual([1, 2]);
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

    test("rows come ordered by the bytes of their keys' texts", async () => {
      await source.createTables(database, [
        { name: 'words', columns: [{ name: 'w', kind: { kind: 'text', length: 20 } }], key: ['w'] },
      ]);
      const words = ['b', 'a', 'a b', 'é', 'z', '10', '9', '😀', 'ab', '"q"', '_'];
      const definition = {
        name: 'words',
        columns: [{ name: 'w', kind: { kind: 'text', length: 20 } as Kind }],
        key: ['w'],
      };
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

    test('a job reads rows with a position below that of every change that it did not see', async () => {
      const table = await tableOf(database, 'items');
      const { rows, lsn } = await source.jobRead(database, table, 10);
      expect(rows.map((row) => keyOf(table.key, row))).toEqual(['["1","1"]', '["5","1"]']);
      const session = source.openWriterSession(database);
      await session.begin();
      await session.run(insert(7, 1, 'unseen'));
      await session.commit();
      await session.close();
      expect(lsn < (await viewing(database, async (view) => view.lsn))).toBe(true);
    });

    test('a column is added with its default for the rows that are there', async () => {
      const id = tableId(await tableOf(database, 'items'));
      await source.addColumn(database, id, { name: 'tier', kind: { kind: 'text' }, default: "it's std" });
      const table = await tableOf(database, 'items');
      const place = table.columns.findIndex(({ name: column }) => column === 'tier');
      const rows = await rowsOf(database, table);
      expect([...rows.values()].map((row) => row[place])).toEqual([...rows].map(() => "it's std"));
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
      await servers.drop(server.server, copy.name);
      await servers.drop(server.server, copy.name);
      await expect(copy.query('SELECT 1')).rejects.toThrow();
      await copy.close();
    });

    test('a connector is configured for one prefix, and reads topics that no other prefix has', () => {
      const options = { server: server.server, database: 'd', tables: ['x.t'], brokers: ['localhost:1'] };
      const [one, other] = ['p', 'q'].map((prefix) => source.connectorConfig({ ...options, prefix }));
      expect([one?.['topic.prefix'], other?.['topic.prefix']]).toEqual(['p', 'q']);
      const id = tableId({ schema: dialect.defaultSchema, name: 't' });
      expect(source.topicOf({ prefix: 'p', database: 'd', table: id })).toMatch(/^p\.[\w.-]+\.t$/);
      expect(source.block.connectors.length).toBeGreaterThan(0);
    });
  });
}
