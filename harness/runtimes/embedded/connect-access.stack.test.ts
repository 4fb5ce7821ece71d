import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectClient } from '#clients/connect.ts';
import { logBounds } from '#clients/kafka.ts';
import type { Stack } from '#model/stack.ts';
import { until } from '#std/wait.ts';
import { startEmbeddedStack } from './stack.ts';

const INLINE = 'inline-5ecret';
const OWN = 'of-the-owner-5ecret';
const NAME = 'with secrets';

let stack: Stack;
beforeAll(async () => {
  stack = await startEmbeddedStack();
  process.env.DRIFTLAB_TEST_PASSWORD = OWN;
  const { host, port, user, password } = stack.sink;
  const connect = connectClient(stack.workers.sink);
  await connect.put(NAME, {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    topics: 'none',

    'connection.url': `jdbc:postgresql://${host}:${port}/postgres?sslpassword=${INLINE}`,
    'connection.username': user,
    'connection.password': password,
    'schema.evolution': 'basic',
    'primary.key.mode': 'record_key',
    'registry.access.token': `\${env:DRIFTLAB_TEST_PASSWORD}`,
  });
  await connect.awaitState(NAME, 'RUNNING', { limitMs: 60_000 });
});
afterAll(async () => {
  delete process.env.DRIFTLAB_TEST_PASSWORD;
  await stack?.[Symbol.asyncDispose]();
});

const secrets = (): readonly string[] => [stack.sink.password, INLINE, OWN];

async function ask(path: string, authorization?: string): Promise<{ status: number; text: string }> {
  const headers = authorization === undefined ? {} : { authorization };
  const answer = await fetch(`${stack.workers.sink.urls[0]}${path}`, { headers });
  return { status: answer.status, text: await answer.text() };
}

test('a worker tells nobody anything who has not the password of the lab', async () => {
  for (const path of ['/', '/connectors', '/connectors?expand=info', '/connector-plugins'])
    for (const given of [undefined, `Basic ${Buffer.from('driftlab:guess').toString('base64')}`])
      expect((await ask(path, given)).status, path).toBe(401);
});

test('no answer of a worker holds a password, also for those who may ask', async () => {
  const name = encodeURIComponent(NAME);
  for (const path of [
    `/connectors/${name}`,
    `/connectors/${name}/config`,
    `/connectors/${name}/tasks`,
    `/connectors/${name}/status`,
    '/connectors?expand=info&expand=status',
  ]) {
    const { status, text } = await ask(path, stack.workers.sink.access.authorization);
    expect(status, path).toBe(200);
    for (const secret of secrets()) expect(text, path).not.toContain(secret);
  }
});

test('the topic of configurations, which everyone on the machine can read, holds no password', async () => {
  const kafka = new Kafka({ brokers: [...stack.brokers], logLevel: logLevel.NOTHING });
  const topic = '_connect-sink-configs';
  const admin = kafka.admin();
  await admin.connect();
  const { ends } = await logBounds(admin, [topic]);
  await admin.disconnect();
  const end = [...ends.values()][0] ?? 0n;
  const seen: string[] = [];
  let read = 0n;
  const consumer = kafka.consumer({ groupId: 'reader' });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      seen.push(`${message.key?.toString()} ${message.value?.toString()}`);
      read = BigInt(message.offset) + 1n;
    },
  });
  await until(() => read >= end, { what: 'the topic’s end', limitMs: 30_000 });
  await consumer.disconnect();
  expect(seen.some((record) => record.startsWith(`connector-${NAME} `))).toBe(true);
  expect(seen.some((record) => record.startsWith(`task-${NAME}-0 `))).toBe(true);
  for (const secret of secrets()) expect(seen.join('\n')).not.toContain(secret);
});

test('the secrets are in files that only their owner reads, and the worker’s log has none', () => {
  const log = stack.nodes.get('connect-sink')?.log ?? '';
  const folder = join(dirname(dirname(log)), 'connect-access');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const file of files) expect(statSync(join(file.parentPath, file.name)).mode & 0o077, file.name).toBe(0);
  const kept = files.filter((file) => file.parentPath.endsWith('secrets'));
  const texts = kept.map((file) => readFileSync(join(file.parentPath, file.name), 'utf8'));
  expect(texts.toSorted()).toEqual(
    [
      stack.sink.password,
      OWN,
      `jdbc:postgresql://${stack.sink.host}:${stack.sink.port}/postgres?sslpassword=${INLINE}`,
    ].toSorted(),
  );
  const said = readFileSync(log, 'utf8');
  for (const secret of secrets()) expect(said.split('\n').filter((line) => line.includes(secret))).toEqual([]);
});
