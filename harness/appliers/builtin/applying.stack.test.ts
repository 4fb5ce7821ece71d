import { afterAll, beforeAll, expect, test } from 'vitest';
import { SOURCE_READERS } from '#engines/index.ts';
import { decodeChangeEvent, decodeContext } from '#log/decode.ts';
import type { Database, VariantSpec } from '#model/pipeline.ts';
import type { Row } from '#model/values.ts';
import type { TestServer } from '#testing/database-server.ts';
import { applying } from './applying.ts';
import { copyIn } from './copy-in.ts';
import type { Entry } from './entries.ts';
import { type FixtureRecord, logRecord, recordsOf, WIRE_UNCHANGED } from './records.fixture.ts';
import { settingsOf } from './settings.ts';
import { SINK_ENGINES, type SinkEngine } from './sink-engines.fixture.ts';

const TOPIC = 'p.public.t';
const FIELDS = { id: { type: 'int64' }, name: { type: 'string' }, wide: { type: 'string' } };
const record = recordsOf('t', ['id'], FIELDS);
const TIER = { type: 'string', optional: false, default: 'standard' };
const withTier = recordsOf('t', ['id'], { ...FIELDS, tier: TIER });

const row = (op: 'c' | 'u' | 'r', id: number, name: string, more: Partial<FixtureRecord> = {}): FixtureRecord => ({
  op,
  key: { id },
  ...more,
  after: { name, ...more.after },
});
const gone = (id: number, lsn?: number): FixtureRecord => ({
  op: 'd',
  key: { id },
  ...(lsn === undefined ? {} : { lsn }),
});

for (const one of SINK_ENGINES) one.describe(one.title, () => applies(one));

function applies({ engine: { server, sink: port, compare }, ...engine }: SinkEngine): void {
  let running: TestServer;
  let source: Database;
  let databases = 0;

  beforeAll(async () => {
    running = await engine.start();
    source = await server.create(running.server, 'source');
    await source.query(engine.table.sql);
  });

  afterAll(async () => {
    await source?.close();
    await running?.[Symbol.asyncDispose]();
  });

  /** A sink of its own with an applier's inner half: records in, rows out. */
  async function open(spec: Partial<VariantSpec>) {
    databases += 1;
    const name = `sink_${databases}`;
    const database = await server.create(running.server, name);
    const settings = settingsOf({ kind: 'builtin', title: name, ...spec });
    const sink = port.open({ url: database.url, consumer: name });
    const [table] = await compare.readCatalog(source);
    if (table === undefined) throw new Error('the source has no table');
    await port.createTable(database, table, { keyed: settings.mode !== 'insert' });
    if (settings.transactional) await sink.prepare();
    const aside: string[] = [];
    const apply = applying({
      sink,
      settings,
      signal: new AbortController().signal,
      onApplied: () => {},
      setAside: async (_, reason) => void aside.push(reason),
      onTrouble: () => {},
    });
    const context = decodeContext(SOURCE_READERS, new Map([[TOPIC, engine.table.id]]));
    let offset = 0;
    const entry = (made: { key: string | null; value: string | null }, at = offset++): Entry => {
      const log = logRecord(TOPIC, at, made);
      return {
        record: log,
        offset: BigInt(at),
        decoded: decodeChangeEvent(log, context),
        receivedAtMs: 1_700_000_001_000,
      };
    };
    return {
      database,
      sink,
      aside,
      entry,
      apply,
      send: (...records: FixtureRecord[]) => apply(records.map((one) => entry(record(one)))),
      names: async () => {
        const rows = await database.query<{ id: string; name: string }>('SELECT id, name FROM t ORDER BY id, name');
        return rows.map((one) => `${one.id}=${one.name}`);
      },
      copy: (rows: readonly Row[], lsn: bigint) => copyIn(sink, settings, 0, { table, rows, lsn }),
      async [Symbol.asyncDispose]() {
        await sink[Symbol.asyncDispose]();
        await database.close();
      },
    };
  }

  test('insert: a replayed create stands twice, updates and deletes reach every copy', async () => {
    await using it = await open({ mode: 'insert' });
    await it.send(row('c', 1, 'a'), row('c', 2, 'b'));
    await it.send(row('c', 1, 'a'), row('r', 2, 'b'));
    expect(await it.names()).toEqual(['1=a', '1=a', '2=b', '2=b']);
    await it.send(row('u', 1, 'new'), gone(2), row('c', 2, 'again'));
    expect(await it.names()).toEqual(['1=new', '1=new', '2=again']);
  });

  test('upsert: replays change nothing, a delete is one, a changed key moves the row', async () => {
    await using it = await open({ mode: 'upsert' });
    await it.send(row('c', 1, 'a'), row('c', 2, 'b'), row('c', 3, 'c'));
    await it.send(row('c', 1, 'a'), row('u', 2, 'bb'), gone(3));
    expect(await it.names()).toEqual(['1=a', '2=bb']);
    await it.send(gone(2), row('c', 20, 'bb'));
    expect(await it.names()).toEqual(['1=a', '20=bb']);
  });

  test('upsert: an older event overwrites a newer row, which is what dedup is there for', async () => {
    await using it = await open({ mode: 'upsert' });
    await it.send(row('u', 1, 'new', { lsn: 20 }));
    await it.send(row('u', 1, 'old', { lsn: 10 }));
    expect(await it.names()).toEqual(['1=old']);
  });

  test.each(['insert', 'upsert', 'dedup'] as const)('%s: an unchanged TOASTed value is kept', async (mode) => {
    await using it = await open({ mode });
    await it.send(row('c', 1, 'a', { after: { wide: 'w'.repeat(9000) }, lsn: 1 }));
    await it.send(row('u', 1, 'b', { after: { wide: WIRE_UNCHANGED }, lsn: 2 }));
    const [stored] = await it.database.query<{ name: string; size: string }>(
      'SELECT name, length(wide) AS size FROM t',
    );
    expect(stored).toEqual({ name: 'b', size: '9000' });
  });

  test('upsert: an update that leaves a NOT NULL column unchanged finds its row', async () => {
    await using it = await open({ mode: 'upsert' });
    await it.send(row('c', 1, 'a', { after: { wide: 'w' } }));
    await it.database.query(engine.wideNotNull);
    await it.send(row('u', 1, 'b', { after: { wide: WIRE_UNCHANGED } }));
    expect(await it.names()).toEqual(['1=b']);
  });

  test.each(['insert', 'upsert', 'dedup'] as const)(
    '%s: a truncate empties the table between the rows around it',
    async (mode) => {
      await using it = await open({ mode });
      await it.send(row('c', 1, 'a', { lsn: 1 }));
      await it.send(row('c', 2, 'b', { lsn: 2 }), { op: 't', lsn: 3 }, row('c', 3, 'c', { lsn: 4 }));
      expect(await it.names()).toEqual(['3=c']);
    },
  );

  test('every row carries the event’s operation, LSN, commit time and when it was received', async () => {
    await using it = await open({ mode: 'upsert' });
    await it.send(row('c', 1, 'a', { lsn: 77 }));
    const [stored] = await it.database.query('SELECT _cdc_op, _cdc_lsn, _cdc_captured_at, _cdc_received FROM t');
    const [captured, received] = engine.moments;
    expect(stored).toEqual({ _cdc_op: 'c', _cdc_lsn: '77', _cdc_captured_at: captured, _cdc_received: received });
  });

  test('dedup: an older event never overwrites a newer row, nor brings a deleted one back', async () => {
    await using it = await open({ mode: 'dedup' });
    await it.send(row('u', 1, 'new', { lsn: 20 }), row('c', 2, 'x', { lsn: 21 }), gone(2, 22));
    await it.send(row('u', 1, 'old', { lsn: 10 }), row('c', 2, 'back', { lsn: 21 }));
    expect(await it.names()).toEqual(['1=new']);
  });

  test('dedup: rows and tombstones that were guarded before their highest guard was kept are guarded still', async () => {
    await using it = await open({ mode: 'dedup' });
    await it.send(row('u', 1, 'new', { lsn: 20 }));
    await it.database.query(`DELETE FROM ${engine.own.guards}`);
    await it.send(row('u', 1, 'old', { lsn: 10 }), row('c', 2, 'x', { lsn: 21 }), gone(2, 30));
    await it.database.query(`DELETE FROM ${engine.own.guards}`);
    await it.send(row('c', 2, 'back', { lsn: 29 }), row('c', 3, 'y', { lsn: 5 }));
    expect(await it.names()).toEqual(['1=new', '3=y']);
  });

  test('dedup: what was applied is not applied again, by position and by dedup entry', async () => {
    await using it = await open({ mode: 'dedup' });
    const first = it.entry(record(row('c', 1, 'a')));
    await it.apply([first]);
    await it.database.query(`UPDATE t SET name = 'touched'`);
    await it.apply([first]);
    expect(await it.names()).toEqual(['1=touched']);
    // Somebody resets the positions: the entries themselves still say what has been applied.
    await it.database.query(`DELETE FROM ${engine.own.positions}`);
    await it.apply([first, it.entry(record(row('c', 2, 'b')))]);
    expect(await it.names()).toEqual(['1=touched', '2=b']);
    // The entries have been forgotten, as they are beyond their retention: the position still says it.
    await it.database.query(`DELETE FROM ${engine.own.dedup}`);
    await it.apply([first]);
    expect(await it.names()).toEqual(['1=touched', '2=b']);
  });

  test('dedup: rows and position are one transaction', async () => {
    await using it = await open({ mode: 'dedup' });
    await it.send(row('c', 1, 'a'));
    expect(await it.sink.positions()).toEqual(new Map([[`${TOPIC}/0`, 1n]]));
    await it.database.query("ALTER TABLE t ADD CONSTRAINT no_b CHECK (name <> 'b')");
    await expect(it.send(row('c', 2, 'ok'), row('c', 3, 'b'))).rejects.toThrow(/no_b/);
    expect(await it.names()).toEqual(['1=a', '2=ok']);
    expect(await it.sink.positions()).toEqual(new Map([[`${TOPIC}/0`, 2n]]));
  });

  test('dedup: a read of a snapshot is applied, and a change committed after it with a lower LSN still is', async () => {
    await using it = await open({ mode: 'dedup' });
    await it.send(row('u', 1, 'before', { lsn: 50 }));
    await it.send(row('r', 1, 'read', { lsn: 100 }));
    await it.send(row('u', 1, 'before', { lsn: 50 }));
    expect(await it.names()).toEqual(['1=read']);
    await it.send(row('u', 1, 'open meanwhile', { lsn: 90 }));
    expect(await it.names()).toEqual(['1=open meanwhile']);
  });

  const copied = (id: string, name: string): Row => ({ id, name, wide: 'w' });

  test('a job’s copy stands beside the rows (insert), overwrites them (upsert), or yields to newer ones (dedup)', async () => {
    for (const [mode, expected, written] of [
      ['insert', ['1=live', '1=stale', '2=stale', '3=stale'], 3],
      ['upsert', ['1=stale', '2=stale', '3=stale'], 3],
      ['dedup', ['1=live', '3=stale'], 1],
    ] as const) {
      await using it = await open({ mode });
      await it.send(row('c', 1, 'live', { lsn: 20 }), row('c', 2, 'x', { lsn: 21 }), gone(2, 22));
      const rows = [copied('1', 'stale'), copied('2', 'stale'), copied('3', 'stale')];
      expect(await it.copy(rows, 10n)).toBe(written);
      expect(await it.names()).toEqual(expected);
    }
  });

  test('dedup: a copy read later than the row’s last change overwrites it, and lagging changes do not take it back', async () => {
    await using it = await open({ mode: 'dedup' });
    await it.send(row('c', 1, 'a', { lsn: 20 }));
    expect(await it.copy([copied('1', 'read at 30')], 30n)).toBe(1);
    await it.send(row('u', 1, 'lagging', { lsn: 25 }));
    expect(await it.names()).toEqual(['1=read at 30']);
    await it.send(row('u', 1, 'later', { lsn: 31 }));
    expect(await it.names()).toEqual(['1=later']);
  });

  test('upsert: an event overwrites a copied row like any other', async () => {
    await using it = await open({ mode: 'upsert' });
    await it.copy([copied('1', 'copied')], 1000n);
    await it.send(row('u', 1, 'event', { lsn: 5 }));
    expect(await it.names()).toEqual(['1=event']);
  });

  test('evolve: a new column is added with its default, which rows without events hold as well', async () => {
    await using it = await open({ mode: 'upsert', schema: 'evolve' });
    await it.send(row('c', 1, 'a'), row('c', 2, 'b'));
    await it.apply([
      it.entry(record(row('c', 3, 'c'))),
      it.entry(withTier(row('u', 2, 'b', { after: { tier: 'gold' } }))),
    ]);
    expect(await it.database.query('SELECT id, tier FROM t ORDER BY id')).toEqual([
      { id: '1', tier: 'standard' },
      { id: '2', tier: 'gold' },
      { id: '3', tier: 'standard' },
    ]);
  });

  test('evolve: an integer column grows with the source’s', async () => {
    await using it = await open({ mode: 'upsert', schema: 'evolve' });
    const with32 = recordsOf('t', ['id'], { ...FIELDS, n: { type: 'int32' } });
    const with64 = recordsOf('t', ['id'], { ...FIELDS, n: { type: 'int64' } });
    await it.apply([it.entry(with32(row('c', 1, 'a', { after: { n: 1 } })))]);
    await it.apply([it.entry(with64(row('u', 1, 'a', { after: { n: 5_000_000_000 } })))]);
    expect(await it.database.query('SELECT n FROM t')).toEqual([{ n: '5000000000' }]);
  });

  test('ignore: an unknown column is left out', async () => {
    await using it = await open({ mode: 'upsert', schema: 'ignore' });
    await it.apply([it.entry(withTier(row('c', 1, 'a', { after: { tier: 'gold' } })))]);
    const table = (await compare.readCatalog(it.database)).find(({ name }) => name === 't');
    expect(table?.columns.map((column) => column.name)).not.toContain('tier');
    expect(await it.names()).toEqual(['1=a']);
  });

  test('strict: stops at the first event with an unknown column; what stands before it is applied, nothing after', async () => {
    await using it = await open({ mode: 'dedup', schema: 'strict' });
    const entries = [
      it.entry(record(row('c', 1, 'a'))),
      it.entry(withTier(row('c', 2, 'b', { after: { tier: 'gold' } }))),
      it.entry(record(row('c', 3, 'c'))),
    ];
    await expect(it.apply(entries)).rejects.toMatchObject({ code: 'schema-drift', found: 'tier' });
    expect(await it.names()).toEqual(['1=a']);
    expect(await it.sink.positions()).toEqual(new Map([[`${TOPIC}/0`, 1n]]));
  });

  test('stop: a record that cannot be decoded stops the applier behind the records before it', async () => {
    await using it = await open({ mode: 'upsert' });
    const entries = [
      it.entry(record(row('c', 1, 'a'))),
      it.entry({ key: null, value: 'nonsense' }),
      it.entry(record(row('c', 2, 'b'))),
    ];
    await expect(it.apply(entries)).rejects.toMatchObject({ code: 'applier-stopped' });
    expect(await it.names()).toEqual(['1=a']);
  });

  test('skip: what cannot be decoded or stored is set aside, and everything else is applied', async () => {
    await using it = await open({ mode: 'upsert', errors: 'skip' });
    const entries = [
      it.entry(record(row('c', 1, 'a'))),
      it.entry({ key: null, value: 'nonsense' }),
      it.entry(record(row('c', 2, 'far more than twenty letters'))),
      it.entry(record(row('c', 3, 'c'))),
    ];
    await it.apply(entries);
    expect(await it.names()).toEqual(['1=a', '3=c']);
    expect(it.aside).toEqual([expect.stringContaining('no JSON'), expect.stringContaining('too long')]);
  });

  test('a value longer than its column is an error, never cut off', async () => {
    await using it = await open({ mode: 'upsert' });
    await expect(it.send(row('c', 1, 'far more than twenty letters'))).rejects.toThrow(/too long/);
    expect(await it.names()).toEqual([]);
  });

  test('a sink without the table is named', async () => {
    await using it = await open({ mode: 'upsert' });
    await it.database.query('DROP TABLE t');
    await expect(it.send(row('c', 1, 'a'))).rejects.toMatchObject({ code: 'sink-table-missing' });
  });

  test('an applier outlives the loss of its connection to the sink', async () => {
    await using it = await open({ mode: 'dedup' });
    await it.send(row('c', 1, 'a'));
    await engine.cutOff(source, it.database.name);
    await it.send(row('c', 2, 'b'));
    expect(await it.names()).toEqual(['1=a', '2=b']);
  });

  test('dedup entries and tombstones are forgotten beyond their retention', async () => {
    await using it = await open({ mode: 'dedup' });
    const sink = port.open({ url: it.database.url, consumer: 'c', dedupKept: 10n, tombstonesKeptMs: 0 });
    await it.database.query(engine.oldTombstone);
    for (let at = 0n; at < 130n; at += 1n) {
      await sink.transaction((transaction) =>
        transaction.remember([{ topic: 't', partition: 0, from: at, next: at + 1n }]),
      );
    }
    await sink[Symbol.asyncDispose]();
    const [kept] = await it.database.query<{ n: string; least: string }>(
      `SELECT count(*) AS n, min(${engine.firstOffset}) AS least FROM ${engine.own.dedup}`,
    );
    expect(Number(kept?.least)).toBeGreaterThanOrEqual(117);
    expect(await it.database.query(`SELECT 1 FROM ${engine.own.tombstones}`)).toEqual([]);
  });
}
