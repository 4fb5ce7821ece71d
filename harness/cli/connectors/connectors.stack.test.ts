import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '#std/wait.ts';
import { type CdcBench, startCdcBench } from '#testing/cdc-bench.ts';
import { testHost } from '#testing/cli-host.ts';
import { runConnectors } from '#testing/run-connectors.ts';
import { consumeCommand, topicsCommand } from '../lab/kafka.ts';
import { lagCommand } from '../lab/looks.ts';

let bench: CdcBench;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-connectors-'));
  bench = await startCdcBench(folder);
  await bench.source.query(`CREATE TABLE items (id int PRIMARY KEY, note text);
    INSERT INTO items SELECT i, 'n' FROM generate_series(1, 100) AS i`);
  const { source, sink } = bench.stack;
  file('source.json', {
    name: 'shop-source',
    config: {
      'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
      ...{ 'database.hostname': source.host, 'database.port': String(source.port), 'database.dbname': 'own' },
      ...{ 'database.user': source.user, 'database.password': source.password, 'topic.prefix': 'shop' },
      ...{ 'plugin.name': 'pgoutput', 'table.include.list': 'public.items', 'slot.name': 'shop' },
      ...{ 'publication.name': 'shop', 'publication.autocreate.mode': 'filtered', 'heartbeat.interval.ms': '1000' },
    },
  });
  file('sink.json', { name: 'shop-sink', config: sinkConfig({}) });
  function sinkConfig(more: Readonly<Record<string, string>>): Record<string, string> {
    return {
      'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
      ...{ 'connection.url': `jdbc:postgresql://${sink.host}:${sink.port}/copy`, topics: 'shop.public.items' },
      ...{ 'connection.username': sink.user, 'connection.password': sink.password, 'insert.mode': 'upsert' },
      ...{ 'primary.key.mode': 'record_key', 'schema.evolution': 'basic', 'collection.name.format': 'items' },
      ...{ 'consumer.override.auto.offset.reset': 'earliest', 'delete.enabled': 'true', ...more },
    };
  }
  file('wrong.json', { name: 'shop-sink', config: sinkConfig({ 'tasks.max': 'many' }) });
  file('failing.json', {
    name: 'failing',
    config: sinkConfig({ 'collection.name.format': 'no_such', 'schema.evolution': 'none' }),
  });
}, 120_000);
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, content: object): void {
  writeFileSync(join(folder, name), JSON.stringify(content));
}

async function run(end: 'source' | 'sink', ...args: readonly string[]) {
  const ran = await runConnectors({ folder, env: bench.env }, end === 'source' ? 'C1' : 'C2', ...args);
  expect(ran.out).not.toContain(bench.stack.source.password);
  return ran;
}

const copied = async () =>
  (await bench.target.query<{ n: string }>('SELECT count(*) AS n FROM items').catch(() => []))[0]?.n;
const arrives = (rows: number) =>
  until(async () => (await copied()) === String(rows), { what: `${rows} rows`, limitMs: 60_000 });

test('deploy shows what it does, does it, and says that it runs; again, nothing differs', async () => {
  const dry = await run('source', 'deploy', 'source.json', '--dry-run');
  expect(dry).toMatchObject({
    status: 0,
    out: expect.stringMatching(/^shop-source: is created\n {2}\+ connector\.class=/),
  });
  expect(dry.out).toContain('+ database.password=(hidden)');
  expect((await run('source', 'list')).out).toBe('no connectors\n');
  expect(await run('source', 'deploy', 'source.json')).toMatchObject({
    ...{ status: 0, err: '' },
    out: expect.stringMatching(/shop-source: RUNNING\n$/),
  });
  expect(await run('sink', 'deploy', 'sink.json')).toMatchObject({ status: 0, err: '' });
  await arrives(100);
  expect((await run('sink', 'deploy', 'sink.json')).out).toBe('shop-sink: nothing differs\nshop-sink: RUNNING\n');
  expect((await run('source', 'list')).out).toMatch(
    /^connector {4}type {4}state {4}tasks {4}class\nshop-source {2}source {2}RUNNING {2}RUNNING {2}PostgresConnector\n$/,
  );
});

test('a configuration that is not taken, one whose task fails, and a name that is not there are one clear error each', async () => {
  expect(await run('sink', 'deploy', 'wrong.json')).toMatchObject({
    status: 1,
    err: expect.stringMatching(/do not take the configuration of shop-sink[\s\S]*tasks\.max: Invalid value many/),
  });
  expect((await run('sink', 'config', 'shop-sink')).out).toMatch(/^insert\.mode=upsert$/m);
  const failed = await run('sink', 'deploy', 'failing.json');
  expect(failed).toMatchObject({
    out: expect.stringContaining('failing: is created'),
    err: expect.stringContaining('Could not find table'),
  });
  expect(failed.err).toMatch(/\n\s+at /);
  expect(await run('sink', 'status', 'failing')).toMatchObject({
    status: 1,
    out: expect.stringMatching(/task 0: FAILED[\s\S]*Could not find table/),
  });
  expect(await run('sink', 'delete', 'failing')).toMatchObject({
    status: 0,
    out: expect.stringContaining('is deleted'),
  });
  expect(await run('sink', 'status', 'shop-sik')).toMatchObject({
    status: 1,
    err: expect.stringContaining('did you mean shop-sink?'),
  });
});

test('paused, resumed, restarted and scaled, it is as it says', async () => {
  expect(await run('sink', 'pause', 'shop-sink')).toMatchObject({ status: 0 });
  expect((await run('sink', 'status', 'shop-sink')).out).toContain('sink, PAUSED');
  expect(await run('sink', 'restart', 'shop-sink')).toMatchObject({
    status: 1,
    err: expect.stringContaining('resume shop-sink'),
  });
  expect(await run('sink', 'resume', 'shop-sink', '--dry-run')).toMatchObject({
    out: expect.stringContaining('not done'),
  });
  expect((await run('sink', 'status', 'shop-sink')).out).toContain('sink, PAUSED');
  expect(await run('sink', 'resume', 'shop-sink')).toMatchObject({ status: 0, err: '' });
  expect((await run('sink', 'restart', 'shop-sink', '--task', '0')).out).toBe(
    'task 0 of shop-sink has begun anew: RUNNING\n',
  );
  expect(await run('sink', 'restart', 'shop-sink', '--task', '7')).toMatchObject({
    status: 1,
    err: expect.stringContaining('no task 7'),
  });
  expect((await run('sink', 'restart', 'shop-sink')).out).toBe('shop-sink has begun anew: RUNNING\n');
  const brokers = bench.stack.brokers.join(',');
  const scaled = await run('sink', 'scale', 'shop-sink', '--tasks', '3', '--brokers', brokers);
  expect(scaled.out).toMatch(
    /^warning: its topics have 1 partition: [^\n]*\nshop-sink: is changed\n {2}\+ tasks\.max=3\nshop-sink: RUNNING, 3 tasks\n$/,
  );
  expect((await run('source', 'scale', 'shop-source', '--tasks', '2', '--dry-run')).out).toContain('runs one task');
});

test('topics, change events and the lag of every group are read of any cluster by its brokers', async () => {
  const brokers = ['--brokers', bench.stack.brokers.join(',')];
  const asked = async (command: typeof lagCommand, ...args: readonly string[]) => {
    const host = testHost(folder, () => Promise.reject(new Error('not to be run')));
    await command([...args, ...brokers], host);
    return host.out.join('');
  };
  const rows = Number(await copied());
  expect(await asked(topicsCommand)).toMatch(new RegExp(`^shop\\.public\\.items +1 +${rows} +0–${rows}$`, 'm'));
  expect(await asked(consumeCommand, 'shop.public.items', '--from-beginning', '--max', '1')).toMatch(
    /^read +public\.items id=1 {2}shop\.public\.items\/0 @ 0 .*\n {2}after +id=1 {2}note=n\n$/,
  );
  await run('sink', 'offsets', 'export', 'shop-sink', '--stop');
  const group = ['--group', 'connect-shop-sink'];
  expect(await asked(lagCommand, ...group)).toMatch(
    new RegExp(`^connect-shop-sink +shop\\.public\\.items +0 +${rows} +${rows} +0$`, 'm'),
  );
  await run('sink', 'pause', 'shop-sink');
  await bench.source.query("UPDATE items SET note = 'behind' WHERE id <= 7");
  const behind = new RegExp(`items +0 +${rows} +${rows + 7} +7$`, 'm');
  await until(async () => behind.test(await asked(lagCommand, ...group)), { what: 'a lag of 7', limitMs: 30_000 });
  await run('sink', 'resume', 'shop-sink');
  await expect(asked(lagCommand, '--group', 'connect-shop-sin')).rejects.toMatchObject({
    code: 'no-group',
    hint: 'did you mean connect-shop-sink?',
  });
});

test('offsets are written down, forgotten and set again: what was applied since is applied again, and nothing is lost', async () => {
  // These workers commit seldom.
  expect(await run('source', 'offsets', 'export', 'shop-source')).toMatchObject({
    status: 1,
    err: expect.stringContaining('export them with --stop'),
  });
  const exported = await run('source', 'offsets', 'export', 'shop-source', '--stop', '--file', 'offsets.json');
  expect(exported).toMatchObject({ status: 0, err: '' });
  const { offsets } = JSON.parse(readFileSync(join(folder, 'offsets.json'), 'utf8')) as { offsets: object[] };
  expect(offsets).toMatchObject([{ partition: { server: 'shop' }, offset: { lsn: expect.any(Number) } }]);
  expect(await run('source', 'offsets', 'export', 'shop-source', '--file', 'offsets.json')).toMatchObject({
    status: 1,
    err: expect.stringContaining('not there yet'),
  });
  await bench.source.query("INSERT INTO items VALUES (101, 'after')");
  await arrives(101);
  expect(await run('sink', 'offsets', 'import', 'shop-sink', '--file', 'offsets.json')).toMatchObject({
    status: 1,
    err: expect.stringContaining('the offsets are those of a source'),
  });
  expect(await run('source', 'offsets', 'import', 'shop-source', '--file', 'offsets.json')).toMatchObject({
    status: 0,
    err: '',
  });
  await bench.source.query("INSERT INTO items VALUES (102, 'later')");
  await arrives(102);
  // A sink that has forgotten where it was applies all that its topics have once more.
  await bench.target.query('DELETE FROM items');
  expect(await run('sink', 'offsets', 'reset', 'shop-sink')).toMatchObject({ status: 0, err: '' });
  await arrives(102);
});
