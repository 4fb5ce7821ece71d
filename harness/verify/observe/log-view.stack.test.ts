import type { Admin, Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FixtureRecord, recordsOf } from '#appliers/builtin/records.fixture.ts';
import { kafkaClient, logBounds } from '#clients/kafka.ts';
import { readCatalog } from '#engines/postgres/catalog.ts';
import { databaseUrl, openDatabase } from '#engines/postgres/client.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { Database, Variant } from '#model/pipeline.ts';
import type { Stack } from '#model/stack.ts';
import { memoryLedger } from '#testing/plant-log.ts';
import { startTestStack } from '#testing/stack.ts';
import { finalCheck } from './final.ts';
import { openLogView } from './log-view.ts';
import { createMemory } from './memory.ts';

const TABLE = 'public.t';
const CAUGHT_UP_MS = 20_000;
const record = recordsOf('t', ['at', 'id'], {
  id: { type: 'int32' },
  at: { type: 'string', name: 'io.debezium.time.ZonedTimestamp' },
  name: { type: 'string' },
});

let stack: Stack;
let admin: Admin;
let producer: Producer;
let source: Database;
let sink: Database;
let count = 0;

beforeAll(async () => {
  stack = await startTestStack();
  const kafka = kafkaClient(stack.brokers);
  admin = kafka.admin();
  producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  source = openDatabase(databaseUrl(stack.source, 'postgres'));
  sink = openDatabase(databaseUrl(stack.sink, 'postgres'));
  for (const database of [source, sink])
    await database.query('CREATE TABLE t (id int, at timestamptz, name text, PRIMARY KEY (id, at))');
});

afterAll(async () => {
  await Promise.all([admin?.disconnect(), producer?.disconnect(), source?.close(), sink?.close()]);
  await stack?.[Symbol.asyncDispose]();
});

const AT = '2024-01-01T00:00:00.500000Z';
const KEY = (id: number) => JSON.stringify([String(id), '2024-01-01 00:00:00.5+00']);
const made = (op: FixtureRecord['op'], id: number, lsn: number, name = 'x'): FixtureRecord => ({
  op,
  key: { at: AT, id },
  ...(op === 'd' ? {} : { after: { name } }),
  lsn,
});

/** A sink whose consumer has passed what it says. */
const variantOf = (applied: Variant['applied']): Variant => ({
  ...{ name: 'sink', sink, applied, spec: { kind: 'builtin', title: 'sink' }, jumps: [] },
  status: async () => ({ state: 'running' }),
  pause: async () => {},
  resume: async () => {},
  copyIn: async () => 0,
});

/** A topic of two partitions; a row's records go to the one of its id. */
async function topicOf() {
  const topic = `v${++count}.public.t`;
  // kafkajs would wait for leaders, and give up where the broker does not know its new topic for a moment.
  await admin.createTopics({ topics: [{ topic, numPartitions: 2 }], waitForLeaders: false });
  await logBounds(admin, [topic]);
  return {
    topic,
    routes: [{ topic, table: TABLE }],
    async send(...records: readonly FixtureRecord[]) {
      const messages = records.map((one) => ({ ...record(one), partition: Number(one.key?.id) % 2 }));
      await producer.send({ topic, messages });
    },
  };
}

test('the log is read from its beginning over all partitions, and keys are named as the tables name them', async () => {
  const { topic, routes, send } = await topicOf();
  await send(made('r', 1, 5), made('r', 2, 5));
  const events: ChangeEvent[] = [];
  await using view = await openLogView({
    brokers: stack.brokers,
    routes,
    source,
    onEvent: (event) => events.push(event),
  });
  await send(made('u', 1, 11, 'new'), made('u', 1, 12), made('d', 2, 20), made('u', 1, 11, 'new'));
  expect(await view.awaitCaughtUp(await view.endOffsets(), CAUGHT_UP_MS)).toBe(true);
  expect([view.records, view.replayed, view.snapshotReads, events.length]).toEqual([6, 1, 2, 6]);
  expect(view.history(TABLE, KEY(1))).toMatchObject({
    last: { topic, partition: 1, offset: 3n, lsn: 11n },
    change: { lsn: 12n, txn: '7', changes: 2 },
  });
  expect(view.history(TABLE, KEY(2))?.last).toMatchObject({ partition: 0, offset: 1n, op: 'delete' });
  expect(view.position()).toEqual(
    new Map([
      [`${topic}/0`, 2n],
      [`${topic}/1`, 4n],
    ]),
  );
  expect(view.complete(TABLE)).toBe(true);
  const ends = await view.endOffsets();
  expect(view.lag(new Map([[`${topic}/1`, 3n]]), ends).records).toBe(3);
  expect(view.lag(ends, ends)).toEqual({ records: 0, ms: 0 });
});

test('what was seen stays known when the log no longer holds it; what was gone before makes the view incomplete', async () => {
  const { topic, routes, send } = await topicOf();
  await send(made('c', 2, 11), made('c', 4, 21), made('c', 6, 31));
  await using before = await openLogView({ brokers: stack.brokers, routes, source });
  expect(await before.awaitCaughtUp(await before.endOffsets(), CAUGHT_UP_MS)).toBe(true);
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] });
  expect((await before.startOffsets()).get(`${topic}/0`)).toBe(2n);
  expect(before.history(TABLE, KEY(2))?.last.offset).toBe(0n);
  expect(before.complete(TABLE)).toBe(true);
  await using after = await openLogView({ brokers: stack.brokers, routes, source });
  expect(await after.awaitCaughtUp(await after.endOffsets(), CAUGHT_UP_MS)).toBe(true);
  expect(after.history(TABLE, KEY(2))).toBeUndefined();
  expect(after.history(TABLE, KEY(6))?.last.offset).toBe(2n);
  expect(after.complete(TABLE)).toBe(false);
});

test('a record that is no event is kept apart, and passed', async () => {
  const { topic, routes, send } = await topicOf();
  await using view = await openLogView({ brokers: stack.brokers, routes, source });
  await producer.send({ topic, messages: [{ partition: 1, key: null, value: 'not json' }] });
  await producer.send({ topic, messages: [{ partition: 1, key: 'x', value: null }] });
  await send(made('c', 1, 11));
  expect(await view.awaitCaughtUp(await view.endOffsets(), CAUGHT_UP_MS)).toBe(true);
  expect(view.records).toBe(1);
  expect(view.undecoded.of(TABLE, KEY(7))).toMatchObject({ first: { partition: `${topic}/1`, offset: 0n }, count: 1 });
});

test('rows that undecodable bytes may hold are UNKNOWN with reason and offset, and all others are judged', async () => {
  const { topic, routes, send } = await topicOf();
  await source.query(
    `DELETE FROM t; INSERT INTO t SELECT n, '2024-01-01T00:00:00.5Z', 'x' FROM unnest('{2,4,6}'::int[]) AS n`,
  );
  await using view = await openLogView({ brokers: stack.brokers, routes, source });
  await send(made('c', 2, 11), made('c', 4, 21), made('c', 6, 31));
  const { key } = record(made('u', 4, 41, 'new'));
  // A record of a registry that nobody has: only its key can be read.
  const value = Buffer.from([0, 0, 0, 0, 7, 1, 2, 3]);
  await producer.send({ topic, messages: [{ partition: 0, key, value }] });
  expect(await view.awaitCaughtUp(await view.endOffsets(), CAUGHT_UP_MS)).toBe(true);
  // Somebody who keeps no ledger changes the row of that record; the sink has neither that nor the row 6.
  await source.query(`UPDATE t SET name = 'new' WHERE id = 4`);
  await sink.query(
    `TRUNCATE t; INSERT INTO t SELECT n, '2024-01-01T00:00:00.5Z', 'x' FROM unnest('{2,4}'::int[]) AS n`,
  );

  const variant = variantOf(() => view.endOffsets());
  const pipeline = { source, tables: () => readCatalog(source), variants: new Map([['sink', variant]]) };
  const check = async () =>
    (await finalCheck({ pipeline, ledger: memoryLedger(), log: view, memory: createMemory() }))[0];
  expect(await check()).toMatchObject({
    ...{ verdict: 'FAIL', counts: { lost: 1 } },
    findings: expect.arrayContaining([expect.objectContaining({ anomaly: 'lost', key: KEY(6) })]),
    reason: expect.stringMatching(`1 row of ${TABLE} cannot be judged: the record in ${topic}/0 at offset 3, `),
  });
  // Without a key it may be any row whose last event is not what the source has.
  await source.query(`UPDATE t SET name = 'newer' WHERE id = 2`);
  await producer.send({ topic, messages: [{ partition: 0, key: 'no json', value }] });
  expect(await view.awaitCaughtUp(await view.endOffsets(), CAUGHT_UP_MS)).toBe(true);
  expect(await check()).toMatchObject({
    counts: { lost: 1 },
    reason: expect.stringMatching(`2 rows of ${TABLE} cannot be judged`),
  });
});

test('an end that is not reached within the limit is said, not thrown', async () => {
  const { topic, routes } = await topicOf();
  await using view = await openLogView({ brokers: stack.brokers, routes, source });
  expect(await view.awaitCaughtUp(new Map([[`${topic}/0`, 1n]]), 50)).toBe(false);
});
