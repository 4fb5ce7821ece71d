import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import type { Database } from '#model/pipeline.ts';
import type { Stack } from '#model/stack.ts';
import { until } from '#std/wait.ts';
import { type CdcBench, startCdcBench } from '#testing/cdc-bench.ts';
import type { TestServer } from '#testing/database-server.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { runConnectors } from '#testing/run-connectors.ts';
import { startTestStack } from '#testing/stack.ts';
import { workerAddress } from '#testing/workers.ts';

/** Its databases stay; its brokers and workers are killed, and never asked again. */
let bench: CdcBench;
/** Brokers and workers that know nothing of the first ones. Its databases are not used. */
let second: Stack;
let mariadb: TestServer;
let own: Database;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-restore-'));
  [bench, mariadb] = await Promise.all([startCdcBench(folder), startTestMariadb()]);
  env = bench.env;
  const { server } = engineOf(mariadb.server);
  await server.create(mariadb.server, 'shop');
  own = server.open(server.url(mariadb.server, 'shop'));
  await own.query('CREATE TABLE parts (id int PRIMARY KEY, note varchar(20))');
  await own.query("INSERT INTO parts VALUES (1, 'a'), (2, 'a'), (3, 'a')");
  await bench.source.query(`CREATE TABLE items (id int PRIMARY KEY, note text);
    INSERT INTO items SELECT i, 'a' FROM generate_series(1, 5) AS i`);
  const { host, port, user, password } = bench.stack.source;
  file('items', {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    ...{ 'database.hostname': host, 'database.port': String(port), 'database.dbname': 'own' },
    ...{ 'database.user': user, 'database.password': password, 'topic.prefix': 'items', 'plugin.name': 'pgoutput' },
    ...{ 'table.include.list': 'public.items', 'slot.name': 'items', 'publication.name': 'items' },
    'publication.autocreate.mode': 'filtered',
  });
  file('items-sink', sink('items', 'items.public.items'));
  file('parts-sink', sink('parts', 'parts.shop.parts'));
}, 180_000);
afterAll(async () => {
  await own?.close();
  await mariadb?.[Symbol.asyncDispose]();
  await bench?.[Symbol.asyncDispose]();
  await second?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, config: object): void {
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ name, config }));
}

function sink(table: string, topic: string): object {
  const { host, port, user, password } = bench.stack.sink;
  return {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    ...{ 'connection.url': `jdbc:postgresql://${host}:${port}/copy`, topics: topic },
    ...{ 'connection.username': user, 'connection.password': password, 'insert.mode': 'upsert' },
    ...{ 'primary.key.mode': 'record_key', 'schema.evolution': 'basic', 'collection.name.format': table },
    ...{ 'delete.enabled': 'true', 'consumer.override.auto.offset.reset': 'earliest' },
  };
}

/** Its schema history is in the brokers, which may be others. */
function partsSource(brokers: readonly string[], snapshot: string): void {
  const { host, port, user, password } = mariadb.server;
  file('parts', {
    'connector.class': 'io.debezium.connector.mariadb.MariaDbConnector',
    ...{ 'database.hostname': host, 'database.port': String(port), 'database.user': user },
    ...{ 'database.password': password, 'topic.prefix': 'parts', 'database.server.id': '77' },
    ...{ 'database.include.list': 'shop', 'table.include.list': 'shop.parts', 'snapshot.mode': snapshot },
    ...{ 'database.ssl.mode': 'disable', 'schema.history.internal.kafka.topic': 'parts-history' },
    'schema.history.internal.kafka.bootstrap.servers': brokers.join(','),
  });
}

const at = (connect: string, ...args: readonly string[]) => runConnectors({ folder, env }, connect, ...args);
async function done(connect: string, ...args: readonly string[]): Promise<string> {
  const { status, out, err } = await at(connect, ...args);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return out;
}

async function becomes(table: string, rows: readonly string[]): Promise<void> {
  let found: readonly string[] = [];
  const isThere = async (): Promise<boolean> => {
    const read = await bench.target.query(`SELECT id, note FROM ${table} ORDER BY id`).catch(() => []);
    found = read.map(({ id, note }) => `${id} ${note}`);
    return found.join() === rows.join();
  };
  await until(isThere, { what: `${table} as at its source`, limitMs: 60_000, saw: () => found.join() });
}

test('connectors stopped in order are exported, and what was committed while nothing ran arrives in another cluster', async () => {
  partsSource(bench.stack.brokers, 'initial');
  for (const name of ['items', 'parts']) {
    await done('C1', 'deploy', `${name}.json`, '--watch', '0');
    await done('C2', 'deploy', `${name}-sink.json`, '--watch', '0');
  }
  await becomes('items', ['1 a', '2 a', '3 a', '4 a', '5 a']);
  await becomes('parts', ['1 a', '2 a', '3 a']);
  await bench.source.query("INSERT INTO items VALUES (6, 'b')");
  await becomes('items', ['1 a', '2 a', '3 a', '4 a', '5 a', '6 b']);
  for (const name of ['items', 'parts']) {
    await done('C1', 'stop', name);
    await done('C1', 'offsets', 'export', name, '--file', `${name}.offsets`);
    await done('C2', 'offsets', 'export', `${name}-sink`, '--stop', '--file', `${name}-sink.offsets`);
  }
  for (const name of ['connect', 'connect-sink', 'broker']) await bench.stack.nodes.get(name)?.kill();
  await bench.source.query(`INSERT INTO items VALUES (7, 'c'); DELETE FROM items WHERE id = 1;
    UPDATE items SET note = 'new' WHERE id = 2`);
  await own.query("INSERT INTO parts VALUES (4, 'c')");
  await own.query('DELETE FROM parts WHERE id = 1');

  second = await startTestStack();
  env = { ...bench.env, N1: workerAddress(second, 'source'), N2: workerAddress(second, 'sink') };
  expect(await done('N1', 'deploy', 'items.json', '--stopped')).toContain('items: STOPPED');
  expect(await done('N1', 'offsets', 'import', 'items', '--file', 'items.offsets')).toMatch(
    /^\{"server":"items"\}: [^\n]*\n1 offsets of items are those of items\nitems is STOPPED: driftlab connectors resume items\n$/,
  );
  await done('N1', 'resume', 'items');
  await done('N2', 'deploy', 'items-sink.json', '--watch', '0');
  await becomes('items', ['2 new', '3 a', '4 a', '5 a', '6 b', '7 c']);
}, 180_000);

test('a source without its schema history is refused, and begins where it makes it anew', async () => {
  partsSource(second.brokers, 'initial');
  await done('N1', 'deploy', 'parts.json', '--stopped');
  expect(await at('N1', 'offsets', 'import', 'parts', '--file', 'parts.offsets')).toMatchObject({
    status: 1,
    err: expect.stringMatching(/no schema history[\s\S]*snapshot\.mode=recovery/),
  });
  partsSource(second.brokers, 'recovery');
  await done('N1', 'deploy', 'parts.json', '--stopped');
  await done('N1', 'offsets', 'import', 'parts', '--file', 'parts.offsets');
  await done('N1', 'resume', 'parts');
  await done('N2', 'deploy', 'parts-sink.json', '--watch', '0');
  await becomes('parts', ['2 a', '3 a', '4 c']);
  partsSource(second.brokers, 'initial');
  await done('N1', 'deploy', 'parts.json', '--watch', '0');
  await own.query("INSERT INTO parts VALUES (5, 'd')");
  await becomes('parts', ['2 a', '3 a', '4 c', '5 d']);
});

test('offsets of a sink that lie behind the end of its topics, which were made anew, are refused', async () => {
  const brokers = second.brokers.join(',');
  await done('N2', 'stop', 'items-sink');
  await done('N2', 'offsets', 'reset', 'items-sink');
  const imported = (...more: readonly string[]) =>
    at('N2', 'offsets', 'import', 'items-sink', '--file', 'items-sink.offsets', ...more);
  expect(await imported()).toMatchObject({ status: 1, err: expect.stringContaining('--brokers HOSTS') });
  expect(await imported('--brokers', brokers)).toMatchObject({
    status: 1,
    err: expect.stringMatching(/the offset 6 of items\.public\.items\/0 lies behind the end[\s\S]*at most 4/),
  });
});

test('offsets of a source that its slot has left behind, or that has no slot, are refused in another cluster', async () => {
  await done('N1', 'stop', 'items');
  const imported = () => at('N1', 'offsets', 'import', 'items', '--file', 'items.offsets');
  // It has run here, so the topics have what the slot was confirmed.
  expect(await imported()).toMatchObject({
    status: 0,
    out: expect.stringContaining('warning: the slot items does not send again'),
  });
  await done('N1', 'offsets', 'reset', 'items');
  expect(await imported()).toMatchObject({
    status: 1,
    err: expect.stringMatching(/older than what the replication slot items still sends/),
  });
  await bench.source.query("SELECT pg_drop_replication_slot('items')");
  expect(await imported()).toMatchObject({
    status: 1,
    err: expect.stringContaining('the replication slot items is not there'),
  });
});
