// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import type { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ConnectClient, connectClient, failureOf } from '#clients/connect.ts';
import { kafkaClient, logBounds } from '#clients/kafka.ts';
import { type PlacedRecord, readLog } from '#clients/read-log.ts';
import { explain, OperatorError } from '#std/errors.ts';
import { until } from '#std/wait.ts';
import { type CdcBench, startCdcBench } from '#testing/cdc-bench.ts';
import { testHost } from '#testing/cli-host.ts';
import { dlqCommand } from './command.ts';

const TOPIC = 'shop.public.items';
const QUEUE = 'dlq.items';
/** As the JSON converter writes a key without a schema. */
const KEY = '{"schema":null,"payload":"k"}';
const LIMIT = { limitMs: 60_000, signal: new AbortController().signal };

let bench: CdcBench;
let folder: string;
let sinks: ConnectClient;
let producer: ReturnType<ReturnType<typeof kafkaClient>['producer']>;

const DAYS = {
  transforms: 'unwrap,day',
  'transforms.day.type': 'org.apache.kafka.connect.transforms.TimestampConverter$Value',
  ...{ 'transforms.day.field': 'day', 'transforms.day.target.type': 'string', 'transforms.day.format': 'yyyy-MM-dd' },
};

function queue(topic: string): Record<string, string> {
  return {
    ...{ 'errors.tolerance': 'all', 'errors.deadletterqueue.topic.name': topic },
    'errors.deadletterqueue.topic.replication.factor': '1',
  };
}

const WITH_HEADERS = { 'errors.deadletterqueue.context.headers.enable': 'true' };

function sinkConfig(more: Readonly<Record<string, string>>): Record<string, string> {
  const { sink } = bench.stack;
  return {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    ...{ 'connection.url': `jdbc:postgresql://${sink.host}:${sink.port}/copy`, topics: TOPIC },
    ...{ 'connection.username': sink.user, 'connection.password': sink.password, 'insert.mode': 'upsert' },
    ...{ 'primary.key.mode': 'record_key', 'collection.name.format': 'items' },
    ...{ 'consumer.override.auto.offset.reset': 'earliest', transforms: 'unwrap' },
    'transforms.unwrap.type': 'io.debezium.transforms.ExtractNewRecordState',
    ...more,
  };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-dlq-'));
  bench = await startCdcBench(folder);
  const { stack, source, target } = bench;
  sinks = connectClient(stack.workers.sink);
  producer = kafkaClient(stack.brokers, 'test').producer();
  await producer.connect();
  await target.query(`CREATE TABLE items (id int PRIMARY KEY, day text);
    CREATE TABLE strict (id int PRIMARY KEY, day text, note text NOT NULL)`);
  await source.query(`CREATE TABLE items (id int PRIMARY KEY, day text);
    INSERT INTO items VALUES (1, '2026-01-01'), (2, 'yesterday'), (3, '2026-01-03'), (4, 'today'), (5, 'never')`);
  const { host, port, user, password } = stack.source;
  await connectClient(stack.workers.source).put('shop-source', {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    ...{ 'database.hostname': host, 'database.port': String(port), 'database.dbname': 'own' },
    ...{ 'database.user': user, 'database.password': password, 'topic.prefix': 'shop', 'plugin.name': 'pgoutput' },
    ...{ 'table.include.list': 'public.items', 'slot.name': 'shop', 'publication.name': 'shop' },
    'publication.autocreate.mode': 'filtered',
  });
  await sinks.put('items', sinkConfig({ ...queue(QUEUE), ...WITH_HEADERS, ...DAYS }));
  await sinks.put('bare', sinkConfig({ ...queue('dlq.bare'), topics: 'bare' }));
  await sinks.put('strict', sinkConfig({ 'collection.name.format': 'strict', ...queue('put'), ...WITH_HEADERS }));
  await sinks.createStopped('lossy', sinkConfig({ 'errors.tolerance': 'all' }));
  await arrive(2);
  await source.query("UPDATE items SET day = '2026-01-02' WHERE id = 2");
  const poison = { value: '{not json', headers: { own: 'mine' } };
  await producer.send({ topic: TOPIC, messages: [{ ...poison, key: null }] });
  await producer.send({ topic: 'bare', messages: [{ ...poison, key: KEY }] });
  await arrive(3);
  await letters(QUEUE, 4);
  await letters('dlq.bare', 1);
}, 180_000);
afterAll(async () => {
  await producer?.disconnect();
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const dlq = (...args: readonly [verb: string, ...args: string[]]) => run(() => {}, ...args);

/** `onProgress` is told of what has been sent so far. */
async function run(
  onProgress: (process: EventEmitter) => void,
  ...[verb, ...args]: readonly [verb: string, ...args: string[]]
) {
  const env = { ...bench.env, DRIFTLAB_HOME: join(folder, 'lab') };
  const host = { ...testHost(folder, () => Promise.reject(new Error('not to be run'))), env };
  const stderr = {
    write(text: string) {
      host.err.push(text);
      if (text.startsWith('sent ')) onProgress(host.process);
      return true;
    },
  };
  const at = ['--connect', '${env:C2}', '--brokers', bench.stack.brokers.join(',')];
  const status = await dlqCommand([verb, ...args, ...(args.includes('--connect') ? [] : at)], {
    ...host,
    stderr,
  }).catch((error: unknown) => {
    if (!(error instanceof OperatorError)) throw error;
    host.err.push(explain(error));
    return error.exit;
  });
  const [out, err] = [host.out.join(''), host.err.join('')];
  expect(out + err).not.toContain(bench.stack.sink.password);
  return { status, out, err };
}

const rows = (database: CdcBench['source']) => database.query('SELECT id, day FROM items ORDER BY id');

async function arrive(count: number): Promise<void> {
  const isThere = async (): Promise<boolean> => (await rows(bench.target)).length === count;
  await until(isThere, { what: `${count} rows`, ...LIMIT });
}

async function recordsOf(topic: string): Promise<readonly PlacedRecord[]> {
  const admin = kafkaClient(bench.stack.brokers).admin();
  await admin.connect();
  const { starts: from, ends: to } = await logBounds(admin, [topic]).finally(() => admin.disconnect());
  const found: PlacedRecord[] = [];
  await readLog({
    ...{ brokers: bench.stack.brokers, clientId: 'test', from, to, signal: LIMIT.signal },
    onRecord: (record) => found.push(record) > 0,
  });
  return found;
}

function headersOf({ headers = {} }: Partial<Pick<PlacedRecord, 'headers'>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}

/** As retention does it: what is before an offset. */
async function remove(topic: string, before: string): Promise<void> {
  const admin = kafkaClient(bench.stack.brokers).admin();
  await admin.connect();
  // It has to know the topic's leaders.
  await admin.fetchTopicOffsets(topic);
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: before }] });
  await admin.disconnect();
}

async function letters(topic: string, count: number): Promise<void> {
  await until(async () => (await recordsOf(topic)).length === count, { what: `${count} dead letters`, ...LIMIT });
}

test('list says what is in each queue, and which connectors lose records silently', async () => {
  const { status, out } = await dlq('list');
  expect(status).toBe(0);
  expect(out).toMatch(/^dlq\.bare, of bare: 1 record\n.*\n {2}not known +not known +not known +1 {2}(\S+Z) {2}\1$/m);
  expect(out).toContain('bare does not say what failed: set errors.deadletterqueue.context.headers.enable=true');
  expect(out).toMatch(/^dlq\.items, of items: 4 records/m);
  expect(out).toMatch(/DataException ← ParseException +shop\.public\.items +TRANSFORMATION +3 /);
  expect(out).toContain('lossy loses records silently: errors.tolerance=all');
  expect(out).not.toContain('strict loses');
});

test('count has classes, original topics and stages', async () => {
  const { out } = await dlq('count', '--topic', QUEUE, '--json');
  expect(JSON.parse(out)).toMatchObject({
    records: 4,
    classes: [{ records: 3 }, { stage: 'VALUE_CONVERTER', records: 1 }],
  });
});

test('show has records decoded, and what failed explained', async () => {
  const { out } = await dlq('show', '--topic', QUEUE, '--key', '4');
  expect(out).toMatch(
    /^dlq\.items\/0\/1 {2}\S+ {2}id=4\n {2}from {6}shop\.public\.items\/0\/3, connector items, task 0\n/,
  );
  expect(out).toContain('transformation: TimestampConverter$Value failed on the record');
  expect(out).toContain('DataException ← ParseException: Could not parse timestamp: value (today)');
  expect(out).toContain('correct or remove transforms.day.type in the configuration of items');
  expect(out).toMatch(/after {5}id=4 {2}day=today\n$/);
  const poison = await dlq('show', '--topic', QUEUE, '--class', 'JsonParseException');
  expect(poison.out).toMatch(/^dlq\.items\/0\/3 {2}\S+ {2}no key\n/);
  expect(poison.out).toContain("converter: JsonConverter could not read the record's value");
  expect(poison.out).toContain('set value.converter of items to the converter that wrote them');
  expect(poison.out).toMatch(/unread {4}it is no JSON[^\n]*\n {2}value {5}\{not json\n$/);
  const bare = await dlq('show', '--topic', 'dlq.bare');
  expect(bare.out).toContain("no headers of Connect's. Set errors.deadletterqueue.context.headers.enable=true");
});

test('a record that could not be put is explained as a connector that has failed is', async () => {
  // Debezium's sink reports no record to the queue: its task fails. What it says is what such a sink puts into the headers.
  let trace = '';
  const hasFailed = async (): Promise<boolean> => {
    const status = await sinks.status('strict', LIMIT.signal);
    trace = (status && failureOf(status)?.trace) ?? '';
    return trace !== '';
  };
  await until(hasFailed, { what: 'strict to fail', ...LIMIT });
  const said = {
    ...{ topic: TOPIC, partition: '0', offset: '0', 'connector.name': 'strict', 'task.id': '0', stage: 'TASK_PUT' },
    ...{ 'class.name': 'org.apache.kafka.connect.sink.SinkTask', 'exception.message': 'Exiting WorkerSinkTask' },
    ...{ 'exception.class.name': 'org.apache.kafka.connect.errors.ConnectException', 'exception.stacktrace': trace },
  };
  const headers = Object.fromEntries(Object.entries(said).map(([name, text]) => [`__connect.errors.${name}`, text]));
  const [original] = await recordsOf(TOPIC);
  await producer.send({
    topic: 'put',
    messages: [{ key: original?.key ?? null, value: original?.value ?? null, headers }],
  });
  const { out } = await dlq('show', '--topic', 'put', '--class', 'PSQLException');
  expect(out).toContain('put: strict could not write the record');
  expect(out).toContain(
    "The sink's column strict.note is NOT NULL, and an event has no value for it. (sink-not-null, ",
  );
  expect(out).toContain('ALTER TABLE strict ALTER COLUMN note DROP NOT NULL');
});

test('what is not there is one clear error each', async () => {
  const errors: readonly (readonly [status: number, says: RegExp, verb: string, ...args: string[]])[] = [
    [2, /which queue\? --topic T names it/, 'show'],
    [1, /there is no topic dlq\.item\n[\s\S]*did you mean dlq\.items\?/, 'show', '--topic', 'dlq.item'],
    [1, /none of the 4 records of dlq\.items matches/, 'show', '--topic', QUEUE, '--key', 'id=1'],
    [
      1,
      /dlq\.items\/0 has no such records\n {2}expected: offsets of 0–3\n/,
      'show',
      '--topic',
      QUEUE,
      '--offsets',
      '9-',
    ],
    [2, /--offsets cannot be "a"/, 'show', '--topic', QUEUE, '--offsets', 'a'],
    [2, /--offsets cannot be "7-3"/, 'show', '--topic', QUEUE, '--offsets', '7-3'],
    [2, /no live lab runs in its place[\s\S]*--connect http/, 'list', '--connect', 'lab'],
    [2, /which brokers have the queues\?/, 'list', '--connect', '${env:C2}'],
    [2, /nothing says which topic 1 of the 1 records are from/, 'replay', '--topic', 'dlq.bare'],
    [1, /there is no topic nowhere to replay to/, 'replay', '--topic', QUEUE, '--to', 'nowhere'],
  ];
  for (const [status, says, verb, ...args] of errors)
    expect(await dlq(verb, ...args)).toMatchObject({ status, out: '', err: expect.stringMatching(says) });
});

test('a replay says first what it would send, to whom, and what it leaves out', async () => {
  const before = await recordsOf(TOPIC);
  const { status, out } = await dlq('replay', '--topic', QUEUE, '--class', 'DataException', '--offsets', '0-2');
  expect(status).toBe(0);
  expect(out).toContain('2 records to replay:\n  to shop.public.items/0: dlq.items/0/1 (id=4), dlq.items/0/2 (id=5)\n');
  expect(out).toMatch(/^1 record left out, superseded: [^\n]*\n {2}dlq\.items\/0\/0 \(id=2, later: \d\)$/m);
  expect(out).toMatch(
    /every consumer of shop\.public\.items gets them, [^\n]*connect-items \(1 member\), connect-lossy \(0 members\), connect-strict \(0 members\)\n/,
  );
  expect(out).toMatch(/nothing was sent: --apply does it\n$/);
  expect(await recordsOf(TOPIC)).toHaveLength(before.length);
});

test('what fails again is in the queue again, and is as old as it was', async () => {
  const before = await recordsOf(TOPIC);
  expect(await dlq('replay', '--topic', QUEUE, '--key', '5', '--apply')).toMatchObject({
    ...{ status: 0, err: 'sent 1 of 1\n' },
    out: expect.stringMatching(/replayed 1 record; the queue still has them\n$/),
  });
  await letters(QUEUE, 5);
  const { out } = await dlq('replay', '--topic', QUEUE, '--key', '5');
  expect(out).toContain('1 record to replay:\n  to shop.public.items/0: dlq.items/0/4 (id=5)\n');
  expect(out).toMatch(/1 record left out, replayed before: [^\n]*\n {2}dlq\.items\/0\/2 \(id=5\)/);
  expect(headersOf((await recordsOf(TOPIC))[before.length])).toEqual({
    ...headersOf(before[4]),
    ...{ 'driftlab.replay.of': `${TOPIC}/0/4`, 'driftlab.replay.first': `${TOPIC}/0/4` },
  });
});

test('once the sink is fixed, a replay makes it equal to the source, and nothing is sent twice', async () => {
  const queued = await recordsOf(QUEUE);
  const before = await recordsOf(TOPIC);
  await sinks.put('items', sinkConfig({ ...queue(QUEUE), ...WITH_HEADERS }));
  await sinks.awaitState('items', 'RUNNING', LIMIT);
  const rowsAlone = ['--topic', QUEUE, '--class', 'ParseException', '--apply'];
  expect(await dlq('replay', ...rowsAlone)).toMatchObject({ status: 0, err: 'sent 2 of 2\n' });
  await arrive(5);
  expect(await rows(bench.target)).toEqual(await rows(bench.source));
  const again = await dlq('replay', ...rowsAlone);
  expect(again).toMatchObject({ status: 0, err: '', out: expect.stringContaining('there is nothing to replay\n') });
  const sent = (await recordsOf(TOPIC)).slice(before.length);
  const bytes = ({ key, value }: Partial<PlacedRecord> = {}) => ({ key, value });
  // In the order in which they were first written.
  expect(sent.map(bytes)).toEqual([before[3], before[4]].map(bytes));
  expect(headersOf(sent[1])).toEqual({
    ...headersOf(before[4]),
    ...{ 'driftlab.replay.of': `${TOPIC}/0/7`, 'driftlab.replay.first': `${TOPIC}/0/4` },
  });
  expect((await recordsOf(QUEUE)).slice(0, queued.length)).toEqual(queued);
});

test('a record keeps its own headers, and with --stale an older one is sent as well', async () => {
  const before = await recordsOf(TOPIC);
  const older = await dlq('replay', '--topic', QUEUE, '--offsets', '0', '--stale');
  expect(older.out).toContain('1 of them may be older than what the sink has, and overwrite it (--stale)');
  const poison = await dlq('replay', '--topic', QUEUE, '--offsets', '3', '--apply');
  expect(poison.out).toContain('1 of them have no key');
  const sent = (await recordsOf(TOPIC))[before.length];
  expect(sent).toMatchObject({ key: null, value: Buffer.from('{not json') });
  expect(headersOf(sent)).toEqual({
    ...{ own: 'mine', 'driftlab.replay.of': expect.any(String), 'driftlab.replay.first': expect.any(String) },
  });
});

test('of a queue without headers the original record is found by what it holds, as long as its topic has it', async () => {
  const toBare = ['replay', '--topic', 'dlq.bare', '--to', 'bare'] as const;
  expect((await dlq(...toBare)).out).toContain('1 record to replay:\n  to bare/0: dlq.bare/0/0 (');
  await producer.send({ topic: 'bare', messages: [{ key: KEY, value: '{later' }] });
  await letters('dlq.bare', 2);
  expect((await dlq(...toBare)).out).toMatch(/to bare\/0: dlq\.bare\/0\/1 [^\n]*\n1 record left out, superseded/);
  await remove('bare', '2');
  expect((await dlq(...toBare)).out).toMatch(/nothing to replay\n2 records left out, not known whether superseded/);
  await remove('dlq.bare', '1');
  expect(await dlq('show', '--topic', 'dlq.bare', '--offsets', '0-1')).toMatchObject({
    ...{ status: 1, out: '' },
    err: expect.stringMatching(
      /dlq\.bare\/0 has no record 0 any more: retention[^\n]*\n {2}expected: offsets of 1–1\n/,
    ),
  });
});

test('a replay that ends in the middle is started again, and sends the rest; one beside it is noticed', async () => {
  const keys = Array.from({ length: 600 }, (_, at) => String(at));
  await producer.send({ topic: 'many', messages: keys.map((key) => ({ key, value: '{' })) });
  const from = (topic: string, key: string) => ({
    ...{ '__connect.errors.topic': topic, '__connect.errors.partition': '0', '__connect.errors.offset': key },
  });
  const messages = keys.map((key) => ({ key, value: '{', headers: from('many', key) }));
  await producer.send({ topic: 'dlq.many', messages });
  const apply = ['replay', '--topic', 'dlq.many', '--apply'] as const;
  const killed = await run((process) => void process.emit('SIGINT', 'SIGINT'), ...apply);
  expect(killed).toMatchObject({ status: 130, err: 'sent 500 of 600\nSIGINT: stopping\n' });
  expect(await dlq(...apply)).toMatchObject({ status: 0, err: 'sent 100 of 100\n' });
  const sent = (await recordsOf('many')).slice(keys.length);
  expect(sent.map(({ key }) => String(key))).toEqual(keys);

  await producer.send({ topic: 'many', messages: [{ key: 'a', value: '{' }] });
  await producer.send({ topic: 'dlq.many', messages: [{ key: 'a', value: '{', headers: from('many', '1200') }] });
  const headers = { 'driftlab.replay.of': 'many/0/1200' };
  const beside = producer.send.bind(producer, { topic: 'many', messages: [{ key: 'a', value: '{', headers }] });
  let other: Promise<unknown> | undefined;
  const both = await run(() => (other = beside()), ...apply);
  await other;
  expect(both).toMatchObject({ status: 1, err: expect.stringContaining('1 record was replayed by somebody else') });

  await producer.send({ topic: 'dlq.gone', messages: [{ key: 'a', value: '{', headers: from('gone', '3') }] });
  expect(await dlq('replay', '--topic', 'dlq.gone')).toMatchObject({
    ...{
      status: 1,
      out: '',
      err: expect.stringContaining('the topic gone, which 1 of the 1 records are from, is gone'),
    },
  });
});
