import type { Admin, Producer } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type FixtureRecord, recordsOf } from '#appliers/builtin/records.fixture.ts';
import { kafkaClient, logBounds } from '#clients/kafka.ts';
import { databaseUrl, openDatabase } from '#engines/postgres/client.ts';
import type { ChangeEvent } from '#model/change-event.ts';
import type { Database } from '#model/pipeline.ts';
import type { Stack } from '#model/stack.ts';
import { startTestStack } from '#testing/stack.ts';
import { openLogView } from './log-view.ts';

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
let count = 0;

beforeAll(async () => {
  stack = await startTestStack();
  const kafka = kafkaClient(stack.brokers);
  admin = kafka.admin();
  producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
  source = openDatabase(databaseUrl(stack.source, 'postgres'));
  await source.query('CREATE TABLE t (id int, at timestamptz, name text, PRIMARY KEY (id, at))');
});

afterAll(async () => {
  await Promise.all([admin?.disconnect(), producer?.disconnect(), source?.close()]);
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

test('an end that is not reached within the limit is said, not thrown', async () => {
  const { topic, routes } = await topicOf();
  await using view = await openLogView({ brokers: stack.brokers, routes, source });
  expect(await view.awaitCaughtUp(new Map([[`${topic}/0`, 1n]]), 50)).toBe(false);
});
