import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { engineOf } from '#engines/index.ts';
import type { Database } from '#model/pipeline.ts';
import type { Report } from '#report/report.ts';
import { ROOT } from '#setup/layout.mjs';
import { until } from '#std/wait.ts';
import type { TestServer } from '#testing/database-server.ts';
import { startTestMariadb } from '#testing/mariadb.ts';
import { startTestPostgres } from '#testing/postgres.ts';

const MAIN = join(ROOT, 'harness', 'cli', 'main.ts');
const FIXTURES = join(ROOT, 'harness', 'subject', 'fixtures');

let folder: string;
/** The labs' folder of the commands here. A command that runs beside these tests would else tell, and remove, what they leave. */
let labs: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'driftlab-attached-'));
  labs = join(folder, 'labs');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Ended {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

function driftlab(env: NodeJS.ProcessEnv, ...args: readonly string[]): Promise<Ended> {
  const options = {
    cwd: folder,
    env: { ...process.env, ...env, DRIFTLAB_LABS: labs, NO_COLOR: '1' },
    maxBuffer: 1 << 26,
  };
  return new Promise((done) => {
    execFile(process.execPath, [MAIN, ...args], options, (error, stdout, stderr) =>
      done({ status: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

/** Every file below the reports that holds a text. */
function filesWith(text: string): string[] {
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  return all.filter((path) => statSync(path).isFile() && readFileSync(path, 'utf8').includes(text));
}

const reportOf = (): Report =>
  JSON.parse(readFileSync(join(folder, 'reports', 'latest', 'report.json'), 'utf8')) as Report;

const urlOf = ({ server }: TestServer): string => engineOf(server).server.url(server, '');

describe('a MariaDB server that runs already, as source and as sink of a pipeline file', () => {
  const FILE = join(FIXTURES, 'mariadb', 'to-mariadb.yaml');
  let own: TestServer;
  let accounting: Database;
  const ask = async (sql: string): Promise<string> => JSON.stringify(await accounting.query(sql));
  /** All that the lab could have changed of it. */
  const look = async () => ({
    databases: await ask('SELECT schema_name FROM information_schema.schemata ORDER BY 1'),
    rows: await ask('SELECT id, amount FROM entries ORDER BY id'),
    settings: await ask("SHOW GLOBAL VARIABLES LIKE 'binlog_row%'"),
    oldestLog: (await accounting.query<{ Log_name: string }>('SHOW BINARY LOGS'))[0]?.Log_name,
    accounts: await ask('SELECT user, host FROM mysql.user ORDER BY 1, 2'),
  });

  beforeAll(async () => {
    own = await startTestMariadb();
    accounting = await engineOf(own.server).server.create(own.server, 'accounting');
    await accounting.query('CREATE TABLE entries (id int PRIMARY KEY, amount decimal(9,2))');
    await accounting.query("INSERT INTO entries VALUES (1, 10.50), (2, '-3.25')");
  });
  afterAll(async () => {
    await accounting?.close();
    await own?.[Symbol.asyncDispose]();
  });

  test('faults that can be are brought about, others skipped with the reason, and what is theirs stays as it was', async () => {
    const before = await look();
    const ended = await driftlab({ DRIFTLAB_MARIADB_URL: urlOf(own) }, 'test', FILE, '--report-dir', 'reports');
    expect(ended).toMatchObject({ status: 0, stderr: expect.not.stringMatching(/^(error|left)/m) });
    const report = reportOf();
    expect(report.modes.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['none', 'PASS'],
      ['restart-connector', 'PASS'],
    ]);
    const why = 'the server of the source is yours, and the lab changes neither its settings nor its log';
    expect(report.skipped).toEqual([{ mode: 'purge-binlog', why }]);
    expect(ended.stdout).toContain(why);
    const id = report.subject?.replaced.find(({ property }) => property === 'database.server.id');
    expect(id?.theirs).toBe('184054');
    expect(id?.here).toMatch(/^\d{4,}$/);
    expect(await look()).toEqual(before);
    expect(filesWith(own.server.password)).toEqual([]);
    const log = readFileSync(join(folder, 'reports', 'latest', 'logs', 'source.log'), 'utf8');
    expect(log).toMatch(/MariaDB at 127\.0\.0\.1:\d+, version 1\d\.\S+, runs already and is used as it is/);
  }, 300_000);

  test('a database that the connector names and that is there already is refused, and stays', async () => {
    const helpdesk = await engineOf(own.server).server.create(own.server, 'helpdesk');
    await helpdesk.query('CREATE TABLE accounts (mine int)');
    const before = await look();
    const args = ['test', FILE, '--only', 'none', '--report-dir', 'reports'];
    const ended = await driftlab({ DRIFTLAB_MARIADB_URL: urlOf(own) }, ...args);
    expect(ended.status).toBe(2);
    expect(ended.stderr).toMatch(/^error: the database helpdesk cannot be made on the server at 127\.0\.0\.1/m);
    expect(await look()).toEqual(before);
    expect(await helpdesk.query('SELECT mine FROM accounts')).toEqual([]);
    await helpdesk.close();
    await engineOf(own.server).server.drop(own.server, 'helpdesk');
  }, 120_000);
});

describe('a PostgreSQL server that runs already, and a run on it that is killed', () => {
  let own: TestServer;
  let mine: Database;
  const namesOf = async (sql: string): Promise<string[]> =>
    (await mine.query<{ name: string }>(sql)).map(({ name }) => name);
  const databases = () => namesOf('SELECT datname AS name FROM pg_database ORDER BY 1');
  const slots = () => namesOf('SELECT slot_name AS name FROM pg_replication_slots ORDER BY 1');

  beforeAll(async () => {
    own = await startTestPostgres();
    mine = await engineOf(own.server).server.create(own.server, 'mine');
    await mine.query("SELECT pg_create_logical_replication_slot('driftlab_mine', 'pgoutput')");
  });
  afterAll(async () => {
    await mine?.close();
    await own?.[Symbol.asyncDispose]();
  });

  /** A run, once its connector reads its slot. */
  async function startRun(): Promise<ChildProcess> {
    const args = ['scenario', 'canonical', '--only', 'restart', '--variants', 'upsert', '--report-dir', 'reports'];
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      stdio: 'ignore',
      env: { ...process.env, DRIFTLAB_LABS: labs, DRIFTLAB_POSTGRES_URL: urlOf(own) },
    });
    const limit = { what: 'the run to make its slot', limitMs: 90_000 };
    await until(async () => child.exitCode !== null || (await slots()).length > 1, limit);
    expect(child.exitCode).toBeNull();
    return child;
  }

  test('what it left is said while the server cannot be reached, and removed by the next command after that', async () => {
    const before = { databases: await databases(), slots: await slots() };
    const run = await startRun();
    const left = (await databases()).filter((name) => !before.databases.includes(name));
    expect(left).toEqual([
      expect.stringMatching(/^driftlab_[0-9a-f]{6}_driftlab_shop$/),
      expect.stringMatching(/^driftlab_[0-9a-f]{6}_restart$/),
      expect.stringMatching(/^driftlab_[0-9a-f]{6}_restart_upsert$/),
    ]);
    const exit = once(run, 'exit');
    run.kill('SIGKILL');
    await exit;
    await mine.close();
    await own.node.stop();

    const said = await driftlab({}, 'help');
    expect(said).toMatchObject({ status: 0, stdout: expect.stringContaining('driftlab: breaks a CDC pipeline') });
    expect(said.stderr).toMatch(/^left on PostgreSQL at 127\.0\.0\.1:\d+, by a lab that has ended \(.*\): /);
    for (const name of left) expect(said.stderr).toContain(`DROP DATABASE "${name}";`);
    expect(said.stderr).not.toContain(own.server.password);

    await own.node.start();
    mine = engineOf(own.server).server.openNamed(own.server, 'mine');
    expect(await databases()).toEqual(expect.arrayContaining(left));
    expect(await driftlab({}, 'help')).toMatchObject({ status: 0, stderr: '' });
    expect({ databases: await databases(), slots: await slots() }).toEqual(before);
    expect(readdirSync(labs)).not.toContainEqual(expect.stringContaining('attached'));
  }, 240_000);

  test('a run that is interrupted leaves nothing there', async () => {
    const before = { databases: await databases(), slots: await slots() };
    const run = await startRun();
    const exit = once(run, 'exit');
    run.kill('SIGINT');
    expect((await exit)[0]).toBe(130);
    expect({ databases: await databases(), slots: await slots() }).toEqual(before);
  }, 180_000);
});
