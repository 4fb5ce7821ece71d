// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references, as a person writes them
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { databaseUrl, openDatabase } from '#engines/mariadb/client.ts';
import type { Database } from '#model/pipeline.ts';
import { reconcile } from '#reconcile/reconcile.ts';
import { until } from '#std/wait.ts';
import { type CdcBench, startCdcBench } from '#testing/cdc-bench.ts';
import type { TestServer } from '#testing/database-server.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { startTestMysql } from '#testing/mysql.ts';
import { killStartAt, type Moment, runPipeline, said, signalStartAt } from '#testing/pipelines.ts';
import { requestFor } from '#testing/two-databases.ts';
import { describeMysql } from '#testing/with-mysql.ts';

let bench: CdcBench;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-engines-cdc-'));
  bench = await startCdcBench(folder);
  Object.assign(bench.env, { POSTGRES: bench.target.url, OWN: bench.source.url });
}, 180_000);
afterAll(async () => {
  await bench?.[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const pipeline = (...args: readonly string[]) => runPipeline(folder, bench.env, ...args);
const create = (name: string, [from, to]: readonly [string, string], tables: string, ...more: readonly string[]) =>
  pipeline(
    ...['create', name, '--source', `\${env:${from}}`, '--target', `\${env:${to}}`, '--tables', tables],
    ...['--connect', '${env:C1}', '--brokers', bench.stack.brokers.join(','), ...more],
    ...(more.includes('--sink') ? [] : ['--sink-connect', '${env:C2}']),
  );

/** `table MATCH rows` of each table once what was on its way has arrived. The source must be at rest. */
async function converged(from: Database, to: Database, ...tables: readonly string[]): Promise<readonly string[]> {
  const request = requestFor(
    from.url,
    to.url,
    tables.map((source) => ({ source })),
  );
  const compare = (settleMs: number) => reconcile({ ...request, settleMs }, { signal: new AbortController().signal });
  await compare(60_000);
  const report = await compare(0);
  return report.tables.map(({ table, status, target_rows }) => `${table} ${status} ${target_rows}`);
}

const ROWS = 30_000;
const carried = said('are written by the built-in applier');

/** The engines that are read by their binary log, each with a server of its own beside the stack. */
function testEngine(name: 'mariadb' | 'mysql', right: string, start: () => Promise<TestServer>): void {
  let server: TestServer;
  let shop: Database;

  beforeAll(async () => {
    server = await start();
    const admin = openDatabase(databaseUrl(server.server, ''));
    await admin.query('CREATE DATABASE shop');
    await admin.close();
    shop = openDatabase(databaseUrl(server.server, 'shop'));
    // All that a source needs.
    await shop.query("CREATE USER reader IDENTIFIED BY 'word'");
    await shop.query('GRANT SELECT ON shop.* TO reader');
    await shop.query(`GRANT REPLICATION SLAVE, ${right} ON *.* TO reader`);
    const reader = databaseUrl({ ...server.server, user: 'reader', password: 'word' }, 'shop');
    Object.assign(bench.env, { SHOP: shop.url, READER: reader });
  }, 60_000);
  afterAll(async () => {
    await shop?.close();
    await server?.[Symbol.asyncDispose]();
    for (const table of ['moving', 'still', 'out_there', 'applied', 'times']) {
      await bench?.target.query(`DROP TABLE IF EXISTS ${table}`);
      await bench?.source.query(`DROP TABLE IF EXISTS ${table}`);
    }
  });

  test('into PostgreSQL: a load under writes, killed twice, and what is committed after it', async () => {
    await shop.query('CREATE TABLE moving (id int PRIMARY KEY, n int, note varchar(20), price decimal(9,2))');
    await shop.query(
      `INSERT INTO moving VALUES ${Array.from({ length: ROWS }, (_, at) => `(${at + 1}, 0, 'x', ${at + 1} / 3)`).join()}`,
    );
    await shop.query('CREATE TABLE still (code varchar(10) PRIMARY KEY, at datetime(3))');
    await shop.query("INSERT INTO still VALUES ('a', '2024-05-01 10:00:00.123')");
    expect(await create('mover', ['READER', 'POSTGRES'], 'moving,still')).toMatchObject({ status: 0, err: '' });
    let writing = true;
    const writer = (async () => {
      for (let n = 1; writing; n++) {
        await shop.query(`INSERT INTO moving VALUES (${ROWS + n}, 1, 'new', NULL)`);
        await shop.query(
          `UPDATE moving SET n = n + 1 WHERE id BETWEEN ${(n * 7919) % ROWS} AND ${((n * 7919) % ROWS) + 2}`,
        );
        await shop.query(`DELETE FROM moving WHERE id = ${n}`);
        await shop.query('SELECT sleep(0.02)');
      }
    })();
    expect(await killStartAt(folder, bench.env, 'mover', said('Step 1: full load of'))).toBe(true);
    expect(await killStartAt(folder, bench.env, 'mover', said('Step 2: topics'))).toBe(true);
    const started = await pipeline('start', 'mover');
    writing = false;
    await writer;
    expect(started).toMatchObject({ status: 0, err: '' });
    const row = await bench.row('mover');
    expect(row).toMatchObject({ status: 'RUNNING', full_load_status: 'COMPLETED', cdc_status: 'RUNNING' });
    expect(row.full_load_lsn).toMatch(new RegExp(`^${name}-bin\\.\\d{6}:\\d+$`));
    const [{ n = '' } = {}] = await shop.query<{ n: string }>('SELECT count(*) AS n FROM moving');
    expect(await converged(shop, bench.target, 'moving', 'still')).toEqual([`moving MATCH ${n}`, 'still MATCH 1']);
  }, 180_000);

  test('stopped and started again, it goes on where it was, whatever was committed meanwhile', async () => {
    const stopped = await pipeline('stop', 'mover');
    expect(stopped).toMatchObject({ status: 0, out: expect.stringContaining('binlog_expire_logs_seconds') });
    await shop.query("UPDATE moving SET note = 'while stopped' WHERE id BETWEEN 20000 AND 20010");
    expect(await pipeline('start', 'mover')).toMatchObject({ status: 0, err: '' });
    await converged(shop, bench.target, 'moving');
    const changed = "SELECT count(*) AS n FROM moving WHERE note = 'while stopped'";
    expect(await bench.target.query(changed)).toEqual([{ n: '11' }]);
    expect(await pipeline('delete', 'mover')).toMatchObject({ status: 0, err: '' });
  }, 120_000);

  test('a log that the server has removed ends the start, and says so', async () => {
    await create('late', ['READER', 'POSTGRES'], 'still', '--mode', 'cdc_only');
    expect(await pipeline('start', 'late')).toMatchObject({ status: 0, err: '' });
    await shop.query('FLUSH BINARY LOGS');
    await shop.query("INSERT INTO still VALUES ('b', '2024-05-01 10:00:00.456')");
    const codes = async () =>
      (await bench.target.query<{ code: string }>('SELECT code FROM still')).map(({ code }) => code);
    await until(async () => (await codes()).includes('b'), { what: 'the new row', limitMs: 60_000 });
    expect(await pipeline('stop', 'late')).toMatchObject({ status: 0 });
    // A server keeps a file that a connector which has just ended still holds open, and says so in a warning alone.
    const purge = async (): Promise<void> => {
      const files = () => shop.query<{ Log_name: string }>('SHOW BINARY LOGS');
      const last = (await files()).at(-1)?.Log_name;
      const alone = async (): Promise<boolean> => {
        await shop.query(`PURGE BINARY LOGS TO '${last}'`);
        return (await files())[0]?.Log_name === last;
      };
      await until(alone, { what: 'the older files to be gone', limitMs: 30_000 });
    };
    // The file in which the load ended is gone, and not the one to which the connector has come.
    await purge();
    expect(await pipeline('start', 'late')).toMatchObject({ status: 0, err: '' });
    expect(await pipeline('stop', 'late')).toMatchObject({ status: 0 });
    await shop.query('FLUSH BINARY LOGS');
    await purge();
    const gone = await pipeline('start', 'late');
    expect(gone).toMatchObject({
      status: 1,
      err: expect.stringContaining("the server has removed the binary log's file"),
    });
    const { out } = await pipeline('diagnose', 'late');
    expect(out).toMatch(/\n1\. .* removed the binary log's file \d+, in which they go on\. \(source-log-removed\)/);
    await pipeline('delete', 'late');
  }, 120_000);

  test('from PostgreSQL: a load, and what is committed after it', async () => {
    await bench.source.query(`CREATE TABLE out_there (id bigint PRIMARY KEY, word text, ok boolean, at timestamptz);
    INSERT INTO out_there SELECT i, 'w' || i, i % 2 = 0, '2024-05-01Z'::timestamptz + i * interval '1 min' FROM generate_series(1, 12000) AS i`);
    await create('out', ['OWN', 'SHOP'], 'out_there');
    expect(await pipeline('start', 'out')).toMatchObject({ status: 0, err: '' });
    await bench.source.query(`INSERT INTO out_there VALUES (20000, 'new', true, now()); DELETE FROM out_there WHERE id <= 10;
    UPDATE out_there SET word = 'other', ok = NOT ok WHERE id = 11`);
    expect(await converged(bench.source, shop, 'out_there')).toEqual(['out_there MATCH 11991']);
    expect(await pipeline('delete', 'out')).toMatchObject({ status: 0, err: '' });
  }, 120_000);

  test('into PostgreSQL by the built-in applier, killed as it writes: nothing is lost, and nothing is refused', async () => {
    await shop.query('CREATE TABLE applied (id int PRIMARY KEY, n int, note varchar(20))');
    await shop.query(`INSERT INTO applied VALUES ${Array.from({ length: 1000 }, (_, at) => `(${at}, 0, 'x')`).join()}`);
    await shop.query('CREATE TABLE times (id int PRIMARY KEY, at time(3))');
    await create('applied', ['READER', 'POSTGRES'], 'applied,times', '--sink', 'applier');
    let writing = true;
    const writer = (async () => {
      for (let n = 1; writing; n++) {
        await shop.query(`INSERT INTO applied VALUES (${1000 + n}, 1, 'new')`);
        await shop.query(`UPDATE applied SET n = n + 1 WHERE id BETWEEN ${n % 900} AND ${(n % 900) + 5}`);
        await shop.query(`DELETE FROM applied WHERE id = ${1000 + n - 50}`);
        await shop.query('SELECT sleep(0.02)');
      }
    })();
    const latest = 'SELECT coalesce(max(id), 0) AS id FROM applied';
    const upTo = async () => Number((await bench.target.query<{ id: string }>(latest))[0]?.id);
    const written = (): Moment => {
      let from = 0;
      return async (lines) => {
        if (!carried(lines)) return false;
        from ||= await upTo();
        return (await upTo()) > from + 20;
      };
    };
    expect(await killStartAt(folder, bench.env, 'applied', written())).toBe(true);
    // A time of more than a day, or below zero, ends the JDBC sink connector.
    await shop.query("INSERT INTO times VALUES (1, '-838:59:58.125'), (2, '24:00:00')");
    writing = false;
    await writer;
    const [{ n = '' } = {}] = await shop.query<{ n: string }>('SELECT count(*) AS n FROM applied');
    let found: readonly string[] = [];
    const times = async () =>
      bench.target.query('SELECT id, extract(epoch FROM at)::float AS at FROM times ORDER BY id');
    const equal: Moment = async (lines) => {
      if (!carried(lines) || (await times()).length < 2) return false;
      found = await converged(shop, bench.target, 'applied');
      return true;
    };
    expect(await signalStartAt(folder, bench.env, 'applied', equal, 'SIGINT')).toBe(130);
    expect(found).toEqual([`applied MATCH ${n}`]);
    expect(await times()).toEqual([
      { id: '1', at: '-3020398.125' },
      { id: '2', at: '86400' },
    ]);
    expect(await pipeline('delete', 'applied')).toMatchObject({ status: 0, err: '' });
  }, 240_000);

  test('from PostgreSQL by the built-in applier', async () => {
    await bench.source.query(`DROP TABLE IF EXISTS out_there; CREATE TABLE out_there (id bigint PRIMARY KEY, word text, ok boolean, at timestamptz);
    INSERT INTO out_there SELECT i, 'w' || i, i % 2 = 0, '2024-05-01Z' FROM generate_series(1, 2000) AS i`);
    await shop.query('DROP TABLE IF EXISTS out_there');
    await create('out', ['OWN', 'SHOP'], 'out_there', '--sink', 'applier');
    const changes = `INSERT INTO out_there VALUES (20000, 'nëw 🎉', true, now()); DELETE FROM out_there WHERE id <= 10;
      UPDATE out_there SET word = NULL, ok = NOT ok WHERE id = 11`;
    let found: readonly string[] = [];
    const equal: Moment = async (lines) => {
      if (!carried(lines)) return false;
      await bench.source.query(changes);
      found = await converged(bench.source, shop, 'out_there');
      return true;
    };
    expect(await killStartAt(folder, bench.env, 'out', equal)).toBe(true);
    expect(found).toEqual(['out_there MATCH 1991']);
    expect(await pipeline('delete', 'out')).toMatchObject({ status: 0, err: '' });
  }, 120_000);
}

describe('MariaDB', () => testEngine('mariadb', 'BINLOG MONITOR', () => startTestMariadb()));
describeMysql('MySQL', () => testEngine('mysql', 'REPLICATION CLIENT', startTestMysql));
