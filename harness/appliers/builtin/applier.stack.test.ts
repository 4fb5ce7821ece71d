import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Admin, Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { kafkaClient, logBounds } from '#clients/kafka.ts';
import { databaseUrl, openDatabase } from '#engines/postgres/client.ts';
import { createSinkTable } from '#engines/postgres/ddl.ts';
import type { Table } from '#model/catalog.ts';
import type { Database, VariantSpec } from '#model/pipeline.ts';
import type { Stack } from '#model/stack.ts';
import { until } from '#std/wait.ts';
import { startTestStack } from '#testing/stack.ts';
import { type BuiltinApplier, type BuiltinApplierOptions, startBuiltinApplier } from './applier.ts';
import { type FixtureRecord, recordsOf } from './records.fixture.ts';

const TABLE: Table = {
  schema: 'public',
  name: 't',
  key: ['id'],
  columns: [
    { name: 'id', type: 'bigint', nullable: false, generated: false },
    { name: 'name', type: 'text', nullable: true, generated: false },
  ],
};
const FIELDS = { id: { type: 'int64' }, name: { type: 'string' } };
const record = recordsOf('t', ['id'], FIELDS);

let stack: Stack;
let admin: Admin;
let producer: Producer;
let server: Database;
let count = 0;

beforeAll(async () => {
  stack = await startTestStack();
  const kafka = kafkaClient(stack.brokers);
  admin = kafka.admin();
  producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  server = openDatabase(databaseUrl(stack.sink, 'postgres'));
});

afterAll(async () => {
  await Promise.all([admin?.disconnect(), producer?.disconnect(), server?.close()]);
  await stack?.[Symbol.asyncDispose]();
});

/** A topic and a sink of their own. */
async function world(mode: VariantSpec['mode'] = 'upsert') {
  count += 1;
  const name = `w${count}`;
  const topic = `${name}.public.t`;
  const partition = `${topic}/0`;
  await server.query(`CREATE DATABASE ${name}`);
  const database = openDatabase(databaseUrl(stack.sink, name));
  await createSinkTable(database, TABLE, { keyed: mode !== 'insert' });
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
  // The broker may not know its new topic for a moment.
  await logBounds(admin, [topic]);
  const options = (spec: Partial<VariantSpec> = {}): BuiltinApplierOptions => ({
    name,
    brokers: stack.brokers,
    groupId: name,
    routes: [{ topic, table: 'public.t' }],
    sink: { engine: 'postgres', url: database.url },
    spec: { kind: 'builtin', title: name, ...(mode === undefined ? {} : { mode }), ...spec },
  });
  return {
    name,
    topic,
    partition,
    database,
    options,
    start: (spec?: Partial<VariantSpec>) => startBuiltinApplier(options(spec)),
    async send(...records: readonly (FixtureRecord | string)[]) {
      const messages = records.map((one) => (typeof one === 'string' ? { key: null, value: one } : record(one)));
      await producer.send({ topic, messages });
    },
    /** Deletes the records below an offset. kafkajs knows the partition's leader only once it has asked for offsets. */
    async expire(offset: string) {
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] });
    },
    async rows() {
      const rows = await database.query<{ id: string; name: string }>('SELECT id, name FROM t ORDER BY id, name');
      return rows.map((row) => `${row.id}=${row.name}`);
    },
    async awaitApplied(applier: BuiltinApplier, offset: bigint) {
      let seen: bigint | undefined;
      await until(
        async () => {
          seen = (await applier.applied()).get(partition);
          return seen === offset;
        },
        { what: `offset ${offset} to be applied`, limitMs: 20_000, saw: () => String(seen) },
      );
    },
    [Symbol.asyncDispose]: () => database.close(),
  };
}

/** Records of one request: each repeats its schema, and the broker takes a megabyte. */
const AT_ONCE = 200;

const made = (id: number, name: string, lsn = id): FixtureRecord => ({ op: 'c', key: { id }, after: { name }, lsn });
const many = (from: number, to: number): FixtureRecord[] =>
  Array.from({ length: to - from }, (_, index) => made(from + index, 'x'));

test('records become rows, and the position is the end of the topic', async () => {
  await using it = await world();
  await it.send(made(1, 'a'), made(2, 'b'));
  await using applier = await it.start();
  await it.awaitApplied(applier, 2n);
  await it.send({ op: 'd', key: { id: 1 }, lsn: 3 }, made(3, 'c'));
  await it.awaitApplied(applier, 4n);
  expect(await it.rows()).toEqual(['2=b', '3=c']);
  expect(await applier.status()).toEqual({ state: 'running' });
  expect(applier.jumps).toEqual([]);
});

test('a paused applier applies nothing, and goes on where it was', async () => {
  await using it = await world('insert');
  await using applier = await it.start();
  await it.send(made(1, 'a'));
  await it.awaitApplied(applier, 1n);
  await applier.pause();
  await it.send(made(2, 'b'));
  expect(await applier.status()).toEqual({ state: 'paused' });
  // A second consumer has seen the record: had the paused one fetched it, it would have had the time to apply it.
  await using other = await startBuiltinApplier({ ...it.options(), groupId: `${it.name}-other` });
  await it.awaitApplied(other, 2n);
  expect(await applier.applied()).toEqual(new Map([[it.partition, 1n]]));
  await other.stop();
  await it.database.query('TRUNCATE t');
  await applier.resume();
  await it.awaitApplied(applier, 2n);
  expect(await it.rows()).toEqual(['2=b']);
});

test('paused and resumed again and again, it applies every record once', async () => {
  await using it = await world('insert');
  const records = 20_000;
  for (let from = 0; from < records; from += AT_ONCE) await it.send(...many(from, from + AT_ONCE));
  // Small batches: while one is being applied, the next is decoded and others wait, which a pause must drop.
  await using applier = await it.start({ maxInFlightBytes: 1024 * 1024 });
  let position = 0n;
  while (position < BigInt(records)) {
    await applier.pause();
    await applier.resume();
    const before = position;
    await until(
      async () => {
        position = (await applier.applied()).get(it.partition) ?? 0n;
        return position > before;
      },
      { what: 'a batch to be applied', limitMs: 60_000, pauseMs: 1, maxPauseMs: 5 },
    );
  }
  const [stored] = await it.database.query('SELECT count(*) AS rows, count(DISTINCT id) AS keys FROM t');
  expect(stored).toEqual({ rows: String(records), keys: String(records) });
});

test('a stopped applier goes on from what its group has committed', async () => {
  await using it = await world('insert');
  const first = await it.start();
  await it.send(made(1, 'a'));
  await it.awaitApplied(first, 1n);
  await first.stop();
  await it.send(made(2, 'b'));
  await using second = await it.start();
  await it.awaitApplied(second, 2n);
  expect(await it.rows()).toEqual(['1=a', '2=b']);
});

test('dedup starts where the sink says, whatever the group’s offsets say', async () => {
  await using it = await world('dedup');
  const first = await it.start();
  await it.send(made(1, 'a'));
  await it.awaitApplied(first, 1n);
  await first.stop();
  await admin.deleteGroups([it.name]);
  await it.database.query(`UPDATE t SET name = 'touched', _cdc_guard = 0`);
  await it.send(made(2, 'b'));
  await using second = await it.start();
  await it.awaitApplied(second, 2n);
  expect(await it.rows()).toEqual(['1=touched', '2=b']);
});

test.each(['upsert', 'dedup'] as const)(
  '%s: killed in the midst of it, started again, every row is there once',
  async (mode) => {
    await using it = await world(mode);
    for (let from = 0; from < 20_000; from += AT_ONCE) await it.send(...many(from, from + AT_ONCE));
    const script = fileURLToPath(new URL('./applier-process.fixture.ts', import.meta.url));
    const child = spawn(process.execPath, [script, JSON.stringify(it.options())], { stdio: 'ignore' });
    const stored = async () => Number((await it.database.query<{ n: string }>('SELECT count(*) AS n FROM t'))[0]?.n);
    await until(async () => (await stored()) > 0, {
      what: 'the first rows',
      limitMs: 20_000,
      pauseMs: 1,
      maxPauseMs: 2,
    });
    const exit = once(child, 'exit');
    child.kill('SIGKILL');
    await exit;
    const midway = await stored();
    await using applier = await it.start();
    await it.awaitApplied(applier, 20_000n);
    expect(await stored()).toBe(20_000);
    expect(midway).toBeGreaterThan(0);
  },
);

test('records deleted under a paused applier are a jump from and to the right offsets', async () => {
  await using it = await world('dedup');
  await using applier = await it.start();
  await it.send(made(1, 'a'));
  await it.awaitApplied(applier, 1n);
  await applier.pause();
  await it.send(made(2, 'lost'), made(3, 'lost'), made(4, 'd'));
  await it.expire('3');
  await applier.resume();
  await it.awaitApplied(applier, 4n);
  expect(await it.rows()).toEqual(['1=a', '4=d']);
  expect(applier.jumps).toEqual([{ partition: it.partition, from: 1n, to: 3n }]);
});

test('a log emptied under the applier is a jump as well, though no record shows it', async () => {
  await using it = await world('dedup');
  await using applier = await it.start();
  await it.send(made(1, 'a'));
  await it.awaitApplied(applier, 1n);
  await applier.pause();
  await it.send(made(2, 'lost'));
  await it.expire('2');
  await applier.resume();
  await it.awaitApplied(applier, 2n);
  expect(applier.jumps).toEqual([{ partition: it.partition, from: 1n, to: 2n }]);
});

test('a position that expired while the applier was away is a jump at its start', async () => {
  await using it = await world('upsert');
  const first = await it.start();
  await it.send(made(1, 'a'));
  await it.awaitApplied(first, 1n);
  await first.stop();
  await it.send(made(2, 'lost'), made(3, 'c'));
  await it.expire('2');
  await using second = await it.start();
  await it.awaitApplied(second, 3n);
  expect(second.jumps).toEqual([{ partition: it.partition, from: 1n, to: 2n }]);
});

test('that must leave nothing out ends at a gap, under it and at its start, and notes nothing of it', async () => {
  await using it = await world('upsert');
  const ended = Promise.withResolvers<unknown>();
  const options = { ...it.options({ commit: 'with' }), gaps: 'stop' } as const;
  const first = await startBuiltinApplier({ ...options, onError: ended.resolve });
  await it.send(made(1, 'a'));
  await it.awaitApplied(first, 1n);
  await first.pause();
  await it.send(made(2, 'lost'));
  await it.expire('2');
  await first.resume();
  expect(await ended.promise).toMatchObject({ code: 'records-gone', message: expect.stringContaining('at offset 1') });
  await first.stop();
  await it.send(made(3, 'c'));
  await expect(startBuiltinApplier(options)).rejects.toMatchObject({ code: 'records-gone' });
  expect(await it.rows()).toEqual(['1=a']);
});

test('strict fails at a new column, says so, and stays where it is', async () => {
  await using it = await world('upsert');
  const errors: unknown[] = [];
  await using applier = await startBuiltinApplier({
    ...it.options({ schema: 'strict' }),
    onError: (error) => errors.push(error),
  });
  const withTier = recordsOf('t', ['id'], { ...FIELDS, tier: { type: 'string' } });
  await it.send(made(1, 'a'));
  await producer.send({
    topic: it.topic,
    messages: [withTier({ op: 'c', key: { id: 2 }, after: { name: 'b', tier: 'x' } })],
  });
  await it.send(made(3, 'c'));
  await until(async () => (await applier.status()).state === 'failed', {
    what: 'the applier to fail',
    limitMs: 20_000,
  });
  expect(await applier.status()).toMatchObject({
    state: 'failed',
    error: expect.stringContaining('the sink lacks: tier'),
  });
  expect(errors).toHaveLength(1);
  expect(await applier.applied()).toEqual(new Map([[it.partition, 1n]]));
  expect(await it.rows()).toEqual(['1=a']);
});

test('dlq: a record that cannot be applied goes to the dead-letter topic with its reason and origin', async () => {
  await using it = await world('upsert');
  await using applier = await it.start({ errors: 'dlq' });
  await it.send(made(1, 'a'), 'nonsense', made(2, 'b'));
  await it.awaitApplied(applier, 3n);
  expect(await it.rows()).toEqual(['1=a', '2=b']);
  expect(applier.setAside).toBe(1);
  const dead = Promise.withResolvers<Record<string, string>>();
  const consumer = kafkaClient(stack.brokers).consumer({ groupId: `${it.name}-reader` });
  await consumer.connect();
  await consumer.subscribe({ topic: `${it.name}.dlq`, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
      dead.resolve({ ...Object.fromEntries(headers), value: String(message.value) });
    },
  });
  expect(await dead.promise).toMatchObject({
    value: 'nonsense',
    'driftlab.topic': it.topic,
    'driftlab.offset': '1',
    'driftlab.reason': expect.stringContaining('no JSON'),
  });
  await consumer.disconnect();
});

test('before: offsets are committed before the rows are written, so a crash in between loses them', async () => {
  await using it = await world('upsert');
  await it.database.query('ALTER TABLE t ADD CONSTRAINT never CHECK (false)');
  await it.send(made(1, 'a'));
  await using applier = await it.start({ commit: 'before' });
  await until(async () => (await applier.status()).state === 'failed', {
    what: 'the applier to fail',
    limitMs: 20_000,
  });
  const [committed] = await admin.fetchOffsets({ groupId: it.name, topics: [it.topic] });
  expect(committed?.partitions).toMatchObject([{ partition: 0, offset: '1' }]);
  expect(await applier.applied()).toEqual(new Map([[it.partition, 0n]]));
});
