import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT } from '#setup/layout.mjs';
import { until } from '#std/wait.ts';
import { type CdcBench, startCdcBench } from '#testing/cdc-bench.ts';
import { runConnectors } from '#testing/run-connectors.ts';

let bench: CdcBench;
let folder: string;

const ROWS = 3000;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-add-table-'));
  bench = await startCdcBench(folder);
  await bench.source.query(
    'CREATE TABLE items (id int PRIMARY KEY, note text); CREATE PUBLICATION shop FOR TABLE items',
  );
  await bench.target.query('CREATE TABLE items (id int PRIMARY KEY, note text)');
  for (const table of ['extra', 'more'])
    await bench.source.query(`CREATE TABLE ${table} (id int PRIMARY KEY, note text, price numeric(10,2));
      INSERT INTO ${table} SELECT i, 'first', i / 7.0 FROM generate_series(1, ${ROWS}) AS i`);
  await bench.source.query(
    'CREATE TABLE keyless (note text); CREATE TABLE silent (id int PRIMARY KEY); ALTER TABLE silent REPLICA IDENTITY NOTHING',
  );
  source({});
  const { host, port, user, password } = bench.stack.sink;
  file('shop-sink', {
    'connector.class': 'io.debezium.connector.jdbc.JdbcSinkConnector',
    ...{ 'connection.url': `jdbc:postgresql://${host}:${port}/copy`, topics: 'shop.public.items' },
    ...{ 'connection.username': user, 'connection.password': password, 'insert.mode': 'upsert' },
    ...{ 'primary.key.mode': 'record_key', 'schema.evolution': 'none', 'delete.enabled': 'true' },
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the connector's own placeholder
    ...{ 'collection.name.format': '${source.table}', 'consumer.override.auto.offset.reset': 'earliest' },
  });
  await done('C1', 'deploy', 'shop-source.json', '--watch', '0');
  await done('C2', 'deploy', 'shop-sink.json', '--watch', '0');
}, 180_000);
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

function file(name: string, config: object): void {
  writeFileSync(join(folder, `${name}.json`), JSON.stringify({ name, config }));
}

function source(more: object): void {
  const { host, port, user, password } = bench.stack.source;
  file('shop-source', {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    ...{ 'database.hostname': host, 'database.port': String(port), 'database.dbname': 'own' },
    ...{ 'database.user': user, 'database.password': password, 'topic.prefix': 'shop', 'plugin.name': 'pgoutput' },
    ...{ 'table.include.list': 'public.items', 'slot.name': 'shop', 'publication.name': 'shop' },
    ...{ 'publication.autocreate.mode': 'disabled', ...more },
  });
}

const at = (connect: string, ...args: readonly string[]) => runConnectors({ folder, env: bench.env }, connect, ...args);
async function done(connect: string, ...args: readonly string[]): Promise<string> {
  const { status, out, err } = await at(connect, ...args);
  expect({ status, err }).toEqual({ status: 0, err: '' });
  return out;
}

// biome-ignore lint/suspicious/noTemplateCurlyInString: a reference, as a person writes it
const SINKS = ['--sink-connect', '${env:C2}', '--watch', '0'];
const add = (table: string, ...more: readonly string[]) => at('C1', 'add-table', table, ...SINKS, ...more);

/** Inserts, updates and deletes throughout, no faster than one sink takes them. Resolves with how many once it is told to end. */
function writer(table: string): { readonly written: () => number; end(): Promise<number> } {
  let ended = false;
  let n = 0;
  const write = async (): Promise<number> => {
    for (; !ended; n++)
      await bench.source.query(`INSERT INTO ${table} VALUES (${ROWS + 1 + n}, 'new', ${n});
        UPDATE ${table} SET note = 'changed ${n}' WHERE id = ${1 + ((n * 37) % ROWS)};
        DELETE FROM ${table} WHERE id = ${1 + ((n * 53) % (ROWS + n))}; SELECT pg_sleep(0.01)`);
    return n;
  };
  const written = write();
  return {
    written: () => n,
    end() {
      ended = true;
      return written;
    },
  };
}

test('a dry run has the statements, differences and the signal, and what is missing is one clear error each', async () => {
  expect(await add('extra')).toMatchObject({
    status: 1,
    err: expect.stringMatching(
      /no signal table[\s\S]*signal\.data\.collection=public\.debezium_signal[\s\S]*CREATE TABLE/,
    ),
  });
  const found = async (table: string) => (await add(table, '--create-signal-table')).err;
  expect(await found('extr')).toContain('did you mean public.extra?');
  expect(await found('keyless')).toContain('ADD PRIMARY KEY');
  expect(await found('silent')).toContain('ALTER TABLE "public"."silent" REPLICA IDENTITY DEFAULT');
  const dry = await add('extra', '--create-signal-table', '--dry-run');
  expect(dry).toMatchObject({ status: 0, err: '' });
  expect(dry.out.replaceAll(/-[0-9a-f]{12}-/g, '-…-').split('\n')).toEqual([
    'public.extra to shop-source, by shop.public.extra to shop-sink',
    'signal table: CREATE TABLE "public"."debezium_signal" (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048))',
    'publication shop: ALTER PUBLICATION "shop" ADD TABLE "public"."extra"',
    'publication shop: ALTER PUBLICATION "shop" ADD TABLE "public"."debezium_signal"',
    'target table of shop-sink: public.extra is made, 3 columns',
    ...['shop-source: is changed', '  + signal.data.collection=public.debezium_signal'],
    ...['  - table.include.list=public.items', '  + table.include.list=public.items,public.extra'],
    `rows that are there: INSERT INTO "public"."debezium_signal" (id, type, data) VALUES ('driftlab-add-…-1', 'execute-snapshot', '{"type":"incremental","data-collections":["public.extra"]}')`,
    ...['shop-sink: is changed', '  - topics=shop.public.items', '  + topics=shop.public.items,shop.public.extra'],
    ...['not done, because of --dry-run', ''],
  ]);
  expect(await bench.source.query("SELECT 1 FROM pg_class WHERE relname = 'debezium_signal'")).toEqual([]);
});

test('a table is added under writes, and then both sides are equal; again, there is nothing to do', async () => {
  const writes = writer('extra');
  const added = await add('extra', '--create-signal-table');
  const before = writes.written();
  await until(() => writes.written() > before + 50, { what: 'more writes', limitMs: 60_000 });
  await writes.end();
  expect(added).toMatchObject({ status: 0, err: '', out: expect.stringContaining('public.extra is carried') });
  const [{ n } = {}] = await bench.source.query<{ n: string }>('SELECT count(*) AS n FROM extra');
  expect(await bench.converged('public.extra')).toEqual([`public.extra MATCH ${n}`]);
  expect((await add('extra')).out.split('\n')).toEqual([
    'public.extra to shop-source, by shop.public.extra to shop-sink',
    'publication shop: has it',
    'target table of shop-sink: public.extra is there',
    'shop-source: has it',
    'rows that are there: read',
    'shop-sink: reads shop.public.extra',
    'public.extra: nothing to do',
    '',
  ]);
}, 240_000);

/** Runs it in a process of its own, and kills that once it has said something. */
async function killed(table: string, when: RegExp): Promise<string> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a reference, as a person writes it
  const args = ['connectors', 'add-table', table, ...SINKS, '--connect', '${env:C1}'];
  const child = spawn(process.execPath, [join(ROOT, 'bin', 'driftlab.mjs'), ...args], {
    ...{ cwd: folder, env: { ...process.env, ...bench.env } },
  });
  let out = '';
  const take = (text: Buffer): void => {
    out += text.toString();
    if (when.test(out)) child.kill('SIGKILL');
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  await new Promise((resolve) => child.on('close', resolve));
  return `${child.signalCode} ${out}`;
}

test('killed in the middle it goes on, and the connector itself puts the table into its publication', async () => {
  source({
    ...{ 'publication.autocreate.mode': 'filtered', 'signal.data.collection': 'public.debezium_signal' },
    'table.include.list': 'public.items,public.extra',
  });
  await done('C1', 'deploy', 'shop-source.json', '--watch', '0');
  const writes = writer('more');
  expect(await killed('more', /target table/)).toMatch(/^SIGKILL [\s\S]*puts public\.more into it/);
  expect(await killed('more', /rows that are there/)).toMatch(/^SIGKILL [\s\S]*shop-source: RUNNING/);
  const added = await add('more');
  await writes.end();
  expect(added).toMatchObject({ status: 0, err: '' });
  expect(added.out).toMatch(/shop-source: has it\n[\s\S]*rows that are there: read\n[\s\S]*public\.more is carried/);
  const [{ n } = {}] = await bench.source.query<{ n: string }>('SELECT count(*) AS n FROM more');
  expect(await bench.converged('public.more')).toEqual([`public.more MATCH ${n}`]);
}, 240_000);
